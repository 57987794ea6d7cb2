use queryset::{ForeignKey, ManyToMany, Model, OneToOne, Reverse, ReverseOne};

#[derive(Model)]
struct Publisher {
    #[model(primary_key)]
    id: i64,
}

#[derive(Model)]
struct Author {
    #[model(primary_key)]
    id: i64,
    books: Reverse<Book>,
    #[model(reverse(author))]
    others: Reverse<Book>,
    #[model(reverse = "Book::author")]
    texts: Reverse<Book>,
    #[model(reverse(Book::author), unique)]
    more: Reverse<Book>,
    #[model(reverse(Book::author))]
    name: String,
    #[model(reverse(Book::author))]
    tags: ManyToMany<Publisher>,
    #[model(through_table("a", "b"))]
    prizes: ManyToMany<Publisher>,
    #[model(reverse(Book::author))]
    id_: Reverse<Book>,
}

#[derive(Model)]
struct Book {
    #[model(primary_key)]
    id: i64,
    author: ForeignKey<Author>,
    // The relation below has this column too.
    publisher_id: i64,
    publisher: ForeignKey<Publisher>,
}

#[derive(Model)]
struct Keyless {
    id: i64,
    #[model(reverse(Card::keyless))]
    card: ReverseOne<Card>,
}

#[derive(Model)]
struct Card {
    #[model(primary_key)]
    id: i64,
    keyless: OneToOne<Publisher>,
}

fn main() {}
