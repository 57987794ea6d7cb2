use queryset::{FromRow, Model};

#[derive(Model)]
enum Shape {
    Round,
}

#[derive(Model)]
struct Pair(i64, String);

#[derive(Model)]
struct Nothing;

#[derive(Model)]
union Either {
    a: i64,
    b: f64,
}

#[derive(FromRow)]
struct Total(i64);

#[derive(FromRow)]
struct Empty {}

fn main() {
    let _ = Pair::objects();
}
