use queryset::Model;
use queryset_tokio::Tokio;

#[derive(Model)]
#[model(table = "items")]
struct Item {
    #[model(primary_key)]
    id: i64,
    name: String,
    qty: i32,
    price: f64,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let file = std::env::args().nth(1).ok_or("no file")?;
    let db = queryset_sqlite::connect(&format!("sqlite:{file}"), Tokio::current()?).await?;
    let few = Item::objects().filter(|item| item.qty.lte(7)).order_by(|item| item.id.asc());
    for item in few.limit(10).alist(&db).await? {
        println!("{} {} {}", item.id, item.name, item.price);
    }
    Ok(())
}
