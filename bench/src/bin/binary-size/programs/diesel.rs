use diesel::prelude::*;

diesel::table! {
    items (id) {
        id -> BigInt,
        name -> Text,
        qty -> Integer,
        price -> Double,
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let file = std::env::args().nth(1).ok_or("no file")?;
    let mut connection = SqliteConnection::establish(&file)?;
    let rows: Vec<(i64, String, f64)> = items::table
        .filter(items::qty.le(7))
        .order(items::id)
        .limit(10)
        .select((items::id, items::name, items::price))
        .load(&mut connection)?;
    for (id, name, price) in rows {
        println!("{id} {name} {price}");
    }
    Ok(())
}
