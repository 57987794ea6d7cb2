//! The rows that a relation of one row leads to.

use queryset::{QuerySet, Record};

use super::family::Library;
use crate::failure::{Failure, Verdict, ensure};
use crate::stage::{Stage, read};
use crate::{Case, Method};

pub(super) const CASES: &[Case] = &[
    Case::new("relations.related_set", Method::List, related_set),
    Case::new("relations.sticky_filter", Method::List, sticky_filter),
];

fn row(library: &Library, model: &str, key: i64) -> Verdict<Record> {
    let s = &library.session;
    let found = s.db();
    let row = library.all(model)?.lookup("id", key).list(found);
    let row = s.prepare("reading a row", row)?.into_iter().next();
    row.ok_or_else(|| Failure::new(format!("{model} {key} is missing")))
}

fn related(
    library: &Library,
    (model, key): (&str, i64),
    relation: &str,
) -> Verdict<Option<QuerySet<Record>>> {
    let query = row(library, model, key)?.query(library.meta(model)?, relation)?;
    Ok(query.map(|query| query.order_by_names(["id"])))
}

fn gives(library: &Library, of: (&str, i64), relation: &str, expected: &[i64]) -> Verdict {
    match related(library, of, relation)? {
        Some(query) => library.gives(query, expected),
        None => Err(Failure::new(format!("{of:?} leads nowhere by {relation}"))),
    }
}

fn related_set(stage: &Stage) -> Verdict {
    let library = Library::open(stage)?;
    gives(&library, ("Author", 1), "books", &[1, 2, 6])?;
    gives(&library, ("Author", 1), "pupils", &[2, 3])?;
    gives(&library, ("Author", 4), "pupils", &[])?;
    gives(&library, ("Author", 1), "desk", &[1])?;
    gives(&library, ("Book", 4), "author", &[3])?;
    gives(&library, ("Book", 1), "tags", &[1, 2])?;
    gives(&library, ("Tag", 1), "books", &[1, 3, 6])?;
    gives(&library, ("Book", 1), "shops", &[1, 2])?;
    gives(&library, ("Shop", 2), "books", &[1, 4])?;
    gives(&library, ("Shop", 1), "copies", &[1, 4])?;
    let nowhere = related(&library, ("Book", 5), "author")?;
    ensure(nowhere.is_none(), "a NULL leads to no author")?;
    let s = &library.session;
    let books = related(&library, ("Tag", 1), "books")?;
    let books = books.ok_or_else(|| Failure::new("a tag has books"))?;
    read!(s, books.clone(), count / acount())?.gives(3)?;
    library.gives(books.exclude_lookup("author__name", "Ada"), &[3])
}

/// The first filter of a related set is about the very rows that tie the two.
fn sticky_filter(stage: &Stage) -> Verdict {
    let library = Library::open(stage)?;
    let meta = library.meta("Tag")?;
    let books = row(&library, "Tag", 1)?.query(meta, "books")?;
    let books = books.ok_or_else(|| Failure::new("a tag has books"))?;
    let gives = |query: QuerySet<Record>, expected: &[i64]| {
        library.gives(query.order_by_names(["id"]), expected)
    };
    gives(books.clone().lookup("tags__word", "blue"), &[])?;
    gives(books.clone().lookup("tags__word", "red"), &[1, 3, 6])?;
    let later = books.clone().lookup("pages__gt", 0);
    gives(later.lookup("tags__word", "blue"), &[1])?;
    gives(
        books
            .clone()
            .order_by_names(["id"])
            .lookup("tags__word", "blue"),
        &[1],
    )?;
    gives(books.clone().exclude_lookup("tags__word", "red"), &[])?;
    gives(books.exclude_lookup("tags__word", "blue"), &[1, 3, 6])
}
