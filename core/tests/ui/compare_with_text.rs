use queryset::Model;

#[derive(Model)]
struct Book {
    #[model(primary_key)]
    id: i64,
}

fn main() {
    let _ = Book::objects().filter(|b| b.id.eq("5"));
}
