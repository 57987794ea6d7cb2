//! Random queries over random rows, against an evaluation of the same conditions in Rust.
//!
//! Rows and queries are drawn from a seed, so that every run asks the same; what fails is shrunk,
//! and said with the seed. `PROPTEST_CASES` asks for more, `PROPTEST_RNG_SEED` for others.

mod ask;
mod kin;
mod leaf;
mod related;
mod run;
mod table;
mod tree;
mod typed;
mod values;
mod world;

use std::cell::Cell;
use std::sync::Arc;

use queryset::{Model, Q, QuerySet, Record, Statement, Value};

use crate::failure::{Verdict, ensure, same};
use crate::stage::{Session, Stage, iterate, read};
use crate::{Case, Method};
use ask::{Ask, asks, sorted, steps};
use kin::Root;
use leaf::{Leaf, leaves};
use related::{Related, related_steps};
use run::Source;
use table::{Table, rows, tables};
use tree::trees;
use typed::Sample;
use world::{AUTHOR, BOOK, World, worlds};

pub(super) const CASES: &[Case] = &[
    Case::new("property.conditions", Method::List, conditions),
    Case::new("property.typed", Method::List, typed),
    Case::new("property.relations", Method::List, relations),
    Case::new("property.typed_relations", Method::List, typed_relations),
];

/// How many queries each table is asked.
const QUERIES_A_TABLE: u32 = 10;

/// How many queries are asked of each set of tables that refer to each other.
const QUERIES_A_WORLD: u32 = 20;

/// Trees of conditions over tables of any columns.
fn conditions(stage: &Stage) -> Verdict {
    let s = stage.open()?;
    let mut source = Source::new(1);
    for number in 0..source.cases().div_ceil(QUERIES_A_TABLE) {
        let table = source.draw(&tables(format!("thing{number}")))?;
        fill(&s, &table)?;
        let asks = asks(sorted(&table.meta), steps(trees(leaves(&table.meta))));
        source.holds(QUERIES_A_TABLE, &asks, |ask| answers(&s, &table, ask))?;
    }
    Ok(())
}

/// The typed and the dynamic spelling are one query.
fn typed(stage: &Stage) -> Verdict {
    let s = stage.open()?;
    let mut source = Source::new(2);
    let meta = Sample::meta();
    let columns = meta.columns().iter().skip(1);
    let columns: Vec<_> = columns
        .map(|column| (column.ty(), column.is_nullable()))
        .collect();
    let table = Table {
        meta: Arc::clone(meta),
        rows: source.draw(&rows(&columns))?,
    };
    fill(&s, &table)?;
    let asks = asks(sorted(meta), steps(trees(leaves(meta))));
    source.holds(source.cases(), &asks, |ask| {
        answers(&s, &table, ask)?;
        let typed = ask.query(Sample::objects(), &Leaf::typed);
        let named = ask.records(&table, &Leaf::named);
        // What is known is folded away earlier in one of them, which may save brackets.
        let text = |statement: Statement| (statement.sql.replace(['(', ')'], ""), statement.params);
        let by_names = named.statement(s.db())?.map(text);
        same(
            "the statement",
            typed.statement(s.db())?.map(text),
            by_names,
        )?;
        let ids = |rows: Vec<Sample>| in_order(rows.iter().map(|row| row.id).collect());
        let keys = |rows: Vec<Record>| in_order(numbers(rows));
        let named = read!(s, named, list / alist() => keys)?.value()?;
        read!(s, typed, list / alist() => ids)?.gives(named)
    })
}

/// Conditions across relations of every kind, of random rows that refer to each other.
fn relations(stage: &Stage) -> Verdict {
    let s = stage.open()?;
    let mut source = Source::new(3);
    let family = s.db().dialect().family;
    for number in 0..source.cases().div_ceil(QUERIES_A_WORLD) {
        let world = source.draw(&worlds(number))?;
        world.fill(&s)?;
        for root in [BOOK, AUTHOR] {
            let table = world.table(root);
            let asks = asks(world.sorted(root), related_steps(root));
            source.holds(QUERIES_A_WORLD / 2, &asks, |ask| {
                let times = |row: &[Value]| world.times(root, row, ask, family);
                let wanted = keys(&ask.expected(&table, family, times));
                let query = ask.records(&table, &Related::named);
                agree(&s, &table, ask, &query, &wanted)
            })?;
        }
    }
    Ok(())
}

/// Conditions across relations as the models' fields spell them. They are not the dynamic spelling's
/// statements to the letter: a name may end at a key that this side holds, where a path goes on.
fn typed_relations(stage: &Stage) -> Verdict {
    let s = stage.open()?;
    let mut source = Source::new(4);
    let world = source.draw(&worlds(0))?.of(kin::models());
    world.fill(&s)?;
    spelled_alike::<kin::Book>(&s, &world, BOOK, &mut source)?;
    spelled_alike::<kin::Author>(&s, &world, AUTHOR, &mut source)
}

fn spelled_alike<M: Root>(s: &Session, world: &World, root: usize, source: &mut Source) -> Verdict {
    let family = s.db().dialect().family;
    let table = world.table(root);
    let asks = asks(world.sorted(root), related_steps(root));
    source.holds(source.cases() / 2, &asks, |ask| {
        let unspelled = Cell::new(false);
        let leaf = |leaf: &Related| {
            leaf.typed::<M>().unwrap_or_else(|| {
                unspelled.set(true);
                Q::none()
            })
        };
        let typed = ask.query(M::objects(), &leaf);
        ensure(!unspelled.get(), "a comparison has no typed spelling")?;
        let times = |row: &[Value]| world.times(root, row, ask, family);
        let mut wanted = keys(&ask.expected(&table, family, times));
        let ordered = ask.is_ordered(&table.meta);
        if !ordered {
            wanted = in_order(wanted);
        }
        let ids = move |rows: Vec<M>| {
            let ids = rows.iter().map(Root::id).collect();
            if ordered { ids } else { in_order(ids) }
        };
        read!(s, typed, list / alist() => ids)?.gives(wanted)
    })
}

/// Creates and fills the table, and reads every value back.
fn fill(s: &Session, table: &Table) -> Verdict {
    s.prepare("creating a table", s.db().create_table_for(&table.meta))?;
    let inserted = s.db().insert(&table.meta, table.rows.clone());
    s.prepare("adding rows", inserted)?;
    let all = QuerySet::dynamic(&table.meta).order_by_names(["id"]);
    let rows = read!(s, all, list / alist())?.value()?;
    for (row, wanted) in rows.iter().zip(&table.rows) {
        for (value, wanted) in row.values().iter().zip(wanted) {
            let equal = value.is_null() == wanted.is_null()
                && (value.is_null() || values::compare(value, wanted).is_eq());
            ensure(
                equal,
                format!("read back: expected {wanted:?}, found {value:?}"),
            )?;
        }
    }
    same("the rows read back", rows.len(), table.rows.len())
}

/// Every way to ask gives the rows that the evaluation gives.
fn answers(s: &Session, table: &Table, ask: &Ask<Leaf>) -> Verdict {
    let family = s.db().dialect().family;
    let times = |row: &[Value]| {
        let keeps = ask.keeps(family, &|leaf: &Leaf, place| {
            let column = &table.meta.columns()[leaf.column];
            let asked = place.odd && column.is_nullable();
            leaf.truth(&row[leaf.column], column.ty(), asked, family)
        });
        usize::from(keeps)
    };
    let wanted: Vec<i64> = keys(&ask.expected(table, family, times));
    let query = ask.records(table, &Leaf::named);
    agree(s, table, ask, &query, &wanted)
}

/// Every way to ask gives the rows with these keys, in this order if it has one.
fn agree<L>(
    s: &Session,
    table: &Table,
    ask: &Ask<L>,
    query: &QuerySet<Record>,
    wanted: &[i64],
) -> Verdict {
    each_agrees(s, table, ask, query, wanted).map_err(|mut failure| {
        if let Ok(Some(statement)) = query.statement(s.db()) {
            let sql = format!("; SQL: {} {:?}", statement.sql, statement.params);
            failure.message.push_str(&sql);
        }
        failure
    })
}

fn each_agrees<L>(
    s: &Session,
    table: &Table,
    ask: &Ask<L>,
    query: &QuerySet<Record>,
    wanted: &[i64],
) -> Verdict {
    let ordered = ask.is_ordered(&table.meta);
    // Without an order the rows come as they like, in each form.
    let ids = move |rows| match ordered {
        true => numbers(rows),
        false => in_order(numbers(rows)),
    };
    let rows = match ordered {
        true => wanted.to_vec(),
        false => in_order(wanted.to_vec()),
    };
    read!(s, query.clone(), list / alist() => ids)?.gives(rows.clone())?;
    iterate!(s, query.clone() => ids)?.gives(rows)?;
    read!(s, query.clone(), count / acount())?.gives(wanted.len() as u64)?;
    read!(s, query.clone(), exists / aexists())?.gives(!wanted.is_empty())?;
    let one = read!(s, query.clone(), get_or_none / aget_or_none() => number)?.into_result();
    match (one, wanted) {
        (Ok(None), []) => {}
        (Ok(Some(id)), [only]) => same("get", id, *only)?,
        (Err(error), [_, _, ..]) if error.is_multiple() => {}
        (one, _) => ensure(false, format!("get: {one:?} of {}", wanted.len()))?,
    }
    if !ask.is_cleared() {
        // Without an order the key's is taken.
        let first = read!(s, query.clone(), first / afirst() => number)?;
        first.gives(wanted.first().copied())?;
        if !ask.is_sliced() {
            let last = read!(s, query.clone(), last / alast() => number)?;
            last.gives(wanted.last().copied())?;
        }
    }
    if !ask.is_sliced() {
        for id in [1, 2, 3] {
            read!(s, query.clone(), contains_key / acontains_key(id))?
                .gives(wanted.contains(&id))?;
        }
    }
    Ok(())
}

fn in_order(mut ids: Vec<i64>) -> Vec<i64> {
    ids.sort_unstable();
    ids
}

fn keys(rows: &[&[Value]]) -> Vec<i64> {
    rows.iter().filter_map(|row| key(row)).collect()
}

fn key(row: &[Value]) -> Option<i64> {
    match row.first() {
        Some(Value::I64(id)) => Some(*id),
        _ => None,
    }
}

fn numbers(rows: Vec<Record>) -> Vec<i64> {
    rows.iter().filter_map(|row| key(row.values())).collect()
}

fn number(row: Option<Record>) -> Option<i64> {
    key(row?.values())
}
