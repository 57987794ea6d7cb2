use queryset::Model;

#[derive(Model)]
#[model(primary_key("shelf", "place"))]
struct Book {
    #[model(primary_key)]
    id: i64,
    shelf: i32,
    place: i32,
}

#[derive(Model)]
#[model(primary_key("shelf", "shelf"))]
struct Shelf {
    shelf: i32,
    pk: i32,
}

#[derive(Model)]
#[model(primary_key("rack"), ordering("pk"))]
struct Place {
    shelf: i32,
}

#[derive(Model)]
struct Card {
    #[model(primary_key)]
    number: Option<i64>,
}

fn main() {}
