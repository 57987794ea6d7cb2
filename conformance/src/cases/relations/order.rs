//! Orderings by related rows.

use super::family::{Library, keys};
use crate::failure::Verdict;
use crate::stage::{Stage, read};
use crate::{Case, Method};

pub(super) const CASES: &[Case] = &[
    Case::new("relations.order", Method::List, order),
    Case::new("relations.order_distinct", Method::List, order_distinct),
];

fn order(stage: &Stage) -> Verdict {
    let library = Library::open(stage)?;
    let books = library.all("Book")?.lookup("author__isnull", false);
    let by_author = books.order_by_names(["author__name", "-id"]);
    library.gives(by_author.clone(), &[6, 2, 1, 3, 4])?;
    library.gives(by_author.clone().reverse(), &[4, 3, 1, 2, 6])?;
    library.gives(by_author.slice(1..3), &[2, 1])?;
    // A relation orders as its model does.
    let printed = library
        .all("Book")?
        .lookup("publisher__city__isnull", false);
    library.gives(
        printed.clone().order_by_names(["publisher", "id"]),
        &[2, 6, 1, 5],
    )?;
    library.gives(printed.order_by_names(["-publisher", "id"]), &[1, 5, 2, 6])?;
    // A row comes for each related row.
    let authors = library.all("Author")?.lookup("books__isnull", false);
    library.gives(authors.order_by_names(["books__pages"]), &[1, 1, 2, 3, 1])
}

/// What orders distinct rows tells them apart.
fn order_distinct(stage: &Stage) -> Verdict {
    let library = Library::open(stage)?;
    let s = &library.session;
    let authors = library.all("Author")?.lookup("books__isnull", false);
    let distinct = authors.order_by_names(["books__title", "id"]).distinct();
    library.gives(distinct.clone(), &[1, 2, 1, 3])?;
    read!(s, distinct.clone(), count / acount())?.gives(3)?;
    read!(s, distinct.limit(3), list / alist() => keys)?.gives(vec![1, 2, 1])
}
