use queryset::{Field, FromRow, Model};

struct Money;

#[derive(Model)]
struct Book {
    #[model(primary_key)]
    id: i64,
    price: Money,
}

#[derive(FromRow)]
struct Total {
    sum: Option<Money>,
}

#[derive(Field)]
struct Cost(Money);

fn main() {}
