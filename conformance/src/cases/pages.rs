//! Pages: numbered ones, and those that begin where another ended.

use queryset::{ErrorKind, KeysetCursor, KeysetPage, QuerySet, Record, Value};

use crate::failure::{Verdict, same};
use crate::models::{Book, books, ids, shelf};
use crate::stage::{Session, Stage, read};
use crate::{Case, Method};

pub(super) const CASES: &[Case] = &[
    Case::new("query.pages.numbered", Method::List, numbered),
    Case::new("query.pages.out_of_range", Method::List, out_of_range),
    Case::new("query.pages.keyset", Method::List, keyset),
    Case::new("query.pages.keyset_records", Method::List, keyset_records),
    Case::new("query.pages.keyset_insert", Method::List, keyset_insert),
    Case::new("query.pages.keyset_refused", Method::List, keyset_refused),
];

fn numbered(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    let pages = || shelf().paginate(3).orphans(1);
    // One statement counts, and one reads the page.
    let page = read!(s, pages(), page / apage(2))?.sends(2)?.value()?;
    same("the rows", ids(page.rows().to_vec()), vec![4, 5, 6, 7])?;
    let numbers = (page.number(), page.num_pages(), page.next_page_number());
    same("the numbers", numbers, (2, 2, None))?;
    let places = (page.start_index(), page.end_index(), page.has_previous());
    same("the places", places, (4, 7, true))?;
    // A paginator counts once.
    let kept = pages();
    same("the count", kept.count(s.db())?, 7)?;
    s.statements();
    let first = kept.page(s.db(), 1)?;
    same("the statements", s.statements().len(), 1)?;
    same("the first page", ids(first.rows().to_vec()), vec![1, 2, 3])?;
    let four = shelf().paginate(2);
    read!(s, four, num_pages / anum_pages())?.sends(1)?.gives(4)
}

fn out_of_range(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    let pages = || shelf().paginate(3);
    for number in [0, 4, u64::MAX] {
        read!(s, pages(), page / apage(number))?.fails(ErrorKind::Index)?;
        let nearest = read!(s, pages(), get_page / aget_page(number))?.value()?;
        same("the last page", ids(nearest.into_iter().collect()), vec![7])?;
    }
    let none = || shelf().filter(|b| b.id.gt(99)).paginate(3);
    let empty = read!(s, none(), page / apage(1))?.sends(1)?.value()?;
    let places = (empty.rows().len(), empty.start_index(), empty.end_index());
    same("the empty page", places, (0, 0, 0))?;
    let no_first = none().allow_empty_first_page(false);
    read!(s, no_first, page / apage(1))?.fails(ErrorKind::Index)?;
    read!(s, shelf().paginate(0), page / apage(1))?.refused(ErrorKind::Value)?;
    Ok(())
}

/// The orders that are walked through: with NULLs at either end, turned round, and narrowed.
fn orders() -> Vec<QuerySet<Book>> {
    vec![
        books(),
        shelf(),
        books().order_by(|b| (b.rating.desc(), b.pages.asc())),
        books().order_by(|b| (b.rating.asc(), b.pages.desc())),
        books().order_by(|b| (b.rating.asc().nulls_last(), b.in_print.desc())),
        books().order_by(|b| (b.rating.desc().nulls_first(), b.price.asc())),
        books()
            .order_by(|b| (b.note.asc(), b.rating.asc()))
            .reverse(),
        books().order_by_names(["-pages", "title"]),
        books()
            .exclude(|b| b.rating.eq(3))
            .order_by(|b| (b.in_print.asc(), b.rating.desc())),
    ]
}

/// The cursor after it was part of a link.
fn sent(cursor: Option<&KeysetCursor>) -> Verdict<Option<KeysetCursor>> {
    Ok(cursor
        .map(|cursor| cursor.to_string().parse())
        .transpose()?)
}

fn keyset(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    for query in orders() {
        // A page of all rows is the order itself.
        let all = ids(query.page_after(s.db(), None, 100)?.into_iter().collect());
        let (mut walked, mut after) = (Vec::new(), None);
        loop {
            let page = next(&s, query.clone(), after)?;
            walked.extend(ids(page.rows().to_vec()));
            after = sent(page.next())?;
            if after.is_none() {
                break;
            }
        }
        same("the rows", &walked, &all)?;
        // Back from the end, which has no row that a cursor stands for.
        let (mut back, mut before) = (Vec::new(), None);
        loop {
            let query = query.clone();
            let page = read!(s, query, page_before / apage_before(before.as_ref(), 3))?;
            let page = page.sends(1)?.value()?;
            let mut rows = ids(page.rows().to_vec());
            rows.append(&mut back);
            back = rows;
            before = sent(page.previous())?;
            if before.is_none() {
                break;
            }
        }
        same("the rows backwards", &back, &all)?;
    }
    Ok(())
}

fn next(
    s: &Session,
    query: QuerySet<Book>,
    after: Option<KeysetCursor>,
) -> Verdict<KeysetPage<Book>> {
    let page = read!(*s, query, page_after / apage_after(after.as_ref(), 2))?;
    page.sends(1)?.value()
}

fn keyset_records(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    let query: QuerySet<Record> =
        QuerySet::dynamic(shelf().meta()).order_by_names(["-price", "slug"]);
    let all: Vec<Value> = keys(query.list(s.db())?);
    let (mut walked, mut after) = (Vec::new(), None);
    loop {
        let query = query.clone();
        let page = read!(s, query, page_after / apage_after(after.as_ref(), 3))?;
        let page = page.sends(1)?.value()?;
        after = sent(page.next())?;
        walked.extend(keys(page.into_iter().collect()));
        if after.is_none() {
            break;
        }
    }
    same("the rows", walked, all)
}

fn keys(rows: Vec<Record>) -> Vec<Value> {
    rows.iter()
        .filter_map(|row| row.value("id").cloned())
        .collect()
}

/// Rows that are inserted before a page neither repeat rows on it nor push any off.
fn keyset_insert(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    let query = || books().order_by(|b| (b.pages.asc(), b.id.asc()));
    let first = query().page_after(s.db(), None, 3)?;
    same("the first page", ids(first.rows().to_vec()), vec![7, 3, 1])?;
    let mut early = first.rows()[0].clone();
    (early.id, early.slug, early.pages) = (99, "early".into(), 0);
    s.prepare("inserting", s.db().create(&early))?;
    let after = first.next().cloned();
    let second = read!(s, query(), page_after / apage_after(after.as_ref(), 3))?.value()?;
    same(
        "the second page",
        ids(second.rows().to_vec()),
        vec![4, 6, 2],
    )?;
    let back = second.previous().cloned();
    let before = read!(s, query(), page_before / apage_before(back.as_ref(), 9))?.value()?;
    same(
        "the rows before",
        ids(before.rows().to_vec()),
        vec![99, 7, 3, 1],
    )
}

fn keyset_refused(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    let sliced = shelf().limit(3);
    read!(s, sliced, page_after / apage_after(None, 3))?.refused(ErrorKind::Type)?;
    read!(s, shelf(), page_after / apage_after(None, 0))?.refused(ErrorKind::Value)?;
    let random = books().order_by_names(["?"]);
    read!(s, random, page_after / apage_after(None, 3))?.refused(ErrorKind::NotSupported)?;
    let computed = books().order_by(|b| (b.pages + 1).asc());
    read!(s, computed, page_after / apage_after(None, 3))?.refused(ErrorKind::NotSupported)?;
    let of_another = books().page_after(s.db(), None, 1)?.next().cloned();
    let other = books().order_by(|b| b.title.asc());
    read!(s, other, page_after / apage_after(of_another.as_ref(), 3))?.refused(ErrorKind::Value)?;
    Ok(())
}
