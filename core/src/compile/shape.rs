//! The shape of a query as bytes, and its values beside it.
//!
//! Two queries with the same bytes have the same text, whatever their values: everything that
//! the renderer looks at must be written here. What is a value goes into `params`, in the same
//! order in which the renderer asks for it.

use smallvec::SmallVec;

use super::{Conditions, Select, What};
use crate::condition::{ColumnRef, Compare, Condition, Right};
use crate::dialect::{Dialect, Family};
use crate::lookup::Lookup;
use crate::order::{Nulls, Term};
use crate::query::Window;
use crate::value::Value;

/// The number of listed values from which they are bound as one array, so that the text is one
/// for all longer lists.
const ARRAY_FROM: usize = 5;

pub(super) struct Shape<'d> {
    pub(super) key: SmallVec<[u8; 256]>,
    pub(super) params: Vec<Value>,
    dialect: &'d Dialect,
}

impl<'d> Shape<'d> {
    pub(super) fn new(dialect: &'d Dialect) -> Self {
        Self {
            key: SmallVec::new(),
            params: Vec::new(),
            dialect,
        }
    }

    pub(super) fn select(&mut self, select: &Select<'_>, conditions: &Conditions<'_>) {
        self.number(select.query.meta.id());
        match select.what {
            What::Rows => self.key.push(0),
            What::Count => self.key.push(1),
            What::Exists => self.key.push(2),
            What::Aggregates(calls) => {
                self.key.push(3);
                for call in calls {
                    self.key.push(1 + call.function as u8);
                    self.key.push(call.distinct.into());
                    match call.column {
                        None => self.key.push(0),
                        Some(column) => self.column(column),
                    }
                }
                self.key.push(0);
            }
        }
        self.key
            .push(u8::from(select.query.distinct) | u8::from(select.query.window.is_sliced()) << 1);
        for condition in conditions.iter() {
            self.key.push(1);
            self.condition(condition);
        }
        self.key.push(0);
        let (terms, reversed) = select.terms();
        self.key.push(reversed.into());
        match terms {
            None => self.key.push(255),
            Some(terms) => {
                for term in terms {
                    self.term(term);
                }
                self.key.push(0);
            }
        }
        self.window(select.window);
    }

    fn condition(&mut self, condition: &Condition) {
        match condition {
            Condition::Always | Condition::Named(..) | Condition::Invalid(_) => self.key.push(1),
            Condition::Never => self.key.push(2),
            Condition::Compare(compare) => {
                self.key.push(3);
                self.compare(compare);
            }
            Condition::And(parts) => self.parts(4, parts),
            Condition::Or(parts) => self.parts(5, parts),
            Condition::Xor(parts) => self.parts(6, parts),
            Condition::Not(inner) => {
                self.key.push(7);
                self.condition(inner);
            }
        }
    }

    fn parts(&mut self, tag: u8, parts: &[Condition]) {
        self.key.push(tag);
        for part in parts {
            self.condition(part);
        }
        self.key.push(0);
    }

    fn compare(&mut self, compare: &Compare) {
        self.key.push(compare.lookup as u8);
        self.column(compare.column);
        match &compare.right {
            Right::One(Value::Bool(yes)) if compare.lookup == Lookup::IsNull => {
                self.key.push((*yes).into());
            }
            Right::One(value) => self.params.push(bound(compare.lookup, value, self.dialect)),
            Right::Many(values) | Right::ManyOrNull(values) => {
                self.key
                    .push(matches!(compare.right, Right::ManyOrNull(_)).into());
                if as_array(compare.lookup, values, self.dialect) {
                    self.key.push(1);
                    self.params.push(Value::Array(values.as_slice().into()));
                } else {
                    self.key.push(0);
                    self.number(values.len() as u64);
                    self.params.extend_from_slice(values);
                }
            }
        }
    }

    fn term(&mut self, term: &Term) {
        match term {
            Term::Random => self.key.push(1),
            Term::Column {
                column,
                descending,
                nulls,
            } => {
                self.key.push(2);
                self.column(*column);
                let nulls = match nulls {
                    None => 0,
                    Some(Nulls::First) => 1,
                    Some(Nulls::Last) => 2,
                };
                self.key.push(u8::from(*descending) | nulls << 1);
            }
        }
    }

    fn column(&mut self, column: ColumnRef) {
        let hops = column.path.hops();
        // At most fifteen hops, so that the length never looks like the end of a list.
        self.key.push(1 + hops.len() as u8);
        self.key.extend_from_slice(hops);
        self.key.extend_from_slice(&column.index.to_le_bytes());
    }

    fn window(&mut self, window: Window) {
        self.key
            .push(u8::from(window.low > 0) | u8::from(window.high.is_some()) << 1);
        for end in [window.limit(), Some(window.low).filter(|&low| low > 0)]
            .into_iter()
            .flatten()
        {
            if self.dialect.literal_limit {
                self.number(end);
            } else {
                // No table has more rows than an i64 counts.
                self.params
                    .push(Value::I64(i64::try_from(end).unwrap_or(i64::MAX)));
            }
        }
    }

    fn number(&mut self, number: u64) {
        self.key.extend_from_slice(&number.to_le_bytes());
    }
}

/// Whether a list is bound as one array.
pub(super) fn as_array(lookup: Lookup, values: &[Value], dialect: &Dialect) -> bool {
    lookup == Lookup::In
        && dialect.array_params
        && values.len() >= ARRAY_FROM
        && (values.iter().all(|value| matches!(value, Value::I64(_)))
            // JSON is how SQLite takes an array, and its texts end at a NUL.
            || values.iter().all(|value| matches!(value, Value::Text(text) if !text.contains('\0'))))
}

/// Whether text lookups are `LIKE` there, and so take a pattern.
pub(super) fn by_pattern(dialect: &Dialect) -> bool {
    dialect.family != Family::Sqlite || !dialect.text_functions
}

/// The value as it is bound: a pattern where the database looks text up by pattern.
fn bound(lookup: Lookup, value: &Value, dialect: &Dialect) -> Value {
    let (before, after) = match lookup {
        Lookup::Contains | Lookup::IContains => ("%", "%"),
        Lookup::StartsWith | Lookup::IStartsWith => ("", "%"),
        Lookup::EndsWith | Lookup::IEndsWith => ("%", ""),
        // On SQLite equality without case is LIKE too.
        Lookup::IExact if dialect.family == Family::Sqlite => ("", ""),
        _ => return value.clone(),
    };
    match value {
        Value::Text(text) if by_pattern(dialect) => {
            let mut pattern = String::with_capacity(text.len() + 2);
            pattern.push_str(before);
            for letter in text.chars() {
                if matches!(letter, '%' | '_' | '\\') {
                    pattern.push('\\');
                }
                pattern.push(letter);
            }
            pattern.push_str(after);
            Value::Text(pattern.into())
        }
        other => other.clone(),
    }
}
