//! One operation on SQLite, again and again, for a tool that counts instructions.
//!
//! `queryset-counts WORKLOAD OPERATIONS` does what its name says on the calling thread alone;
//! without arguments it lists the workloads. What it takes to begin and to end is the same for any
//! number of operations, so that the difference of two runs is that of the operations. `cargo xtask
//! test` compares what comes of it with `bench/counts/counts.json`.

use std::hint::black_box;
use std::time::Duration;

use queryset::runtime::{Threads, block_on};
use queryset::{Database, Model, QuerySet, Result, Value};
use queryset_sqlite::{InlineBudget, SqliteOptions};

/// The row of the benchmark.
#[derive(Model, Debug)]
#[model(table = "items")]
struct Item {
    #[model(primary_key)]
    id: i64,
    name: String,
    note: Option<String>,
    qty: i32,
    price: f64,
    active: bool,
}

const ROWS: i64 = 2_000;

type Work = fn(&Database, i64) -> Result<u64>;

const WORKLOADS: [(&str, Work); 5] = [
    ("get-blocking", |db, key| Ok(get(key).get(db)?.sum())),
    ("get-inline", |db, key| {
        Ok(block_on(get(key).aget(db))?.sum())
    }),
    ("load1000-blocking", |db, key| {
        Ok(load(key).list(db)?.iter().map(Item::sum).sum())
    }),
    ("load1000-inline", |db, key| {
        Ok(block_on(load(key).alist(db))?.iter().map(Item::sum).sum())
    }),
    ("build", |db, key| {
        let statement = built(key).statement(db)?;
        Ok(black_box(statement).map_or(0, |statement| statement.params.len() as u64))
    }),
];

fn get(key: i64) -> QuerySet<Item> {
    Item::objects().filter(|item| item.id.eq(key))
}

fn load(key: i64) -> QuerySet<Item> {
    Item::objects()
        .filter(|item| item.id.gte(key % 1_000))
        .order_by(|item| item.id.asc())
        .limit(1_000)
}

fn built(key: i64) -> QuerySet<Item> {
    Item::objects()
        .filter(|item| item.id.gt(key))
        .filter(|item| item.name.gte("item"))
        .filter(|item| item.qty.lte(7))
        .order_by(|item| item.price.desc())
        .limit(10)
}

impl Item {
    /// Looks at every field.
    fn sum(&self) -> u64 {
        let note = self.note.as_ref().map_or(1, String::len);
        let texts = self.name.len() + note;
        self.id.unsigned_abs()
            + texts as u64
            + u64::from(self.qty.unsigned_abs())
            + self.price.to_bits() % 7
            + u64::from(self.active)
    }
}

fn main() -> std::result::Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let Some(name) = arguments.next() else {
        for (name, _) in WORKLOADS {
            println!("{name}");
        }
        return Ok(());
    };
    let operations: i64 = arguments.next().ok_or("how many operations?")?.parse()?;
    let found = WORKLOADS.iter().find(|(other, _)| *other == name);
    let (_, work) = found.ok_or("there is no such workload")?;
    let folder = tempfile::tempdir()?;
    let db = open(folder.path())?;
    let mut sum = 0_u64;
    // The first one opens, prepares and fills caches.
    for operation in -1..operations {
        let key = 1 + operation.rem_euclid(ROWS);
        sum = sum.wrapping_add(work(&db, black_box(key))?);
    }
    println!("{sum}");
    db.close()?;
    Ok(())
}

fn open(folder: &std::path::Path) -> Result<Database> {
    // Whoever counts instructions slows the program down, which must not show.
    let hour = Duration::from_secs(3600);
    let budget = InlineBudget::default().time(hour).steps(u32::MAX);
    let options = SqliteOptions::path(folder.join("items.db"))
        .create_if_missing(true)
        .readers(1)
        .inline(budget);
    let db = options.connect_blocking(Threads)?;
    db.create_table::<Item>()?;
    let sql = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) \
               INSERT INTO items SELECT i, 'item number ' || i, \
               CASE i % 3 WHEN 0 THEN NULL ELSE 'a note of some length about ' || i END, \
               i % 200, i + 0.25, i % 2 FROM n";
    db.execute(sql, vec![Value::I64(ROWS)])?;
    Ok(db)
}
