use queryset::{Field, FromRow, Model};

#[derive(Model)]
struct Book<T> {
    #[model(primary_key)]
    id: T,
}

#[derive(FromRow)]
struct Row<'a> {
    title: &'a str,
}

#[derive(Field)]
struct Wrapper<T>(T);

fn main() {}
