use queryset::{ForeignKey, Model};

#[derive(Model)]
struct Author {
    #[model(primary_key)]
    name: String,
}

#[derive(Model)]
struct Book {
    #[model(primary_key)]
    id: i64,
    author: Option<ForeignKey<Author>>,
}

fn main() {
    let _ = Book::objects().filter(|b| b.author_id.eq(5));
}
