use queryset::Field;

#[derive(Field)]
enum Status {
    Draft,
    #[field(rename = "draft")]
    Sketch,
    Lent(i64),
    #[field(named = "x")]
    Lost,
}

#[derive(Field)]
#[field(as = "i128")]
enum Level {
    Low,
}

#[derive(Field)]
#[field(as = "i8", size = 1)]
enum Big {
    #[field(rename = "x")]
    Large = 300,
}

#[derive(Field)]
enum Never {}

fn main() {}
