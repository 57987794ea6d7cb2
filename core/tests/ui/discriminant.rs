use queryset::Field;

#[derive(Field)]
#[field(as = "i8")]
enum Size {
    Small = 1,
    Large = 300,
}

fn main() {}
