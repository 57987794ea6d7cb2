//! The README's code blocks, as tests.

#![allow(dead_code, reason = "the blocks show more than they use")]
#![allow(clippy::wildcard_imports, clippy::needless_doctest_main)]

use std::error::Error;

use queryset::Database;
use queryset_smol::Smol;

include!(concat!(env!("OUT_DIR"), "/blocks.rs"));

type Row = (
    i64,
    &'static str,
    &'static str,
    i64,
    Kind,
    i32,
    Option<f64>,
    i16,
);

const BOOKS: [Row; 8] = [
    (
        1,
        "Emma",
        "978-0-14-143958-7",
        1,
        Kind::Novel,
        474,
        Some(8.99),
        1815,
    ),
    (
        2,
        "Persuasion",
        "978-0-14-143968-6",
        1,
        Kind::Novel,
        249,
        Some(7.5),
        1817,
    ),
    (
        3,
        "Germinal",
        "978-0-14-044742-2",
        2,
        Kind::Novel,
        524,
        Some(12.0),
        1885,
    ),
    (
        4,
        "L'Œuvre",
        "978-2-07-036000-0",
        2,
        Kind::Novel,
        449,
        None,
        1886,
    ),
    (
        5,
        "Nana",
        "978-0-14-044263-2",
        2,
        Kind::Novel,
        470,
        Some(11.0),
        1880,
    ),
    (
        6,
        "The TeXbook",
        "978-0-201-13448-4",
        3,
        Kind::Science,
        483,
        Some(49.95),
        1984,
    ),
    (
        7,
        "Solaris",
        "978-0-15-602760-1",
        4,
        Kind::Novel,
        204,
        Some(14.95),
        1961,
    ),
    (
        8,
        "100% Lem",
        "978-83-08-00000-1",
        4,
        Kind::Novel,
        320,
        None,
        1999,
    ),
];

/// Runs a block on a database of its own.
fn on_books<F>(block: impl FnOnce(Database) -> F)
where
    F: Future<Output = Result<(), Box<dyn Error>>>,
{
    // In a file, since a database in memory keeps readers out while a transaction writes.
    let folder = tempfile::tempdir().unwrap();
    let url = format!(
        "sqlite:{}?mode=rwc",
        folder.path().join("books.db").display()
    );
    smol::block_on(async {
        let db = queryset_sqlite::connect(&url, Smol).await?;
        db.acreate_table::<Author>().await?;
        db.acreate_table::<Book>().await?;
        let names = ["Jane Austen", "Émile Zola", "Donald Knuth", "Stanisław Lem"];
        for (id, name) in (1..).zip(names) {
            db.acreate(&Author {
                id,
                name: name.to_owned(),
                books: Reverse::new(),
            })
            .await?;
        }
        db.abulk_create(&BOOKS.map(book)).await?;
        block(db).await
    })
    .unwrap();
}

fn book((id, title, isbn, author, kind, pages, price, published): Row) -> Book {
    Book {
        id,
        title: title.to_owned(),
        isbn: isbn.to_owned(),
        author: ForeignKey::new(author),
        kind,
        pages,
        price,
        published,
    }
}

/// A program of the README has to end well.
fn ended(result: queryset::Result<()>) {
    result.unwrap();
}
