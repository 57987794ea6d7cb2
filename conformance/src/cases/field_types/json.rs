//! Documents: the values of serde_json, and types of one's own as `Json`.

use std::collections::BTreeMap;

use queryset::{ErrorKind, Json, Model};
use serde_json::{Value, json};

use super::column;
use crate::failure::Verdict;
use crate::stage::{Stage, call, read};

#[derive(Model, Clone, Debug, PartialEq)]
#[model(table = "document")]
struct Document {
    #[model(primary_key)]
    id: i64,
    body: Value,
    maybe: Option<Value>,
}

fn bodies() -> Vec<Value> {
    vec![
        json!(null),
        json!({}),
        json!([]),
        json!(""),
        json!("null"),
        json!("1"),
        json!(1),
        json!(true),
        json!("true"),
        json!(-0.5),
        json!(0.1),
        json!(1e300),
        json!(i64::MIN),
        json!(u64::MAX),
        json!("2020-02-29"),
        json!("👩‍👩‍👧 日本語 e\u{301} \u{feff}\u{10ffff}"),
        json!("\"quoted\" \\ / \t\r\n\u{1} ' % _ ? $1"),
        json!([null]),
        json!([[], [[]], {"": {"": ""}}]),
        json!({"a": [1, 2.5, null, false], "b": {"é 🎉": "ü"}}),
        json!({"key": "x".repeat(100_000)}),
    ]
}

/// Which of the documents are left out of the nullable column.
const NULLS: [i64; 2] = [2, 7];

fn rows() -> Vec<Document> {
    let rows = (1..).zip(bodies()).map(|(id, body)| Document {
        id,
        maybe: (!NULLS.contains(&id)).then(|| body.clone()),
        body,
    });
    rows.collect()
}

/// Documents are equal as values, so that a text is not the number or the null that it spells.
pub(super) fn documents(stage: &Stage) -> Verdict {
    let rows = rows();
    let s = column::there_and_back(stage, &rows)?;
    let values: Vec<(i64, Value)> = rows.iter().map(|d| (d.id, d.body.clone())).collect();
    column::equals::<Document, _, _>(&s, |d| d.body, &values)?;
    let values: Vec<(i64, Value)> = rows
        .iter()
        .filter_map(|d| Some((d.id, d.maybe.clone()?)))
        .collect();
    column::equals::<Document, _, _>(&s, |d| d.maybe, &values)
}

/// The document `null` is a value; NULL is none.
pub(super) fn null(stage: &Stage) -> Verdict {
    let row = |id, body, maybe| Document { id, body, maybe };
    let rows = [
        row(1, json!(null), None),
        row(2, json!(null), Some(json!(null))),
        row(3, json!("null"), Some(json!("null"))),
        row(4, json!({"a": null}), Some(json!({}))),
    ];
    let s = column::there_and_back(stage, &rows)?;
    let all = Document::objects;
    column::finds(&s, all().filter(|d| d.maybe.isnull(true)), &[1])?;
    column::finds(&s, all().filter(|d| d.maybe.isnull(false)), &[2, 3, 4])?;
    column::finds(&s, all().filter(|d| d.maybe.eq(None::<Value>)), &[1])?;
    column::finds(&s, all().filter(|d| d.maybe.eq(json!(null))), &[2])?;
    column::finds(&s, all().exclude(|d| d.maybe.eq(json!(null))), &[1, 3, 4])?;
    column::finds(&s, all().filter(|d| d.body.isnull(true)), &[])?;
    column::finds(&s, all().filter(|d| d.body.eq(json!(null))), &[1, 2])?;
    let either = all().filter(|d| d.maybe.is_in([json!(null), json!({})]));
    column::finds(&s, either, &[2, 4])?;
    read!(
        s,
        all(),
        aggregate / aaggregate(|d| (d.body.count(), d.maybe.count()))
    )?
    .gives((4, 3))
}

/// Sizes of things in many languages.
type Sizes = BTreeMap<String, Vec<Option<i32>>>;

#[derive(Model, Clone, Debug, PartialEq)]
#[model(table = "document")]
struct Typed {
    #[model(primary_key)]
    id: i64,
    body: Json<Sizes>,
    maybe: Option<Json<Option<String>>>,
}

pub(super) fn typed(stage: &Stage) -> Verdict {
    let sizes = |name: &str, sizes: &[Option<i32>]| -> Verdict<Json<Sizes>> {
        let sizes = [(name.to_owned(), sizes.to_vec())];
        Ok(Json::new(sizes.into_iter().collect())?)
    };
    let rows = [
        Typed {
            id: 1,
            body: sizes("帽子 🎩", &[Some(i32::MIN), None, Some(0)])?,
            maybe: None,
        },
        Typed {
            id: 2,
            body: sizes("", &[])?,
            maybe: Some(Json::new(None)?),
        },
        Typed {
            id: 3,
            body: Json::new(Sizes::new())?,
            maybe: Some(Json::new(Some(String::new()))?),
        },
    ];
    let s = column::there_and_back(stage, &rows)?;
    let values: Vec<_> = rows.iter().map(|t| (t.id, t.body.clone())).collect();
    column::equals::<Typed, _, _>(&s, |t| t.body, &values)?;
    column::finds(&s, Typed::objects().filter(|t| t.maybe.isnull(true)), &[1])?;
    let none = Json::new(None)?;
    column::finds(&s, Typed::objects().filter(|t| t.maybe.eq(none)), &[2])
}

/// A document of another shape is an error that tells where.
pub(super) fn misfit(stage: &Stage) -> Verdict {
    let s = stage.open()?;
    s.prepare("creating documents", s.db().create_table::<Document>())?;
    let row = |id, body| Document {
        id,
        body,
        maybe: None,
    };
    let rows = [
        row(1, json!([1])),
        row(2, json!(null)),
        row(3, json!({"a": ["b"]})),
        row(4, json!({"a": [2_147_483_648_i64]})),
        row(5, json!({"a": [1]})),
    ];
    call!(s, bulk_create / abulk_create(&rows))?.gives(5)?;
    for id in [1, 2, 3, 4] {
        read!(s, Typed::objects().filter(|t| t.id.eq(id)), get / aget())?
            .fails(ErrorKind::Decode)?
            .about_column("document", "body")?
            .says(&["document", "body", "json"])?;
    }
    let fits = Typed::objects().filter(|t| t.id.eq(5));
    let sizes = |row: Typed| row.body.into_inner();
    let expected = Sizes::from([("a".to_owned(), vec![Some(1)])]);
    read!(s, fits, get / aget() => sizes)?.gives(expected)
}

/// The character U+0000 inside a document.
pub(super) fn nul(stage: &Stage) -> Verdict {
    let row = |id, body: Value| Document {
        id,
        maybe: Some(body.clone()),
        body,
    };
    let rows = [
        row(1, json!("a\0b")),
        row(2, json!({"\0": ["\0"]})),
        row(3, json!("a")),
    ];
    let s = column::there_and_back(stage, &rows)?;
    let values: Vec<_> = rows.iter().map(|d| (d.id, d.body.clone())).collect();
    column::equals::<Document, _, _>(&s, |d| d.body, &values)
}
