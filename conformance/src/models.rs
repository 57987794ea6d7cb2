//! The tables that the cases read, and their rows.
//!
//! What the cases expect was worked out by hand from these rows and Django's documented rules.

use queryset::{Model, QuerySet};

use crate::failure::Verdict;
use crate::gate::Gated;
use crate::stage::{Session, Stage};

/// A book; without an ordering of its own.
#[derive(Model, Clone, Debug, PartialEq)]
#[model(table = "book")]
pub(crate) struct Book {
    #[model(primary_key)]
    pub(crate) id: i64,
    pub(crate) title: String,
    #[model(unique, max_length = 40)]
    pub(crate) slug: String,
    pub(crate) pages: i32,
    pub(crate) price: f64,
    pub(crate) rating: Option<i32>,
    pub(crate) note: Option<String>,
    pub(crate) in_print: bool,
}

/// The same table, with an ordering of its own.
#[derive(Model, Clone, Debug, PartialEq)]
#[model(table = "book", ordering("-pages", "slug"), latest_by("pages", "id"))]
pub(crate) struct Ordered {
    #[model(primary_key)]
    pub(crate) id: i64,
    pub(crate) slug: String,
    pub(crate) pages: i32,
}

/// A place in a hall, whose key has two parts.
#[derive(Model, Clone, Debug, PartialEq)]
#[model(table = "seat", primary_key("hall", "number"))]
pub(crate) struct Seat {
    pub(crate) hall: i32,
    pub(crate) number: i32,
    pub(crate) guest: Option<String>,
}

/// A line of a log, without a key: rows may be alike.
#[derive(Model, Clone, Debug, PartialEq)]
#[model(table = "visit")]
pub(crate) struct Visit {
    pub(crate) place: String,
    pub(crate) hour: i32,
}

/// A number beside its double.
#[derive(Model, Clone, Debug, PartialEq)]
#[model(table = "number")]
pub(crate) struct Number {
    #[model(primary_key)]
    pub(crate) id: i64,
    pub(crate) double: i64,
}

/// The same table, its second column read through a gate.
#[derive(Model, Clone, Debug, PartialEq)]
#[model(table = "number")]
pub(crate) struct GatedNumber {
    #[model(primary_key)]
    pub(crate) id: i64,
    pub(crate) double: Gated,
}

/// A text that may be missing.
#[derive(Model, Clone, Debug, PartialEq)]
#[model(table = "phrase")]
pub(crate) struct Phrase {
    #[model(primary_key)]
    pub(crate) id: i64,
    pub(crate) text: Option<String>,
}

/// What has a number that the cases call it by.
pub(crate) trait Numbered {
    fn number(&self) -> i64;
}

macro_rules! numbered {
    ($($model:ty),*) => {$(
        impl Numbered for $model {
            fn number(&self) -> i64 {
                self.id
            }
        }
    )*};
}

numbered!(Book, Ordered, Number, Phrase, GatedNumber);

/// The numbers of rows, in their order.
pub(crate) fn ids<T: Numbered>(rows: Vec<T>) -> Vec<i64> {
    rows.iter().map(Numbered::number).collect()
}

/// The number of a row that may be missing.
pub(crate) fn id<T: Numbered>(row: Option<T>) -> Option<i64> {
    row.map(|row| row.number())
}

/// The number of a row.
pub(crate) fn own_id<T: Numbered>(row: T) -> i64 {
    row.number()
}

pub(crate) fn books() -> QuerySet<Book> {
    Book::objects()
}

/// Books by their numbers, for cases about which rows come rather than in what order.
pub(crate) fn shelf() -> QuerySet<Book> {
    books().order_by(|b| b.id.asc())
}

pub(crate) fn phrases() -> QuerySet<Phrase> {
    Phrase::objects().order_by(|p| p.id.asc())
}

pub(crate) fn numbers() -> QuerySet<Number> {
    Number::objects().order_by(|n| n.id.asc())
}

#[rustfmt::skip]
type BookRow = (i64, &'static str, &'static str, i32, f64, Option<i32>, Option<&'static str>, bool);

#[rustfmt::skip]
const BOOKS: [BookRow; 7] = [
    (1, "Ant", "ant", 100,  9.5,  Some(3), None,      true),
    (2, "bee", "bee", 250, 20.0,  None,    Some(""),  false),
    (3, "Cat", "cat",  50,  5.25, Some(5), Some("x"), true),
    (4, "dog", "dog", 100, 12.0,  Some(3), None,      true),
    (5, "Eel", "eel", 700, 33.0,  Some(1), Some("y"), false),
    (6, "fox", "fox", 100,  0.0,  None,    Some("x"), true),
    (7, "Gnu", "gnu",   1,  1.0,  Some(4), None,      false),
];

/// The books of the library.
pub(crate) fn library_books() -> Vec<Book> {
    let book = |row: &BookRow| Book {
        id: row.0,
        title: row.1.into(),
        slug: row.2.into(),
        pages: row.3,
        price: row.4,
        rating: row.5,
        note: row.6.map(Into::into),
        in_print: row.7,
    };
    BOOKS.iter().map(book).collect()
}

/// The library's book of this number.
pub(crate) fn book(id: usize) -> Book {
    library_books().swap_remove(id - 1)
}

const PHRASES: [Option<&str>; 21] = [
    Some("100%"),                               // 1
    Some("100 percent"),                        // 2
    Some("a_b"),                                // 3
    Some("aXb"),                                // 4
    Some("back\\slash"),                        // 5
    Some("backslash"),                          // 6
    Some("École"),                              // 7
    Some("école"),                              // 8
    Some("ECOLE"),                              // 9
    Some("straße"),                             // 10
    Some("STRASSE"),                            // 11
    Some("ΣΊΣΥΦΟΣ"),                            // 12
    Some("σίσυφος"),                            // 13
    Some(""),                                   // 14
    None,                                       // 15
    Some("Ant"),                                // 16
    Some("ANT"),                                // 17
    Some("ant hill"),                           // 18
    Some("it's \"so\"; DROP TABLE phrase; --"), // 19
    Some("日本語 🎉"),                          // 20
    Some("a*b?[c]"),                            // 21
];

impl Stage {
    /// A database with the seven books.
    pub(crate) fn library(&self) -> Verdict<Session> {
        let session = self.open()?;
        session.add_books()?;
        Ok(session)
    }

    /// A database with the phrases.
    pub(crate) fn phrasebook(&self) -> Verdict<Session> {
        let session = self.open()?;
        let rows: Vec<Phrase> = (1..)
            .zip(PHRASES)
            .map(|(id, text)| Phrase {
                id,
                text: text.map(Into::into),
            })
            .collect();
        session.prepare("creating phrases", session.db().create_table::<Phrase>())?;
        session.prepare("adding phrases", session.db().bulk_create(&rows))?;
        session.statements();
        Ok(session)
    }

    /// A database with the numbers from 1 to `count`.
    pub(crate) fn numbers(&self, count: i64) -> Verdict<Session> {
        let session = self.open()?;
        session.add_numbers(count)?;
        Ok(session)
    }

    /// A database with visits of which some are alike.
    pub(crate) fn visits(&self) -> Verdict<Session> {
        let session = self.open()?;
        let visit = |place: &str, hour| Visit {
            place: place.into(),
            hour,
        };
        let rows = [
            visit("attic", 9),
            visit("barn", 9),
            visit("attic", 9),
            visit("attic", 10),
            visit("barn", 9),
        ];
        session.prepare("creating visits", session.db().create_table::<Visit>())?;
        session.prepare("adding visits", session.db().bulk_create(&rows))?;
        session.statements();
        Ok(session)
    }
}

impl Session {
    /// Creates the table of books and fills it.
    pub(crate) fn add_books(&self) -> Verdict {
        self.prepare("creating books", self.db().create_table::<Book>())?;
        self.prepare("adding books", self.db().bulk_create(&library_books()))?;
        self.statements();
        Ok(())
    }

    /// Creates the table of numbers and fills it with 1 to `count`.
    pub(crate) fn add_numbers(&self, count: i64) -> Verdict {
        let rows: Vec<Number> = (1..=count)
            .map(|id| Number { id, double: 2 * id })
            .collect();
        self.prepare("creating numbers", self.db().create_table::<Number>())?;
        self.prepare("adding numbers", self.db().bulk_create(&rows))?;
        self.statements();
        Ok(())
    }

    /// Doubles the table of numbers, `times` times over, without the rows passing through here.
    pub(crate) fn grow_numbers(&self, mut count: i64, times: u32) -> Verdict<i64> {
        for _ in 0..times {
            let sql = format!(
                "INSERT INTO number (id, {double}) SELECT id + {count}, {double} + 2 * {count} FROM number",
                double = self.quoted("double")
            );
            self.prepare("adding numbers", self.db().execute(sql, Vec::new()))?;
            count *= 2;
        }
        self.statements();
        Ok(count)
    }

    /// A name as the database quotes it.
    pub(crate) fn quoted(&self, name: &str) -> String {
        match self.db().dialect().family {
            queryset::Family::Mysql => format!("`{name}`"),
            _ => format!("\"{name}\""),
        }
    }
}
