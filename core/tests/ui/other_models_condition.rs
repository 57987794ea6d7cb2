use queryset::{Model, Path};

#[derive(Model)]
struct Book {
    #[model(primary_key)]
    id: i64,
}

#[derive(Model)]
struct Author {
    #[model(primary_key)]
    id: i64,
}

fn main() {
    let short = Book::fields::<Book>(Path::ROOT).id.lt(5);
    let _ = Author::objects().filter_by(short);
}
