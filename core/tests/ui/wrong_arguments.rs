use queryset::Model;

#[derive(Model)]
#[model(table = 5, schema = "", name("x"), ordering = "id", primary_key)]
struct Book {
    #[model(primary_key = true, max_length = "5")]
    id: i64,
    #[model(unique(title), max_length = -1, column)]
    title: String,
    #[model(digits(10), unique, unique)]
    price: queryset::Decimal,
    #[model()]
    pages: i32,
    #[model]
    stock: i32,
    #[model(digits(3, 5), max_length = 0)]
    weight: queryset::Decimal,
}

fn main() {}
