use queryset::{ForeignKey, Model};

#[derive(Model)]
struct Author {
    #[model(primary_key)]
    id: i64,
}

#[derive(Model)]
struct Book {
    #[model(primary_key)]
    id: i64,
    title: String,
    #[model(column = "title")]
    subtitle: String,
    author_id: i64,
    author: ForeignKey<Author>,
}

#[derive(queryset::FromRow)]
struct Total {
    n: i64,
    #[row(column = "n", name = "x")]
    count: i64,
}

fn main() {}
