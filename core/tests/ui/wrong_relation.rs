use queryset::{ForeignKey, Model, OneToOne, Reverse, ReverseOne};

#[derive(Model)]
struct Publisher {
    #[model(primary_key)]
    id: i64,
    #[model(reverse(Book::author))]
    books: Reverse<Book>,
    #[model(reverse(Book::title))]
    titles: Reverse<Book>,
    #[model(reverse(Card::publisher))]
    texts: Reverse<Book>,
}

#[derive(Model)]
struct Author {
    #[model(primary_key)]
    id: i64,
    #[model(reverse(Book::author))]
    book: ReverseOne<Book>,
    #[model(reverse(Card::author))]
    cards: Reverse<Card>,
}

#[derive(Model)]
struct Book {
    #[model(primary_key)]
    id: i64,
    title: String,
    author: ForeignKey<Author>,
}

#[derive(Model)]
struct Card {
    #[model(primary_key)]
    id: i64,
    author: OneToOne<Author>,
    publisher: ForeignKey<Publisher>,
}

fn main() {}
