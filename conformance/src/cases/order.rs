//! Orderings.

use queryset::{ErrorKind, F, Family, Model, Order, OrderTerm};

use crate::failure::{Verdict, same};
use crate::models::{Ordered, books, ids, numbers, shelf};
use crate::stage::{Stage, read};
use crate::{Case, Method};

pub(super) const CASES: &[Case] = &[
    Case::new("query.order.terms", Method::List, terms),
    Case::new("query.order.names", Method::List, names),
    Case::new("query.order.replaced", Method::List, replaced),
    Case::new("query.order.twice", Method::List, twice),
    Case::new("query.order.nulls", Method::List, nulls),
    Case::new("query.order.nulls_placed", Method::List, nulls_placed),
    Case::new("query.order.reversed", Method::List, reversed),
    Case::new("query.order.reverse_sticks", Method::List, reverse_sticks),
    Case::new("query.order.random", Method::List, random),
    Case::new("query.order.unknown", Method::List, unknown),
    Case::new("query.order.numbers", Method::List, by_number),
    Case::new("query.order.computed", Method::List, computed),
    Case::new("query.order.distinct_on", Method::List, distinct_on),
];

fn terms(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    let query = books().order_by(|b| (b.pages.asc(), b.price.desc()));
    read!(s, query, list / alist() => ids)?.gives(vec![7, 3, 4, 1, 6, 2, 5])?;
    let query = books().order_by(|b| (b.in_print.desc(), b.pages.asc(), b.id.desc()));
    read!(s, query, list / alist() => ids)?.gives(vec![3, 6, 4, 1, 7, 2, 5])?;
    let query = books().order_by(|b| vec![b.slug.desc()]);
    read!(s, query, list / alist() => ids)?.gives(vec![7, 6, 5, 4, 3, 2, 1])
}

fn names(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    let query = books().order_by_names(["-pages", "price"]);
    read!(s, query, list / alist() => ids)?.gives(vec![5, 2, 6, 1, 4, 3, 7])?;
    let query = books().order_by_names(["-pk"]);
    read!(s, query, list / alist() => ids)?.gives(vec![7, 6, 5, 4, 3, 2, 1])
}

fn replaced(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    let query = books()
        .order_by(|b| b.price.asc())
        .order_by(|b| b.id.desc());
    read!(s, query, list / alist() => ids)?.gives(vec![7, 6, 5, 4, 3, 2, 1])?;
    let query = Ordered::objects().order_by_names(["slug"]);
    read!(s, query, list / alist() => ids)?.gives(vec![1, 2, 3, 4, 5, 6, 7])
}

/// A column orders once: what comes later about it changes nothing.
fn twice(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    let query = books().order_by_names(["pk", "-pk"]);
    read!(s, query, list / alist() => ids)?.gives(vec![1, 2, 3, 4, 5, 6, 7])
}

/// NULLs stay where the database puts them.
fn nulls(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    let low = s.db().dialect().family != Family::Postgres;
    let up = books().order_by(|b| (b.rating.asc(), b.id.asc()));
    let down = books().order_by(|b| (b.rating.desc(), b.id.asc()));
    let (up_ids, down_ids) = if low {
        (vec![2, 6, 5, 1, 4, 7, 3], vec![3, 7, 1, 4, 5, 2, 6])
    } else {
        (vec![5, 1, 4, 7, 3, 2, 6], vec![2, 6, 3, 7, 1, 4, 5])
    };
    read!(s, up, list / alist() => ids)?.gives(up_ids)?;
    read!(s, down, list / alist() => ids)?.gives(down_ids)
}

fn nulls_placed(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    let last = books().order_by(|b| (b.rating.asc().nulls_last(), b.id.asc()));
    read!(s, last.clone(), list / alist() => ids)?.gives(vec![5, 1, 4, 7, 3, 2, 6])?;
    let first = books().order_by(|b| (b.rating.desc().nulls_first(), b.id.asc()));
    read!(s, first, list / alist() => ids)?.gives(vec![2, 6, 3, 7, 1, 4, 5])?;
    // Turned round, the NULLs change their end as well.
    read!(s, last.reverse(), list / alist() => ids)?.gives(vec![6, 2, 3, 7, 4, 1, 5])?;
    let terms = [
        OrderTerm::from("-rating").nulls_last(),
        OrderTerm::from("id"),
    ];
    let named = books().order_by_names(terms);
    read!(s, named, list / alist() => ids)?.gives(vec![3, 7, 1, 4, 5, 2, 6])
}

fn reversed(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    read!(s, shelf().reverse(), list / alist() => ids)?.gives(vec![7, 6, 5, 4, 3, 2, 1])?;
    let twice = shelf().reverse().reverse();
    read!(s, twice, list / alist() => ids)?.gives(vec![1, 2, 3, 4, 5, 6, 7])?;
    read!(s, Ordered::objects().reverse(), list / alist() => ids)?.gives(vec![7, 3, 6, 4, 1, 2, 5])
}

/// `reverse` outlives the ordering that it was said of.
fn reverse_sticks(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    let query = books().reverse().order_by(|b| b.id.asc());
    read!(s, query, list / alist() => ids)?.gives(vec![7, 6, 5, 4, 3, 2, 1])?;
    let query = Ordered::objects()
        .reverse()
        .order_by_names(["-slug"])
        .limit(3);
    read!(s, query, list / alist() => ids)?.gives(vec![1, 2, 3])
}

fn random(stage: &Stage) -> Verdict {
    let s = stage.numbers(200)?;
    let sorted = |mut rows: Vec<i64>| {
        rows.sort_unstable();
        rows
    };
    let all = move |rows| sorted(ids(rows));
    let expected: Vec<i64> = (1..=200).collect();
    let query = numbers().order_by(|_| Order::random());
    read!(s, query.clone(), list / alist() => all)?.gives(expected.clone())?;
    read!(s, numbers().order_by_names(["?"]), list / alist() => all)?.gives(expected.clone())?;
    // That 200 rows come in order by chance happens once in 10^374 times.
    let rows = ids(query.list(s.db())?);
    same("whether 200 rows came in order", rows == expected, false)
}

fn computed(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    let by_rest = books().order_by(|b| ((b.pages % 7).desc(), b.id.asc()));
    let expected = vec![2, 1, 4, 6, 3, 7, 5];
    read!(s, by_rest.clone(), list / alist() => ids)?.gives(expected.clone())?;
    let named = books().order_by_names([(F("pages") % 7).desc(), "id".into()]);
    read!(s, named, list / alist() => ids)?.gives(expected.clone())?;
    // What orders distinct rows is selected with them.
    read!(s, by_rest.clone().distinct(), list / alist() => ids)?.gives(expected)?;
    let turned = by_rest.reverse().limit(3);
    read!(s, turned, list / alist() => ids)?.gives(vec![5, 7, 3])?;
    let nulls_last = books().order_by(|b| ((b.rating + 1).asc().nulls_last(), b.id.asc()));
    read!(s, nulls_last, list / alist() => ids)?.gives(vec![5, 1, 4, 7, 3, 2, 6])
}

fn distinct_on(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    let ordered = books().order_by(|b| (b.in_print.asc(), b.pages.desc(), b.id.desc()));
    let query = ordered.clone().distinct_on(|b| b.in_print);
    let named = ordered.distinct_on_names(["in_print"]);
    for query in [query, named] {
        let found = read!(s, query, list / alist() => ids)?;
        match s.db().dialect().family {
            Family::Postgres => found.gives(vec![5, 6])?,
            _ => {
                found.refused(ErrorKind::NotSupported)?;
            }
        }
    }
    Ok(())
}

fn unknown(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    for name in ["colour", "+pages", "", "pages__gt", "-"] {
        read!(s, books().order_by_names([name]), list / alist())?.refused(ErrorKind::Field)?;
    }
    Ok(())
}

/// Numbers go by their value, not by their digits.
fn by_number(stage: &Stage) -> Verdict {
    let s = stage.numbers(120)?;
    let query = numbers().order_by(|n| n.double.asc());
    read!(s, query, list / alist() => ids)?.gives((1..=120).collect::<Vec<i64>>())
}
