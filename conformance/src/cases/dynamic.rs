//! Django's spelling, over derived models and over models that are built at run time.

use std::sync::Arc;

use queryset::{
    ColumnMeta, ColumnType, Error, ErrorKind, Model, ModelMeta, Operand, Q, QuerySet, Record, Value,
};

use crate::failure::{Verdict, same};
use crate::models::{Book, books, ids, shelf};
use crate::stage::{Stage, call, iterate, read};
use crate::{Case, Method};

pub(super) const CASES: &[Case] = &[
    Case::new("dynamic.model", Method::Insert, model),
    Case::new("dynamic.twin_of_typed", Method::List, twin_of_typed),
    Case::new("dynamic.coercion", Method::List, coercion),
    Case::new("dynamic.unknown_name", Method::List, unknown_name),
    Case::new("dynamic.unknown_lookup", Method::List, unknown_lookup),
    Case::new("dynamic.wrong_value", Method::List, wrong_value),
    Case::new("dynamic.renamed_column", Method::List, renamed_column),
    Case::new("dynamic.quoted_names", Method::List, quoted_names),
];

/// A model that no type stands for: created, filled and read.
fn model(stage: &Stage) -> Verdict {
    let s = stage.open()?;
    let city = ModelMeta::builder("City")
        .table("city")
        .column(ColumnMeta::new("id", ColumnType::I64).primary_key())
        .column(ColumnMeta::new("name", ColumnType::Text).max_length(40))
        .column(ColumnMeta::new("height", ColumnType::I32).nullable(true))
        .ordering(["-name"])
        .build()?;
    s.prepare("creating cities", s.db().create_table_for(&city))?;
    let rows = vec![
        vec![Value::I64(1), Value::Text("Bern".into()), Value::I64(540)],
        vec![Value::I64(2), Value::Text("Oslo".into()), Value::Null],
        vec![Value::I64(3), Value::Text("Lima".into()), Value::I64(154)],
    ];
    let (meta, added) = (Arc::clone(&city), rows.clone());
    call!(s, insert / ainsert(&meta, added))?.gives(3)?;
    let all: QuerySet<Record> = QuerySet::dynamic(&city);
    let names = |rows: Vec<Record>| {
        rows.iter()
            .map(|row| row.get::<String>("name"))
            .collect::<Result<Vec<_>, Error>>()
            .ok()
    };
    let found = read!(s, all.clone(), list / alist() => names)?.value()?;
    same(
        "by the model's ordering",
        found,
        Some(vec!["Oslo".into(), "Lima".into(), "Bern".into()]),
    )?;
    read!(
        s,
        all.clone().lookup("height__isnull", true),
        count / acount()
    )?
    .gives(1)?;
    let high = read!(s, all.clone().lookup("height__gt", 200), get / aget())?.value()?;
    same("its values", high.values(), rows[0].as_slice())?;
    let last = read!(s, all.clone(), last / alast())?.value()?;
    same(
        "the last",
        last.and_then(|row| row.value("id").cloned()),
        Some(Value::I64(1)),
    )?;
    let streamed = iterate!(s, all => names)?.value()?;
    same("streamed", streamed.map(|names| names.len()), Some(3))
}

fn twin_of_typed(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    let pairs = [
        (
            shelf().lookup("pages__gt", 100),
            shelf().filter(|b| b.pages.gt(100)),
        ),
        (
            shelf().lookup("rating__lte", 3),
            shelf().filter(|b| b.rating.lte(3)),
        ),
        (
            shelf().lookup("slug__in", ["ant", "gnu"]),
            shelf().filter(|b| b.slug.is_in(["ant", "gnu"])),
        ),
        (
            shelf().lookup("price__range", (5.25, 12.0)),
            shelf().filter(|b| b.price.range(5.25, 12.0)),
        ),
        (
            shelf().lookup("title__icontains", "A"),
            shelf().filter(|b| b.title.icontains("A")),
        ),
        (
            shelf().exclude_lookup("rating", 3),
            shelf().exclude(|b| b.rating.eq(3)),
        ),
        (
            shelf().lookup("note__iexact", "X"),
            shelf().filter(|b| b.note.iexact("X")),
        ),
    ];
    for (named, typed) in pairs {
        let typed = read!(s, typed, list / alist())?;
        let sql = typed.statements().to_vec();
        let rows = typed.value()?;
        let named = read!(s, named, list / alist())?;
        same("the statement", named.statements().to_vec(), sql)?;
        named.gives(rows)?;
    }
    Ok(())
}

/// Values become the column's type as Django's fields make them.
fn coercion(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    let cases: Vec<(Q<Book>, &[i64])> = vec![
        (Q::lookup("pages", "100"), &[1, 4, 6]),
        (Q::lookup("pages", 100.0), &[1, 4, 6]),
        (Q::lookup("pages", 100.9), &[1, 4, 6]),
        (Q::lookup("pages__gt", 99.9), &[1, 2, 4, 5, 6]),
        (Q::lookup("pages__gte", 99.5), &[1, 2, 4, 5, 6]),
        (Q::lookup("pages__lt", 100.5), &[1, 3, 4, 6, 7]),
        (Q::lookup("pages__lte", 50.7), &[3, 7]),
        (Q::lookup("pages", true), &[7]),
        (Q::lookup("price", 12), &[4]),
        (Q::lookup("price", "5.25"), &[3]),
        (Q::lookup("in_print", 0), &[2, 5, 7]),
        (Q::lookup("in_print", "True"), &[1, 3, 4, 6]),
        (Q::lookup("in_print", "f"), &[2, 5, 7]),
        (Q::lookup("pk", "2"), &[2]),
        (Q::lookup("rating", None::<i32>), &[2, 6]),
    ];
    for (condition, expected) in cases {
        read!(s, shelf().filter_by(condition), list / alist() => ids)?.gives(expected.to_vec())?;
    }
    Ok(())
}

/// The error lists what there is.
fn unknown_name(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    let queries = [
        books().lookup("colour", 1),
        books().lookup("colour__gt", 1),
        books().exclude_lookup("colour", 1),
        books().filter_by(Q::lookup("id", 1) & Q::lookup("colour", 1)),
        books().filter_by(Q::none() & Q::lookup("colour", 1)),
    ];
    for query in queries {
        read!(s, query, list / alist())?
            .refused(ErrorKind::Field)?
            .says(&[
                "colour",
                "id, in_print, note, pages, price, rating, slug, title",
            ])?;
    }
    Ok(())
}

fn unknown_lookup(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    for path in ["pages__like", "title__", "id__exact__gt"] {
        read!(s, books().lookup(path, 1), list / alist())?.refused(ErrorKind::Field)?;
    }
    Ok(())
}

fn wrong_value(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    let cases = [
        (books().lookup("pages", "many"), ErrorKind::Value),
        (books().lookup("pages__in", 5), ErrorKind::Type),
        (
            books().lookup("pages__range", Operand::list([1])),
            ErrorKind::Index,
        ),
        (books().lookup("pages__gt", None::<i32>), ErrorKind::Value),
        (books().lookup("note__isnull", 1), ErrorKind::Value),
        (books().lookup("in_print", "yes"), ErrorKind::Validation),
        (books().lookup("in_print", 2), ErrorKind::Validation),
        (books().lookup("price", "cheap"), ErrorKind::Value),
    ];
    for (query, kind) in cases {
        read!(s, query, list / alist())?.refused(kind)?;
    }
    Ok(())
}

/// A model says `shelf_mark`, its column is named otherwise.
fn renamed_column(stage: &Stage) -> Verdict {
    #[derive(Model, Clone, Debug, PartialEq)]
    #[model(table = "item")]
    struct Item {
        #[model(primary_key, column = "Item No")]
        id: i64,
        #[model(column = "SHELF")]
        shelf_mark: String,
    }
    let s = stage.open()?;
    s.prepare("creating items", s.db().create_table::<Item>())?;
    let items = [
        Item {
            id: 1,
            shelf_mark: "b".into(),
        },
        Item {
            id: 2,
            shelf_mark: "a".into(),
        },
    ];
    s.prepare("adding items", s.db().bulk_create(&items))?;
    let query = Item::objects()
        .lookup("shelf_mark__in", ["a", "b"])
        .order_by_names(["shelf_mark"]);
    read!(s, query, list / alist())?.gives(vec![items[1].clone(), items[0].clone()])?;
    read!(s, Item::objects().lookup("SHELF", "a"), list / alist())?.refused(ErrorKind::Field)?;
    read!(s, Item::objects().filter(|i| i.id.eq(1)), get / aget())?.gives(items[0].clone())
}

/// Names that mean something in SQL, or hold quotes.
fn quoted_names(stage: &Stage) -> Verdict {
    let s = stage.open()?;
    let meta: Arc<ModelMeta> = ModelMeta::builder("Order")
        .table("select")
        .column(
            ColumnMeta::new("id", ColumnType::I64)
                .column_name("group")
                .primary_key(),
        )
        .column(ColumnMeta::new("order", ColumnType::I64))
        .column(ColumnMeta::new("odd", ColumnType::I64).column_name("it's \"odd\" `so`; --"))
        .column(ColumnMeta::new("wide", ColumnType::I64).column_name("naïve 列"))
        .build()?;
    s.prepare("creating the table", s.db().create_table_for(&meta))?;
    let row = |id, n| {
        vec![
            Value::I64(id),
            Value::I64(n),
            Value::I64(10 * n),
            Value::I64(100 * n),
        ]
    };
    s.prepare(
        "adding rows",
        s.db().insert(&meta, vec![row(1, 5), row(2, 4)]).map(drop),
    )?;
    let all: QuerySet<Record> = QuerySet::dynamic(&meta);
    let rows = read!(s, all.clone().order_by_names(["order"]), list / alist())?.value()?;
    same("the first row", rows[0].values(), row(2, 4).as_slice())?;
    let odd = all.clone().lookup("odd__gt", 40).lookup("wide", 500);
    read!(s, odd, count / acount())?.gives(1)?;
    read!(s, all.order_by_names(["odd"]).limit(1), exists / aexists())?.gives(true)
}
