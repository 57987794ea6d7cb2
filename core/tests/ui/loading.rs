use queryset::{Deferred, ForeignKey, Model, Reverse};

#[derive(Model)]
struct Author {
    #[model(primary_key)]
    id: i64,
    name: String,
    #[model(reverse(Book::author))]
    books: Reverse<Book>,
}

#[derive(Model)]
struct Book {
    #[model(primary_key)]
    id: i64,
    title: String,
    text: Deferred<String>,
    author: ForeignKey<Author>,
}

fn main() {
    let _ = Book::objects().select_related(|b| b.title);
    let _ = Book::objects().prefetch_related(|b| (b.author(), b.id));
    let _ = Book::objects().defer(|b| b.title);
    let _ = Author::objects().prefetch_related_with(|a| a.books(), Author::objects());
    let _ = Book::objects().filter(|b| b.author().title.eq("x"));
}
