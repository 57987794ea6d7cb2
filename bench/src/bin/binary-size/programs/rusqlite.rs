use rusqlite::Connection;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let file = std::env::args().nth(1).ok_or("no file")?;
    let connection = Connection::open(file)?;
    let mut statement =
        connection.prepare("SELECT id, name, price FROM items WHERE qty <= ? ORDER BY id LIMIT 10")?;
    let rows = statement.query_map([7], |row| {
        Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?, row.get::<_, f64>(2)?))
    })?;
    for row in rows {
        let (id, name, price) = row?;
        println!("{id} {name} {price}");
    }
    Ok(())
}
