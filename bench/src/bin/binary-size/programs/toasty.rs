use toasty::{Db, Model};

#[derive(Debug, Model)]
#[table = "items"]
struct Item {
    #[key]
    id: i64,
    name: String,
    qty: i32,
    price: f64,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let file = std::env::args().nth(1).ok_or("no file")?;
    let mut db = Db::builder()
        .models(toasty::models!(Item))
        .connect(&format!("sqlite:{file}"))
        .await?;
    let few = Item::filter(Item::fields().qty().le(7))
        .order_by(Item::fields().id().asc())
        .limit(10);
    for item in few.exec(&mut db).await? {
        println!("{} {} {}", item.id, item.name, item.price);
    }
    Ok(())
}
