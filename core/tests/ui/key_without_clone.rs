use queryset::{Field, Model};

#[derive(Field)]
struct Slug(String);

#[derive(Model)]
struct Book {
    #[model(primary_key)]
    slug: Slug,
}

fn main() {}
