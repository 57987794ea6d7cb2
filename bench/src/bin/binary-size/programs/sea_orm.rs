use sea_orm::{ColumnTrait, Database, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

mod item {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "items")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        pub name: String,
        pub qty: i32,
        pub price: f64,
    }

    #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let file = std::env::args().nth(1).ok_or("no file")?;
    let db = Database::connect(format!("sqlite:{file}")).await?;
    let few = item::Entity::find()
        .filter(item::Column::Qty.lte(7))
        .order_by_asc(item::Column::Id);
    for item in few.limit(10).all(&db).await? {
        println!("{} {} {}", item.id, item.name, item.price);
    }
    Ok(())
}
