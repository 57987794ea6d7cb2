use queryset::{Field, Model};

#[derive(Field)]
struct Rank(i64);

#[derive(Model)]
struct Book {
    #[model(primary_key)]
    id: i64,
    rank: Rank,
}

fn main() {
    let _ = Book::objects().filter(|b| b.id.contains("5"));
    let _ = Book::objects().filter(|b| b.rank.startswith("5"));
}
