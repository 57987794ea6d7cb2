use sqlx::sqlite::SqlitePool;

#[derive(sqlx::FromRow)]
struct Item {
    id: i64,
    name: String,
    price: f64,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let file = std::env::args().nth(1).ok_or("no file")?;
    let pool = SqlitePool::connect(&format!("sqlite:{file}")).await?;
    let few = "SELECT id, name, price FROM items WHERE qty <= ? ORDER BY id LIMIT 10";
    for item in sqlx::query_as::<_, Item>(few).bind(7).fetch_all(&pool).await? {
        println!("{} {} {}", item.id, item.name, item.price);
    }
    Ok(())
}
