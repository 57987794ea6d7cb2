//! Questions that databases may answer each in its own way.

use queryset::{Database, Model, Result, Value, raw};

/// A question and what a database answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The question.
    pub question: &'static str,
    /// The answer; the kind of the error where there is none.
    pub answer: String,
}

type Ask = fn(&Database) -> Result<String>;

/// Asks all of them.
///
/// # Errors
/// The tables could not be created and filled.
pub fn differences(db: &Database) -> Result<Vec<Difference>> {
    db.create_table::<Word>()?;
    let rows = (1..).zip(WORDS).map(|(id, text)| Word {
        id,
        text: text.to_owned(),
        maybe: (id % 2 == 0).then_some(id),
        number: 1 << 62,
    });
    db.bulk_create(&rows.collect::<Vec<_>>())?;
    let questions: [(&'static str, Ask); 14] = [
        ("texts ascending", |db| {
            let words = Word::objects().order_by(|w| w.text.asc()).list(db)?;
            let texts: Vec<_> = words
                .iter()
                .map(|word| format!("{:?}", word.text))
                .collect();
            Ok(texts.join(" "))
        }),
        ("NULL, where an order does not say", |db| {
            let first = Word::objects()
                .order_by(|w| (w.maybe.asc(), w.id.asc()))
                .first(db)?;
            Ok(match first.and_then(|word| word.maybe) {
                Some(_) => "last, when ascending".to_owned(),
                None => "first, when ascending".to_owned(),
            })
        }),
        ("`exact`: does \"emma\" equal \"Emma\"?", |db| {
            finds(db, |w| w.text.eq("emma"))
        }),
        ("`exact`: does \"Emma \" equal \"Emma\"?", |db| {
            finds(db, |w| w.text.eq("Emma "))
        }),
        ("`exact`: does e and an accent equal é?", |db| {
            finds(db, |w| w.text.eq("e\u{301}"))
        }),
        ("`icontains`: is \"ZÉRO\" in \"zéro\"?", |db| {
            finds(db, |w| w.text.icontains("ZÉRO"))
        }),
        ("`iexact`: does \"STRASSE\" equal \"straße\"?", |db| {
            finds(db, |w| w.text.iexact("STRASSE"))
        }),
        ("`contains`: is \"EMMA\" in \"Emma\"?", |db| {
            finds(db, |w| w.text.contains("EMMA"))
        }),
        (
            "how many of 'Emma', 'Emma ' and 'EMMA' are distinct, in SQL by hand",
            |db| {
                let sql = "SELECT COUNT(DISTINCT t) FROM (SELECT 'Emma' AS t UNION ALL SELECT 'Emma ' \
                       UNION ALL SELECT 'EMMA') words";
                let rows: Vec<(i64,)> = raw(sql, vec![]).list(db)?;
                // Of literals, whose collation is the connection's and no column's.
                Ok(rows.first().map_or(0, |row| row.0).to_string())
            },
        ),
        ("the sum of integers beyond 64 bits", |db| {
            let sum = Word::objects().aggregate(db, |w| w.number.sum())?;
            Ok(format!("{sum:?}"))
        }),
        (
            "a text of 4 characters in a column with max_length = 3",
            |db| {
                db.create_table::<Short>()?;
                let text = "four".to_owned();
                db.create(&Short { id: 1, text })
                    .map(|()| "taken".to_owned())
            },
        ),
        ("two rows \"a\" and \"a \" in a unique column", |db| {
            db.create_table::<Unique>()?;
            let row = |id, text: &str| Unique {
                id,
                text: text.to_owned(),
            };
            let added = db.bulk_create(&[row(1, "a"), row(2, "a ")])?;
            Ok(format!("{added} taken"))
        }),
        ("a text in place of an integer, in SQL by hand", |db| {
            let text = Value::Text("no number".into());
            let sql = match db.dialect().family {
                queryset::Family::Postgres => "UPDATE word SET number = $1 WHERE id = 1",
                _ => "UPDATE word SET number = ? WHERE id = 1",
            };
            db.execute(sql, vec![text]).map(|_| "taken".to_owned())
        }),
        ("a division by zero, in SQL by hand", |db| {
            let rows: Vec<(Option<i64>,)> = raw("SELECT 1 / 0", vec![]).list(db)?;
            Ok(match rows.first() {
                Some((Some(number),)) => number.to_string(),
                _ => "NULL".to_owned(),
            })
        }),
    ];
    let ask = |(question, answer): (_, Ask)| Difference {
        question,
        answer: answer(db).unwrap_or_else(|error| format!("an error of kind `{:?}`", error.kind())),
    };
    Ok(questions.into_iter().map(ask).collect())
}

const WORDS: [&str; 10] = ["b", "Emma", "a", "B", "zéro", "é", "straße", "10", "9", "_"];

#[derive(Model, Clone, Debug)]
#[model(table = "word")]
struct Word {
    #[model(primary_key)]
    id: i64,
    text: String,
    maybe: Option<i64>,
    number: i64,
}

#[derive(Model, Clone, Debug)]
#[model(table = "short_word")]
struct Short {
    #[model(primary_key)]
    id: i64,
    #[model(max_length = 3)]
    text: String,
}

#[derive(Model, Clone, Debug)]
#[model(table = "unique_word")]
struct Unique {
    #[model(primary_key)]
    id: i64,
    #[model(unique)]
    text: String,
}

fn finds(
    db: &Database,
    condition: impl FnOnce(WordFields<Word>) -> queryset::Q<Word>,
) -> Result<String> {
    let found = Word::objects().filter(condition).exists(db)?;
    Ok(if found { "yes" } else { "no" }.to_owned())
}
