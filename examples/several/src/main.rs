//! PostgreSQL on smol, MySQL on async-std and SQLite on tokio, at once in one process.
//!
//! ```sh
//! cargo run -p several                              # starts a PostgreSQL and a MySQL for itself
//! cargo run -p several -- POSTGRES_URL MYSQL_URL    # uses yours; it makes a table and drops it
//! ```

mod places;
mod shop;

use std::error::Error;

use futures_util::future::try_join3;
use queryset::Database;
use queryset_async_std::AsyncStd;
use queryset_smol::Smol;
use queryset_tokio::Tokio;

use places::Places;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    // Installing a server may take a minute, and no runtime should wait for that.
    let places = tokio::task::spawn_blocking(Places::find).await??;

    // The runtime is a value: which one drives a database is said where it is opened.
    let (harbour, market, station) = try_join3(
        queryset_postgres::connect(places.postgres(), Smol::default()),
        queryset_mysql::connect(places.mysql(), AsyncStd),
        queryset_sqlite::connect("sqlite::memory:", Tokio::current()?),
    )
    .await?;
    let shops = [
        ("harbour", "PostgreSQL on smol", &harbour),
        ("market", "MySQL on async-std", &market),
        ("station", "SQLite on tokio", &station),
    ];
    for (number, (_, _, db)) in (1..).zip(shops) {
        shop::open(db, number).await?;
    }

    // A task of each runtime reads from its database, all three at the same time. What reads knows
    // neither runtime nor database.
    let task = |db: &Database, number| {
        let db = db.clone();
        async move { shop::look_around(&db, number).await }
    };
    let on_smol = smol::spawn(task(&harbour, 1));
    let on_async_std = async_std::task::spawn(task(&market, 2));
    let on_tokio = tokio::spawn(task(&station, 3));
    let reads = on_smol.await? + on_async_std.await? + on_tokio.await??;
    println!("{reads} reads in three tasks, all of them right");

    // One task may read from all of them, whoever drives them.
    let (a, b, c) = try_join3(
        shop::takings(&harbour),
        shop::takings(&market),
        shop::takings(&station),
    )
    .await?;
    for ((name, place, _), takings) in shops.iter().zip([a, b, c]) {
        println!("{name:<8} {place:<20} {takings:>8}");
    }

    // The blocking twins, on a thread: each drives itself, or is driven by its own runtime.
    let dbs = [harbour.clone(), market.clone(), station.clone()];
    let sales = std::thread::spawn(move || dbs.iter().map(shop::count).sum::<Result<u64, _>>());
    let sales = tokio::task::spawn_blocking(|| sales.join()).await?;
    println!(
        "{} sales in all",
        sales.map_err(|_| "the counting thread panicked")??
    );

    for (_, _, db) in shops {
        shop::close(db).await?;
    }
    Ok(())
}
