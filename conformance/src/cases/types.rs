//! Values there and back, and what happens to those that do not fit.

use std::time::Duration;

use queryset::{ErrorKind, Field, Model, Value};

use crate::failure::{Verdict, ensure, same};
use crate::stage::{Stage, call, read};
use crate::{Capability, Case, Method};

pub(super) const CASES: &[Case] = &[
    Case::new("types.integers", Method::List, integers),
    Case::new("types.integers.filtered", Method::List, integers_filtered),
    Case::new("types.unsigned", Method::List, unsigned).needing(&[Capability::Unsigned64]),
    Case::new("types.floats", Method::List, floats),
    Case::new("types.floats.infinite", Method::List, infinite).needing(&[Capability::Infinity]),
    Case::new("types.bool", Method::List, bools),
    Case::new("types.text", Method::List, texts),
    Case::new("types.text.nul", Method::List, nul).needing(&[Capability::NulInText]),
    Case::new("types.bytes", Method::List, bytes),
    Case::new("types.large", Method::List, large),
    Case::new("types.duration", Method::List, durations),
    Case::new("types.own", Method::List, own),
    Case::new("types.misfit.range", Method::List, misfit_range),
    Case::new("types.misfit.null", Method::List, misfit_null),
    Case::new("types.misfit.kind", Method::List, misfit_kind).needing(&[Capability::LooseColumns]),
];

#[derive(Model, Clone, Debug, PartialEq)]
#[model(table = "integers")]
struct Integers {
    #[model(primary_key)]
    id: i64,
    tiny: i8,
    small: i16,
    medium: i32,
    large: i64,
    utiny: u8,
    usmall: u16,
    umedium: u32,
    maybe: Option<i64>,
}

fn ends() -> Vec<Integers> {
    let row = |id| Integers {
        id,
        tiny: 0,
        small: 0,
        medium: 0,
        large: 0,
        utiny: 0,
        usmall: 0,
        umedium: 0,
        maybe: None,
    };
    vec![
        Integers {
            tiny: i8::MIN,
            small: i16::MIN,
            medium: i32::MIN,
            large: i64::MIN,
            maybe: Some(i64::MIN),
            ..row(1)
        },
        Integers {
            tiny: i8::MAX,
            small: i16::MAX,
            medium: i32::MAX,
            large: i64::MAX,
            utiny: u8::MAX,
            usmall: u16::MAX,
            umedium: u32::MAX,
            maybe: Some(i64::MAX),
            ..row(2)
        },
        // One that no floating-point number of 64 bits equals.
        Integers {
            large: (1 << 53) + 1,
            maybe: Some(-(1 << 53) - 1),
            ..row(3)
        },
        Integers {
            tiny: -1,
            small: -1,
            medium: -1,
            large: -1,
            maybe: Some(0),
            ..row(4)
        },
        row(5),
    ]
}

fn integers(stage: &Stage) -> Verdict {
    let s = stage.open()?;
    s.prepare("creating integers", s.db().create_table::<Integers>())?;
    s.prepare("adding integers", s.db().bulk_create(&ends()))?;
    read!(
        s,
        Integers::objects().order_by(|i| i.id.asc()),
        list / alist()
    )?
    .gives(ends())
}

/// The ends are found by comparing with them, too.
fn integers_filtered(stage: &Stage) -> Verdict {
    let s = stage.open()?;
    s.prepare("creating integers", s.db().create_table::<Integers>())?;
    s.prepare("adding integers", s.db().bulk_create(&ends()))?;
    let found = |rows: Vec<Integers>| rows.iter().map(|row| row.id).collect::<Vec<_>>();
    let all = || Integers::objects().order_by(|i| i.id.asc());
    let cases = [
        (all().filter(|i| i.large.eq(i64::MAX)), vec![2]),
        (all().filter(|i| i.large.eq(i64::MIN)), vec![1]),
        (all().filter(|i| i.large.eq((1 << 53) + 1)), vec![3]),
        (all().filter(|i| i.large.eq(1 << 53)), vec![]),
        (all().filter(|i| i.large.gt(1 << 53)), vec![2, 3]),
        (
            all().filter(|i| i.large.is_in([i64::MIN, i64::MAX])),
            vec![1, 2],
        ),
        (all().filter(|i| i.large.range(i64::MIN, -1)), vec![1, 4]),
        (
            all().filter(|i| i.tiny.eq(i8::MIN) & i.umedium.lt(u32::MAX)),
            vec![1],
        ),
        (all().filter(|i| i.maybe.gte(i64::MAX)), vec![2]),
    ];
    for (query, expected) in cases {
        read!(s, query, list / alist() => found)?.gives(expected)?;
    }
    Ok(())
}

#[derive(Model, Clone, Debug, PartialEq)]
#[model(table = "unsigned_number")]
struct Unsigned {
    #[model(primary_key)]
    id: i64,
    value: u64,
}

fn unsigned(stage: &Stage) -> Verdict {
    let s = stage.open()?;
    s.prepare("creating the table", s.db().create_table::<Unsigned>())?;
    let row = |id, value| Unsigned { id, value };
    let rows = [
        row(1, 0),
        row(2, i64::MAX as u64),
        row(3, i64::MAX as u64 + 1),
        row(4, u64::MAX),
    ];
    let added = rows.clone();
    call!(s, bulk_create / abulk_create(&added))?.gives(4)?;
    let all = Unsigned::objects().order_by(|u| u.value.asc());
    read!(s, all, list / alist())?.gives(rows.to_vec())
}

#[derive(Model, Clone, Debug, PartialEq)]
#[model(table = "floats")]
struct Floats {
    #[model(primary_key)]
    id: i64,
    double: f64,
    single: f32,
}

fn floats(stage: &Stage) -> Verdict {
    let s = stage.open()?;
    s.prepare("creating floats", s.db().create_table::<Floats>())?;
    let pairs = [
        (0.0, 0.0),
        (0.1, 0.1),
        (-1.5, -1.5),
        (1.0 / 3.0, 1.0 / 3.0),
        (f64::MAX, f32::MAX),
        (f64::MIN, f32::MIN),
        (f64::MIN_POSITIVE, f32::MIN_POSITIVE),
        (9_007_199_254_740_993.0, 16_777_216.0),
        (1e300, 1e30),
        (5.0, 7.0),
    ];
    let rows: Vec<Floats> = (1..)
        .zip(pairs)
        .map(|(id, (double, single))| Floats { id, double, single })
        .collect();
    s.prepare("adding floats", s.db().bulk_create(&rows))?;
    read!(
        s,
        Floats::objects().order_by(|f| f.id.asc()),
        list / alist()
    )?
    .gives(rows.clone())?;
    // To the last bit: a number that went through text of 15 digits is not found again.
    let bits = |rows: Vec<Floats>| rows.iter().map(|f| f.double.to_bits()).collect::<Vec<_>>();
    let third = Floats::objects().filter(|f| f.double.eq(1.0 / 3.0));
    read!(s, third, list / alist() => bits)?.gives(vec![(1.0f64 / 3.0).to_bits()])
}

fn infinite(stage: &Stage) -> Verdict {
    let s = stage.open()?;
    s.prepare("creating floats", s.db().create_table::<Floats>())?;
    let row = |id, double: f64| Floats {
        id,
        double,
        single: double as f32,
    };
    let rows = vec![row(1, f64::INFINITY), row(2, f64::NEG_INFINITY)];
    s.prepare("adding floats", s.db().bulk_create(&rows))?;
    read!(
        s,
        Floats::objects().order_by(|f| f.id.asc()),
        list / alist()
    )?
    .gives(rows)
}

#[derive(Model, Clone, Debug, PartialEq)]
#[model(table = "flags")]
struct Flag {
    #[model(primary_key)]
    id: i64,
    on: bool,
    maybe: Option<bool>,
}

fn bools(stage: &Stage) -> Verdict {
    let s = stage.open()?;
    s.prepare("creating flags", s.db().create_table::<Flag>())?;
    let row = |id, on, maybe| Flag { id, on, maybe };
    let rows = vec![
        row(1, true, Some(false)),
        row(2, false, Some(true)),
        row(3, true, None),
    ];
    s.prepare("adding flags", s.db().bulk_create(&rows))?;
    read!(s, Flag::objects().order_by(|f| f.id.asc()), list / alist())?.gives(rows.clone())?;
    let off = Flag::objects().filter(|f| f.maybe.eq(false));
    read!(s, off, list / alist())?.gives(vec![rows[0].clone()])?;
    let not_on = Flag::objects()
        .exclude(|f| f.maybe.eq(true))
        .order_by(|f| f.id.asc());
    read!(s, not_on, list / alist())?.gives(vec![rows[0].clone(), rows[2].clone()])
}

#[derive(Model, Clone, Debug, PartialEq)]
#[model(table = "texts")]
struct Text {
    #[model(primary_key)]
    id: i64,
    text: String,
}

fn texts_there_and_back(stage: &Stage, texts: &[String]) -> Verdict {
    let s = stage.open()?;
    s.prepare("creating texts", s.db().create_table::<Text>())?;
    let rows: Vec<Text> = (1..)
        .zip(texts)
        .map(|(id, text)| Text {
            id,
            text: text.clone(),
        })
        .collect();
    s.prepare("adding texts", s.db().bulk_create(&rows))?;
    read!(s, Text::objects().order_by(|t| t.id.asc()), list / alist())?.gives(rows.clone())?;
    for row in rows.iter().filter(|row| row.text.len() < 1000) {
        let same = Text::objects().filter(|t| t.text.eq(&row.text) & t.id.eq(row.id));
        read!(s, same, get / aget())?.gives(row.clone())?;
    }
    Ok(())
}

fn texts(stage: &Stage) -> Verdict {
    let texts = [
        "",
        " ",
        "  both ends  ",
        "Case And CASE",
        "tab\tnew\nline\r\n",
        "it's \"quoted\" `so` \\ and % _ ? $1 :name @p",
        "É e\u{301} ß Σσς İı Ǆ",
        "日本語 العربية 🎉 👩‍👩‍👧 \u{200b}",
        "\u{feff}\u{fffd}\u{10ffff}",
        "NULL",
        "123",
        "1e5",
        "true",
        "2020-02-29",
    ];
    texts_there_and_back(stage, &texts.map(str::to_owned))
}

fn nul(stage: &Stage) -> Verdict {
    texts_there_and_back(stage, &["a\0b".to_owned(), "\0".to_owned()])
}

#[derive(Model, Clone, Debug, PartialEq)]
#[model(table = "blobs")]
struct Blob {
    #[model(primary_key)]
    id: i64,
    bytes: Vec<u8>,
    maybe: Option<Vec<u8>>,
}

fn bytes(stage: &Stage) -> Verdict {
    let s = stage.open()?;
    s.prepare("creating blobs", s.db().create_table::<Blob>())?;
    let all: Vec<u8> = (0..=255).collect();
    let row = |id, bytes: &[u8], maybe: Option<&[u8]>| Blob {
        id,
        bytes: bytes.to_vec(),
        maybe: maybe.map(<[u8]>::to_vec),
    };
    let rows = vec![
        row(1, &[], None),
        row(2, &[0], Some(&[])),
        row(3, &all, Some(&all)),
        row(4, b"text", Some(&[0xff, 0xfe])),
    ];
    s.prepare("adding blobs", s.db().bulk_create(&rows))?;
    read!(s, Blob::objects().order_by(|b| b.id.asc()), list / alist())?.gives(rows.clone())?;
    let third = Blob::objects().filter(|b| b.bytes.eq(all.as_slice()));
    read!(s, third, get / aget())?.gives(rows[2].clone())
}

fn large(stage: &Stage) -> Verdict {
    let s = stage.open()?;
    s.prepare("creating texts", s.db().create_table::<Text>())?;
    let text: String = (0..1 << 20)
        .map(|n| char::from(b'a' + (n % 26) as u8))
        .collect();
    let row = Text {
        id: 1,
        text: text.clone(),
    };
    s.prepare("adding a large text", s.db().create(&row))?;
    let answer = read!(s, Text::objects(), get / aget() => |row| row.text)?;
    ensure(answer.value()? == text, "a text of a mebibyte, as it was")
}

#[derive(Model, Clone, Debug, PartialEq)]
#[model(table = "spans")]
pub(super) struct Span {
    #[model(primary_key)]
    pub(super) id: i64,
    pub(super) length: Duration,
    pub(super) maybe: Option<Duration>,
}

fn durations(stage: &Stage) -> Verdict {
    let s = stage.open()?;
    s.prepare("creating spans", s.db().create_table::<Span>())?;
    let row = |id, micros, maybe: Option<u64>| Span {
        id,
        length: Duration::from_micros(micros),
        maybe: maybe.map(Duration::from_micros),
    };
    let rows = vec![
        row(1, 0, None),
        row(2, 1, Some(0)),
        row(3, 86_400_000_001, Some(999_999)),
    ];
    s.prepare("adding spans", s.db().bulk_create(&rows))?;
    read!(s, Span::objects().order_by(|s| s.id.asc()), list / alist())?.gives(rows.clone())?;
    let long = Span::objects().filter(|s| s.length.gt(Duration::from_secs(86_400)));
    read!(s, long, get / aget())?.gives(rows[2].clone())
}

#[derive(Field, Clone, Copy, Debug, PartialEq)]
enum Colour {
    Red,
    #[field(rename = "deep blue")]
    Blue,
}

#[derive(Field, Clone, Copy, Debug, PartialEq)]
struct Metres(i32);

#[derive(Model, Clone, Debug, PartialEq)]
#[model(table = "rope")]
struct Rope {
    #[model(primary_key)]
    id: i64,
    colour: Colour,
    length: Metres,
    spare: Option<Metres>,
}

/// Enums and newtypes of one's own.
fn own(stage: &Stage) -> Verdict {
    let s = stage.open()?;
    s.prepare("creating ropes", s.db().create_table::<Rope>())?;
    let rows = vec![
        Rope {
            id: 1,
            colour: Colour::Red,
            length: Metres(5),
            spare: None,
        },
        Rope {
            id: 2,
            colour: Colour::Blue,
            length: Metres(-1),
            spare: Some(Metres(0)),
        },
    ];
    s.prepare("adding ropes", s.db().bulk_create(&rows))?;
    let blue = Rope::objects().filter(|r| r.colour.eq(Colour::Blue) & r.length.lt(Metres(0)));
    read!(s, blue, get / aget())?.gives(rows[1].clone())?;
    read!(s, Rope::objects().order_by(|r| r.id.asc()), list / alist())?.gives(rows)?;
    let sql = "UPDATE rope SET colour = 'green' WHERE id = 1";
    s.prepare("an unknown colour", s.db().execute(sql, vec![]))?;
    read!(s, Rope::objects().filter(|r| r.id.eq(1)), get / aget())?
        .fails(ErrorKind::Decode)?
        .about_column("rope", "colour")?;
    Ok(())
}

#[derive(Model, Clone, Debug, PartialEq)]
#[model(table = "integers")]
struct Narrow {
    #[model(primary_key)]
    id: i64,
    #[model(column = "large")]
    value: u8,
}

/// A number that the attribute cannot hold is refused, not cut.
fn misfit_range(stage: &Stage) -> Verdict {
    let s = stage.open()?;
    s.prepare("creating integers", s.db().create_table::<Integers>())?;
    s.prepare("adding integers", s.db().bulk_create(&ends()))?;
    for id in [1, 2, 3, 4] {
        read!(s, Narrow::objects().filter(|n| n.id.eq(id)), get / aget())?
            .fails(ErrorKind::Decode)?
            .about_column("integers", "value")?
            .says(&["integers", "value", "u8", "integer", "range"])?;
    }
    read!(s, Narrow::objects().filter(|n| n.id.eq(5)), get / aget())?
        .gives(Narrow { id: 5, value: 0 })
}

#[derive(Model, Clone, Debug, PartialEq)]
#[model(table = "integers")]
struct Certain {
    #[model(primary_key)]
    id: i64,
    maybe: i64,
}

fn misfit_null(stage: &Stage) -> Verdict {
    let s = stage.open()?;
    s.prepare("creating integers", s.db().create_table::<Integers>())?;
    s.prepare("adding integers", s.db().bulk_create(&ends()))?;
    read!(
        s,
        Certain::objects().order_by(|c| c.id.asc()),
        list / alist()
    )?
    .fails(ErrorKind::Decode)?
    .about_column("integers", "maybe")?
    .says(&["integers", "maybe", "null", "i64"])?;
    let id = |row: Option<Certain>| row.map(|row| row.id);
    let some = Certain::objects().filter(|c| c.id.eq(4));
    read!(s, some, first / afirst() => id)?.gives(Some(4))
}

/// Text in a column of integers: an error that tells where, and what was there.
fn misfit_kind(stage: &Stage) -> Verdict {
    let s = stage.library()?;
    let changed = s
        .db()
        .execute("UPDATE book SET pages = 'many' WHERE id = 3", vec![]);
    s.prepare("putting text into a column of integers", changed)?;
    read!(
        s,
        crate::models::books().filter(|b| b.id.eq(3)),
        get / aget()
    )?
    .fails(ErrorKind::Decode)?
    .about_column("book", "pages")?
    .says(&["book", "pages", "text", "i32"])?;
    read!(s, crate::models::shelf(), list / alist())?.fails(ErrorKind::Decode)?;
    // As a record it comes as what it is.
    let all = queryset::QuerySet::dynamic(crate::models::Book::meta()).lookup("id", 3);
    let row = read!(s, all, get / aget())?.value()?;
    same(
        "the value",
        row.value("pages"),
        Some(&Value::Text("many".into())),
    )
}
