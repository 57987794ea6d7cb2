//! The models, and a file to read.

use std::path::Path;

use queryset::runtime::Threads;
use queryset::{ForeignKey, Model, Result};
use queryset_sqlite::SqliteOptions;

/// Who wrote a book.
#[derive(Model, Debug, Clone)]
#[model(table = "author", ordering("name"))]
pub(crate) struct Author {
    #[model(primary_key)]
    pub(crate) id: i64,
    pub(crate) name: String,
}

/// A book of the library.
#[derive(Model, Debug, Clone)]
#[model(table = "book", ordering("title"), latest_by("published"))]
pub(crate) struct Book {
    #[model(primary_key)]
    pub(crate) id: i64,
    pub(crate) title: String,
    #[model(unique, max_length = 17)]
    pub(crate) isbn: String,
    pub(crate) author: ForeignKey<Author>,
    pub(crate) pages: i32,
    pub(crate) price: Option<f64>,
    pub(crate) published: i16,
}

const AUTHORS: [(i64, &str); 4] = [
    (1, "Jane Austen"),
    (2, "Émile Zola"),
    (3, "Donald Knuth"),
    (4, "Stanisław Lem"),
];

type Row = (i64, &'static str, &'static str, i64, i32, Option<f64>, i16);

const BOOKS: [Row; 8] = [
    (1, "Emma", "978-0-14-143958-7", 1, 474, Some(8.99), 1815),
    (
        2,
        "Persuasion",
        "978-0-14-143968-6",
        1,
        249,
        Some(7.5),
        1817,
    ),
    (3, "Germinal", "978-0-14-044742-2", 2, 524, Some(12.0), 1885),
    (4, "L'Œuvre", "978-2-07-036000-0", 2, 449, None, 1886),
    (5, "Nana", "978-0-14-044263-2", 2, 470, Some(11.0), 1880),
    (
        6,
        "The TeXbook",
        "978-0-201-13448-4",
        3,
        483,
        Some(49.95),
        1984,
    ),
    (7, "Solaris", "978-0-15-602760-1", 4, 204, Some(14.95), 1961),
    (8, "100% Lem", "978-83-08-00000-1", 4, 320, None, 1999),
];

/// Makes a file with authors and books.
pub(crate) fn make(file: &Path) -> Result<()> {
    let options = SqliteOptions::path(file).create_if_missing(true);
    // A program without a runtime: blocking calls on plain threads.
    let db = options.connect_blocking(Threads)?;
    db.create_table::<Author>()?;
    db.create_table::<Book>()?;
    db.bulk_create(&AUTHORS.map(author))?;
    db.bulk_create(&BOOKS.map(book))?;
    db.close()
}

fn author((id, name): (i64, &str)) -> Author {
    Author {
        id,
        name: name.to_owned(),
    }
}

fn book((id, title, isbn, author, pages, price, published): Row) -> Book {
    Book {
        id,
        title: title.to_owned(),
        isbn: isbn.to_owned(),
        author: ForeignKey::new(author),
        pages,
        price,
        published,
    }
}
