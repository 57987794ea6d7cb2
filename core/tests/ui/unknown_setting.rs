use queryset::Model;

#[derive(Model)]
#[model(tabel = "book", abstract)]
struct Book {
    #[model(primary_key, colour)]
    id: i64,
    #[model(max_len = 20)]
    title: String,
}

fn main() {
    let _ = Book::objects().filter(|b| b.title.eq("x"));
}
