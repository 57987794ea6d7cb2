use queryset::Model;

#[derive(Model)]
struct Book {
    #[model(primary_key)]
    id: i64,
    title: String,
}

fn main() {
    let _ = Book::objects().filter(|b| b.titel.eq("x"));
    let _ = Book::objects().order_by(|b| b.author.asc());
}
