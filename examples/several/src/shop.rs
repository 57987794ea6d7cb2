//! A shop's sales: for any database on any runtime.

use queryset::{Database, Error, ErrorKind, Model, Result};

/// How many sales each shop has had.
const SALES: i64 = 500;

/// Something sold.
#[derive(Model, Clone, Debug, PartialEq)]
#[model(table = "several_sale", ordering("id"))]
pub(crate) struct Sale {
    #[model(primary_key)]
    id: i64,
    title: String,
    cents: i64,
}

/// Makes the table and fills it; each shop has its own prices.
pub(crate) async fn open(db: &Database, number: i64) -> Result<()> {
    db.acreate_table::<Sale>().await?;
    let sales = (1..=SALES).map(|id| sale(id, number));
    db.abulk_create(&sales.collect::<Vec<_>>()).await.map(drop)
}

fn sale(id: i64, number: i64) -> Sale {
    Sale {
        id,
        title: format!("book {id} of shop {number}"),
        cents: id * 10 + number,
    }
}

/// Reads what there is, one by one, and returns how many reads that took: another shop's sale, or
/// another row's, would be an error.
pub(crate) async fn look_around(db: &Database, number: i64) -> Result<u64> {
    for id in 1..=SALES {
        let found = Sale::objects().filter(|s| s.id.eq(id)).aget(db).await?;
        if found != sale(id, number) {
            let text = format!("shop {number} has {found:?}");
            return Err(Error::new(ErrorKind::Data, text));
        }
    }
    Ok(SALES.unsigned_abs())
}

/// What all sales brought, in cents.
pub(crate) async fn takings(db: &Database) -> Result<i64> {
    let sum = Sale::objects().aaggregate(db, |s| s.cents.sum()).await?;
    Ok(sum.unwrap_or_default())
}

/// How many sales there were; the blocking form.
pub(crate) fn count(db: &Database) -> Result<u64> {
    Sale::objects().count(db)
}

/// Takes the table away, and the connections.
pub(crate) async fn close(db: &Database) -> Result<()> {
    db.aexecute("DROP TABLE several_sale", vec![]).await?;
    db.aclose().await
}
