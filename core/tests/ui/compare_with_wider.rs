use queryset::Model;

#[derive(Model)]
struct Book {
    #[model(primary_key)]
    id: i64,
    pages: Option<i32>,
}

fn main() {
    let _ = Book::objects().filter(|b| b.pages.gt(5i64));
}
