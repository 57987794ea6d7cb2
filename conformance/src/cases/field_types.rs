//! Columns of the types that other libraries bring: dates and times, decimal numbers, UUIDs and
//! documents.

mod bigdecimal;
mod chrono;
mod column;
mod decimals;
mod jiff;
mod json;
mod moments;
mod parts;
mod rust_decimal;
mod time;
mod uuid;

use crate::{Capability, Case, Method};

pub(super) const CASES: &[Case] = &[
    Case::new("types.chrono", Method::List, chrono::moments),
    Case::new("lookup.parts.chrono", Method::List, chrono::parts),
    Case::new("lookup.zones.chrono", Method::List, chrono::zones),
    Case::new("lookup.spans.chrono", Method::List, chrono::spans),
    Case::new("lookup.years.chrono", Method::List, chrono::years),
    Case::new("types.chrono.finer", Method::Get, chrono::finer),
    Case::new("types.chrono.ancient", Method::Create, chrono::ancient),
    Case::new("types.chrono.spans", Method::Create, chrono::long_spans),
    Case::new("types.time", Method::List, time::moments),
    Case::new("lookup.parts.time", Method::List, time::parts),
    Case::new("lookup.zones.time", Method::List, time::zones),
    Case::new("lookup.spans.time", Method::List, time::spans),
    Case::new("lookup.years.time", Method::List, time::years),
    Case::new("types.time.finer", Method::Get, time::finer),
    Case::new("types.time.ancient", Method::Create, time::ancient),
    Case::new("types.time.spans", Method::Create, time::long_spans),
    Case::new("types.jiff", Method::List, jiff::moments),
    Case::new("lookup.parts.jiff", Method::List, jiff::parts),
    Case::new("lookup.zones.jiff", Method::List, jiff::zones),
    Case::new("lookup.spans.jiff", Method::List, jiff::spans),
    Case::new("lookup.years.jiff", Method::List, jiff::years),
    Case::new("types.jiff.finer", Method::Get, jiff::finer),
    Case::new("types.jiff.ancient", Method::Create, jiff::ancient),
    Case::new("types.jiff.spans", Method::Create, jiff::long_spans),
    Case::new("types.rust_decimal", Method::List, rust_decimal::amounts),
    Case::new(
        "types.rust_decimal.sums",
        Method::Aggregate,
        rust_decimal::sums,
    ),
    Case::new(
        "types.rust_decimal.finer",
        Method::Create,
        rust_decimal::finer,
    ),
    Case::new("types.rust_decimal.wide", Method::List, rust_decimal::wide)
        .needing(&[Capability::WideDecimals]),
    Case::new(
        "types.rust_decimal.wide_or_refused",
        Method::Create,
        rust_decimal::wide_or_refused,
    ),
    Case::new("types.bigdecimal", Method::List, bigdecimal::amounts),
    Case::new("types.bigdecimal.sums", Method::Aggregate, bigdecimal::sums),
    Case::new("types.bigdecimal.finer", Method::Create, bigdecimal::finer),
    Case::new("types.bigdecimal.wide", Method::List, bigdecimal::wide)
        .needing(&[Capability::WideDecimals]),
    Case::new(
        "types.bigdecimal.wide_or_refused",
        Method::Create,
        bigdecimal::wide_or_refused,
    ),
    Case::new("types.bigdecimal.wider", Method::Create, bigdecimal::wider),
    Case::new("types.uuid", Method::List, uuid::tokens),
    Case::new("types.uuid.bounds", Method::Aggregate, uuid::bounds),
    Case::new("types.uuid.key", Method::InBulk, uuid::key),
    Case::new("types.json", Method::List, json::documents),
    Case::new("types.json.null", Method::List, json::null),
    Case::new("types.json.typed", Method::List, json::typed),
    Case::new("types.json.misfit", Method::Get, json::misfit),
    Case::new("types.json.nul", Method::List, json::nul).needing(&[Capability::NulInText]),
];
