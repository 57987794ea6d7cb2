use async_sqlite::ClientBuilder;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let file = std::env::args().nth(1).ok_or("no file")?;
    let client = ClientBuilder::new().path(file).open().await?;
    let rows = client
        .conn(|connection| {
            let few = "SELECT id, name, price FROM items WHERE qty <= ? ORDER BY id LIMIT 10";
            connection
                .prepare_cached(few)?
                .query_map([7], |row| {
                    Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?, row.get::<_, f64>(2)?))
                })?
                .collect::<Result<Vec<_>, _>>()
        })
        .await?;
    for (id, name, price) in rows {
        println!("{id} {name} {price}");
    }
    Ok(())
}
