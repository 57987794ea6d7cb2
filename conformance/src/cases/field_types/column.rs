//! What is asked of a column, whatever its type.

use std::fmt::Debug;

use queryset::{Column, ErrorKind, Field, Model, QuerySet, Record};

use crate::failure::{Verdict, ensure, fail, same};
use crate::stage::{Session, Stage, call, read};

/// A model of a case: its key is a number.
pub(super) trait Row: Model<Key = i64> + Clone + Debug + PartialEq + Sync {}

impl<M: Model<Key = i64> + Clone + Debug + PartialEq + Sync> Row for M {}

/// A type to compare with.
pub(super) trait Comparable: Field<Base = Self> + Clone + Debug + PartialEq + Sync {}

impl<T: Field<Base = T> + Clone + Debug + PartialEq + Sync> Comparable for T {}

/// How the generated field of a column is reached.
pub(super) type At<M, C> = fn(<M as Model>::Fields<M>) -> Column<M, C>;

/// A column in which the rows ascend: its field, and a row's value in it.
pub(super) type Ascending<M, C, T> = (At<M, C>, fn(&M) -> T);

/// The value of a constant in a library's own type.
pub(super) fn known<T>(value: Option<T>) -> Verdict<T> {
    match value {
        Some(value) => Ok(value),
        None => fail("the library has no such value"),
    }
}

/// A new table with these rows, each of which comes back as it went.
pub(super) fn there_and_back<M: Row>(stage: &Stage, rows: &[M]) -> Verdict<Session> {
    let s = stage.open()?;
    s.prepare("creating the table", s.db().create_table::<M>())?;
    let Some((first, rest)) = rows.split_first() else {
        return fail("a case without rows");
    };
    let (first, rest) = (first.clone(), rest.to_vec());
    let others = rest.len() as u64;
    call!(s, create / acreate(&first))?.gives(())?;
    call!(s, bulk_create / abulk_create(&rest))?.gives(others)?;
    let all = M::objects().order_by_names(["pk"]);
    read!(s, all, list / alist())?.gives(rows.to_vec())?;
    for row in rows {
        let one = M::objects().lookup("pk", row.key());
        read!(s, one, get / aget())?.gives(row.clone())?;
    }
    Ok(s)
}

/// Without the struct the same values come, in the types of the metadata.
pub(super) fn as_records<M: Row>(s: &Session, rows: &[M]) -> Verdict {
    let all = QuerySet::dynamic(M::meta()).order_by_names(["pk"]);
    let values = |records: Vec<Record>| {
        let values = records.iter().map(|record| record.values().to_vec());
        values.collect::<Vec<_>>()
    };
    let expected: Vec<_> = rows.iter().map(M::values).collect();
    read!(s, all, list / alist() => values)?.gives(expected)
}

/// The rows' values in the order of these keys, without NULLs.
pub(super) fn in_order<M: Row, T>(
    rows: &[M],
    order: &[i64],
    value: impl Fn(&M) -> Option<T>,
) -> Vec<(i64, T)> {
    let row = |key: &i64| rows.iter().find(|row| row.key() == *key);
    let values = order
        .iter()
        .filter_map(|key| Some((*key, value(row(key)?)?)));
    values.collect()
}

/// Orders and compares by every value. `ascending` has the different values of the column, and
/// all that are not NULL.
pub(super) fn compares<M: Row, C: Field<Base = T>, T: Comparable>(
    s: &Session,
    at: At<M, C>,
    ascending: &[(i64, T)],
) -> Verdict {
    equals(s, at, ascending)?;
    let keys: Vec<i64> = ascending.iter().map(|(key, _)| *key).collect();
    let present = || M::objects().filter(|f| at(f).isnull(false));
    let in_turn = |rows: Vec<M>| rows.iter().map(M::key).collect::<Vec<_>>();
    let up = present().order_by(|f| at(f).asc());
    read!(s, up, list / alist() => in_turn)?.gives(keys.clone())?;
    let down = present().order_by(|f| at(f).desc());
    let reversed: Vec<i64> = keys.iter().rev().copied().collect();
    read!(s, down, list / alist() => in_turn)?.gives(reversed)?;
    for (index, (_, value)) in ascending.iter().enumerate() {
        let cases = [
            (M::q(|f| at(f).gt(value)), &keys[index + 1..]),
            (M::q(|f| at(f).gte(value)), &keys[index..]),
            (M::q(|f| at(f).lt(value)), &keys[..index]),
            (M::q(|f| at(f).lte(value)), &keys[..=index]),
        ];
        for (condition, expected) in cases {
            finds(s, M::objects().filter_by(condition), expected)?;
        }
    }
    let ([_, (_, low), .., (_, high), _], [_, between @ .., _]) = (ascending, &*keys) else {
        return fail("a case needs four values");
    };
    let range = M::objects().filter(|f| at(f).range(low, high));
    finds(s, range, between)?;
    let backwards = M::objects().filter(|f| at(f).range(high, low));
    finds(s, backwards, &[])
}

/// Finds every value by itself, in lists, and everything else without it.
pub(super) fn equals<M: Row, C: Field<Base = T>, T: Comparable>(
    s: &Session,
    at: At<M, C>,
    values: &[(i64, T)],
) -> Verdict {
    let all: Vec<i64> = s.prepare("reading the keys", M::objects().list(s.db()).map(keys))?;
    for (key, value) in values {
        finds(s, M::objects().filter(|f| at(f).eq(value)), &[*key])?;
        let others: Vec<i64> = all.iter().filter(|other| *other != key).copied().collect();
        finds(s, M::objects().exclude(|f| at(f).eq(value)), &others)?;
    }
    let listed = |f| at(f).is_in(values.iter().skip(1).map(|(_, value)| value));
    let expected: Vec<i64> = values.iter().skip(1).map(|(key, _)| *key).collect();
    finds(s, M::objects().filter(listed), &expected)?;
    finds(s, M::objects().filter(|f| at(f).is_in::<T>([])), &[])
}

/// NULL is found as NULL, and as nothing else.
pub(super) fn nulls<M: Row, C: Field<Base = T>, T: Comparable>(
    s: &Session,
    at: At<M, C>,
    nulls: &[i64],
) -> Verdict {
    finds(s, M::objects().filter(|f| at(f).isnull(true)), nulls)?;
    finds(s, M::objects().filter(|f| at(f).eq(None::<T>)), nulls)?;
    let last = M::objects().order_by(|f| at(f).asc().nulls_last());
    let keys = |rows: Vec<M>| rows.iter().map(M::key).collect::<Vec<_>>();
    let mut found = read!(s, last, list / alist() => keys)?.value()?;
    let mut at_end = found.split_off(found.len().saturating_sub(nulls.len()));
    at_end.sort_unstable();
    same("the last rows", &*at_end, nulls)
}

/// The least, the greatest and the number of values.
pub(super) fn bounds<M: Row, C: Field<Base = T>, T: Comparable>(
    s: &Session,
    at: At<M, C>,
    ascending: &[(i64, T)],
) -> Verdict {
    let ends = move |f| {
        let column = at(f);
        (column.min(), column.max(), column.count())
    };
    let [(_, least), .., (_, greatest)] = ascending else {
        return fail("a case needs two values");
    };
    read!(s, M::objects(), aggregate / aaggregate(ends))?.gives((
        Some(least.clone()),
        Some(greatest.clone()),
        ascending.len() as i64,
    ))?;
    let nothing = M::objects().lookup("pk", 0);
    read!(s, nothing, aggregate / aaggregate(ends))?.gives((None::<T>, None::<T>, 0))
}

/// What went in exactly. A row that the database cannot hold has to be refused by a message with
/// one of the row's words: never a rounded value, nor one that sorts in the wrong place.
///
/// The rows ascend in each of the columns.
pub(super) fn kept_or_refused<M: Row, C: Field<Base = T>, T: Comparable>(
    s: &Session,
    rows: &[M],
    columns: &[Ascending<M, C, T>],
    words: impl Fn(&M) -> Vec<&'static str>,
) -> Verdict {
    let mut kept = Vec::new();
    for row in rows {
        let added = row.clone();
        match call!(s, create / acreate(&added))?.into_result() {
            Ok(()) => kept.push(row.clone()),
            Err(error) => refusal(&error, &words(row))?,
        }
    }
    let all = M::objects().order_by_names(["pk"]);
    read!(s, all, list / alist())?.gives(kept.clone())?;
    let in_turn = |rows: Vec<M>| rows.iter().map(M::key).collect::<Vec<_>>();
    let expected: Vec<i64> = kept.iter().map(M::key).collect();
    for (at, value) in columns {
        let up = M::objects().order_by(|f| at(f).asc());
        read!(s, up, list / alist() => in_turn)?.gives(expected.clone())?;
        for row in rows {
            let above = M::objects().filter(|f| at(f).gt(value(row)));
            match read!(s, above, list / alist() => keys)?.into_result() {
                Ok(found) => {
                    let expected = expected.iter().filter(|key| **key > row.key());
                    let expected: Vec<i64> = expected.copied().collect();
                    same("the rows above", found, expected)?;
                }
                Err(error) => refusal(&error, &words(row))?,
            }
        }
    }
    Ok(())
}

fn refusal(error: &queryset::Error, words: &[&str]) -> Verdict {
    let message = crate::failure::chain(error);
    ensure(
        matches!(error.kind(), ErrorKind::Value | ErrorKind::Data),
        format!(
            "expected a refusal of the value, found {:?}: {message}",
            error.kind()
        ),
    )?;
    ensure(
        words.iter().any(|word| message.contains(word)),
        format!("the error's message should say one of {words:?}: {message}"),
    )
}

/// Requires the query to give the rows with these keys, in any order.
pub(super) fn finds<M: Row>(s: &Session, query: QuerySet<M>, expected: &[i64]) -> Verdict {
    let mut expected = expected.to_vec();
    expected.sort_unstable();
    read!(s, query, list / alist() => keys)?.gives(expected)
}

fn keys<M: Row>(rows: Vec<M>) -> Vec<i64> {
    let mut keys: Vec<i64> = rows.iter().map(M::key).collect();
    keys.sort_unstable();
    keys
}
