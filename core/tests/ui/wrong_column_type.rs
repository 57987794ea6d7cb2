use queryset::Model;

#[derive(Model)]
struct Book {
    #[model(primary_key)]
    id: i64,
    #[model(max_length = 20)]
    pages: i32,
    #[model(digits(10, 2))]
    title: String,
}

fn main() {}
