//! Tables of random columns with random rows.

use std::sync::Arc;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use queryset::{ColumnMeta, ColumnType, ModelMeta, OrderTerm, Value};

use super::values::{DIGITS, TYPES, values};

/// A model and the rows of its table. The first column is the key, from 1 on.
#[derive(Clone, Debug)]
pub(super) struct Table {
    pub(super) meta: Arc<ModelMeta>,
    pub(super) rows: Vec<Vec<Value>>,
}

/// Tables of this name: some columns of any type, some of them nullable, and rows.
pub(super) fn tables(name: String) -> impl Strategy<Value = Table> {
    let columns = vec((select(&TYPES[..]), any::<bool>()), 3..=7);
    let ordering = option::of((any::<Index>(), any::<bool>()));
    (columns, ordering).prop_flat_map(move |(columns, ordering)| {
        let meta = model(&name, &columns, ordering);
        rows(&columns).prop_map(move |rows| Table {
            meta: Arc::clone(&meta),
            rows,
        })
    })
}

/// The rows of these columns, with numbers in front.
pub(super) fn rows(
    columns: &[(ColumnType, bool)],
) -> impl Strategy<Value = Vec<Vec<Value>>> + use<> {
    let cells: Vec<_> = columns
        .iter()
        .map(|&(ty, nullable)| cells(ty, nullable))
        .collect();
    vec(cells, 10..=30).prop_map(|rows| {
        let numbered = (1..).zip(rows).map(|(number, cells)| {
            let mut row = vec![Value::I64(number)];
            row.extend(cells);
            row
        });
        numbered.collect()
    })
}

fn cells(ty: ColumnType, nullable: bool) -> BoxedStrategy<Value> {
    let values = select(values(ty));
    match nullable {
        true => prop_oneof![3 => values, 1 => Just(Value::Null)].boxed(),
        false => values.boxed(),
    }
}

fn model(
    name: &str,
    columns: &[(ColumnType, bool)],
    ordering: Option<(Index, bool)>,
) -> Arc<ModelMeta> {
    let mut model = ModelMeta::builder(name)
        .table(name)
        .column(ColumnMeta::new("id", ColumnType::I64).primary_key());
    for (place, &(ty, nullable)) in columns.iter().enumerate() {
        let column = ColumnMeta::new(format!("{}_{place}", ty.name()), ty).nullable(nullable);
        model = model.column(match ty {
            ColumnType::Decimal => column.digits(DIGITS.0, DIGITS.1),
            _ => column,
        });
    }
    if let Some((index, descending)) = ordering {
        let place = index.index(columns.len());
        let sign = if descending { "-" } else { "" };
        let term = format!("{sign}{}_{place}", columns[place].0.name());
        model = model.ordering([OrderTerm::from(term), OrderTerm::from("-id")]);
    }
    model.build().expect("names that differ, and a key")
}
