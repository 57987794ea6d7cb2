use queryset::Field;

#[derive(Field)]
struct Point(i32, i32);

#[derive(Field)]
#[field(as = "i32")]
struct Price(#[field(rename = "x")] i64);

#[derive(Field)]
struct Unit;

fn main() {}
