use queryset::{ForeignKey, Model};

#[derive(Model)]
struct Author {
    #[model(primary_key)]
    id: i64,
}

#[derive(Model)]
#[model(ordering("-publisched", "author__name", "author", "?"), latest_by("id", "title__x"))]
#[model(unique_together("title", "publisher"), unique_together("author", "author_id"))]
struct Book {
    #[model(primary_key)]
    id: i64,
    title: String,
    author: ForeignKey<Author>,
}

#[derive(Model)]
#[model(ordering("pk"))]
struct Log {
    line: String,
}

fn main() {}
