//! An admin page over tables that the program learns of at run time.
//!
//! The models come from a description in text, the conditions from the query string of a URL, and
//! the rows are read as records: no type of the program knows a table.

mod description;
mod page;

use queryset::runtime::Threads;
use queryset::{Database, Result, Value};
use queryset_sqlite::SqliteOptions;

use description::Models;
use page::Page;

/// What a configuration file might say.
const DESCRIPTION: &str = "\
book: id integer key, title text, pages integer, price real null
reader: card text key, name text";

/// What people ask the page for.
const REQUESTS: [&str; 6] = [
    "book?order=-pages",
    "book?title__icontains=ŒUVRE",
    "book?pages__gte=300&price__isnull=false&order=price&limit=1",
    "book?id__in=1,3,99",
    "reader?name__startswith=A",
    "book?writer__name=Zola",
];

fn main() -> Result<()> {
    let models = Models::read(DESCRIPTION)?;
    let db = SqliteOptions::memory().connect_blocking(Threads)?;
    fill(&db, &models)?;
    for request in REQUESTS {
        println!("GET /{request}");
        match Page::of(&models, request).and_then(|page| page.render(&db)) {
            Ok(page) => println!("{page}\n"),
            // What a caller got wrong is an answer, too, and names the choices.
            Err(error) => println!("400 {:?} error: {error}\n", error.kind()),
        }
    }
    db.close()
}

fn fill(db: &Database, models: &Models) -> Result<()> {
    let (book, reader) = (models.model("book")?, models.model("reader")?);
    db.create_table_for(book)?;
    db.create_table_for(reader)?;
    let books: [(i64, &str, i64, Value); 3] = [
        (1, "Emma", 474, 8.99.into()),
        (2, "Solaris", 204, 14.95.into()),
        (3, "L'Œuvre", 449, Value::Null),
    ];
    let rows =
        books.map(|(id, title, pages, price)| vec![id.into(), title.into(), pages.into(), price]);
    db.insert(book, rows.into())?;
    db.insert(
        reader,
        vec![
            vec!["A-1".into(), "Ada".into()],
            vec!["B-2".into(), "Bob".into()],
        ],
    )?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(request: &str) -> Result<String> {
        let models = Models::read(DESCRIPTION)?;
        let db = SqliteOptions::memory().connect_blocking(Threads)?;
        fill(&db, &models)?;
        Page::of(&models, request)?.render(&db)
    }

    #[test]
    fn conditions_and_order_come_from_the_request() {
        let page = answer(REQUESTS[2]).unwrap();
        assert_eq!(page, "1 of book\nid=1 title=Emma pages=474 price=8.99");
        let page = answer(REQUESTS[3]).unwrap();
        assert!(page.starts_with("2 of book\n"), "{page}");
    }

    #[test]
    fn text_is_compared_as_unicode_has_it() {
        let page = answer(REQUESTS[1]).unwrap();
        assert_eq!(page, "1 of book\nid=3 title=L'Œuvre pages=449 price=-");
    }

    #[test]
    fn what_a_request_gets_wrong_is_told() {
        let error = answer(REQUESTS[5]).unwrap_err();
        assert_eq!(error.kind(), queryset::ErrorKind::Field);
        assert!(
            error.to_string().contains("id, pages, price, title"),
            "{error}"
        );
        let error = answer("shelf?id=1").unwrap_err();
        assert_eq!(error.to_string(), "there is no model 'shelf'");
        let error = answer("book?pages__gt=many").unwrap_err();
        assert_eq!(error.kind(), queryset::ErrorKind::Value);
    }
}
