//! The shape of a query as bytes, and its values beside it.
//!
//! Two queries with the same bytes have the same text, whatever their values: everything that
//! the renderer looks at must be written here. What is a value goes into `params`, in the same
//! order in which the renderer asks for it.

use super::key::Key;
use super::{Conditions, Select, What, fold};
use crate::condition::{ColumnRef, Compare, Condition, Right};
use crate::dialect::{Dialect, Family};
use crate::lookup::Lookup;
use crate::meta::ModelMeta;
use crate::order::{Nulls, Term};
use crate::query::{Query, Sticky};
use crate::value::{ColumnType, Value};
use crate::zone::Zone;

/// The number of listed values from which they are bound as one array, so that the text is one
/// for all longer lists.
pub(crate) const ARRAY_FROM: usize = 5;

/// The end of a list of parts. No part begins with it.
const END: u8 = 0;

pub(super) struct Shape<'d> {
    pub(super) key: Key,
    pub(super) params: Vec<Value>,
    pub(super) dialect: &'d Dialect,
    /// A column of another model is named, so that it matters which call named it.
    pub(super) related: bool,
    /// Where parts of instants are taken.
    pub(super) zone: &'d Zone,
}

impl<'d> Shape<'d> {
    pub(super) fn new(dialect: &'d Dialect, zone: &'d Zone) -> Self {
        Self {
            key: Key::new(),
            params: Vec::new(),
            dialect,
            related: false,
            zone,
        }
    }

    /// Writes the shape. `false` when a comparison's outcome is known from its column's range:
    /// the conditions must be folded first then.
    pub(super) fn select(&mut self, select: &Select<'_>, conditions: &Conditions<'_>) -> bool {
        let query = select.query;
        let what = match select.what {
            What::Rows => 0,
            What::Count => 1,
            What::Exists => 2,
            What::Aggregates(_) => 3,
            What::Columns(_) => 4,
        };
        let flags = u16::from(query.distinct)
            | u16::from(query.window.is_sliced()) << 1
            | u16::from(!query.distinct_on.is_empty()) << 2
            | u16::from(select.also_shares) << 3;
        self.key.put(query.meta.id().to_le_bytes());
        // Bytes that are stored one by one and loaded together make the processor wait.
        self.key.put((what | flags << 8).to_le_bytes());
        if !query.distinct_on.is_empty() {
            self.number(query.distinct_on.len() as u64);
            for &column in &query.distinct_on {
                self.column(1, 0, column);
            }
        }
        if let What::Columns(columns) = select.what {
            for columns in [columns, select.per] {
                self.number(columns.len() as u64);
                for &column in columns {
                    self.column(1, 0, column);
                }
            }
        }
        if let What::Aggregates(calls) = select.what {
            for call in calls {
                self.key
                    .put([1 + call.function as u8, call.distinct.into()]);
                match call.column {
                    None => self.key.put([END]),
                    Some(column) => self.column(1, 0, column),
                }
            }
            self.key.put([END]);
        }
        for condition in conditions.iter() {
            if !self.condition(condition, &query.meta) {
                return false;
            }
        }
        if self.related {
            self.calls(query);
        }
        let (terms, reversed) = select.terms();
        self.key.put([END, reversed.into()]);
        match terms {
            None => {
                self.key.put([255]);
                // The model says the rest, but for what is bound. Its error is the renderer's.
                for term in query.meta.default_terms().into_iter().flatten() {
                    if let Term::Computed { .. } = term {
                        self.term(term);
                    }
                }
                self.key.put([END]);
            }
            Some(terms) => {
                for term in terms {
                    self.term(term);
                }
                self.key.put([END]);
            }
        }
        self.window(select);
        true
    }

    /// Which conditions are about the same related row.
    fn calls(&mut self, query: &Query) {
        if let Some(origin) = &query.origin {
            let target = origin.target().resolve();
            self.key.put([10]);
            self.number(target.map_or(0, |target| target.id()));
            // A relation of the query's own is the other side of one that its target has.
            let name = origin.reverse_of().unwrap_or(origin.name());
            self.number(name.len() as u64);
            self.key.put_slice(name.as_bytes());
        }
        self.key.put([8, u8::from(query.sticky == Sticky::Done)]);
        self.number(query.calls.len() as u64);
        for &end in &query.calls {
            self.number(u64::from(end));
        }
    }

    fn condition(&mut self, condition: &Condition, meta: &ModelMeta) -> bool {
        match condition {
            Condition::Compare(compare) => {
                if fold::decides(compare, meta, self.dialect) {
                    return false;
                }
                self.compare(compare, meta);
                true
            }
            Condition::Predicate(predicate) => self.predicate(predicate),
            Condition::And(parts) => self.parts(4, parts, meta),
            Condition::Or(parts) => self.parts(5, parts, meta),
            Condition::Xor(parts) => self.parts(6, parts, meta),
            Condition::Not(inner) => {
                self.key.put([7]);
                self.condition(inner, meta)
            }
            Condition::Never => {
                self.key.put([2]);
                true
            }
            Condition::Known(column, holds) => {
                self.column(11, u8::from(*holds), *column);
                true
            }
            Condition::Always
            | Condition::Named(..)
            | Condition::Computed(_)
            | Condition::Invalid(_) => {
                self.key.put([1]);
                true
            }
        }
    }

    fn parts(&mut self, tag: u8, parts: &[Condition], meta: &ModelMeta) -> bool {
        self.key.put([tag]);
        let whole = parts.iter().all(|part| self.condition(part, meta));
        self.key.put([END]);
        whole
    }

    fn compare(&mut self, compare: &Compare, meta: &ModelMeta) {
        self.column(3, compare.lookup as u8, compare.column);
        match &compare.right {
            Right::One(Value::Bool(yes)) if compare.lookup == Lookup::IsNull => {
                self.key.put([(*yes).into()]);
            }
            Right::One(value) => self.param(bound(compare, value, meta, self.dialect)),
            Right::Many(values) | Right::ManyOrNull(values) => {
                let or_null = u8::from(matches!(compare.right, Right::ManyOrNull(_)));
                if as_array(compare.lookup, values, self.dialect) {
                    self.key.put([or_null, 1]);
                    self.param(Value::Array(values.as_slice().into()));
                } else {
                    self.key.put([or_null, 0]);
                    self.number(values.len() as u64);
                    self.params.extend_from_slice(values);
                }
            }
        }
    }

    fn term(&mut self, term: &Term) {
        let direction = |descending: bool, nulls: Option<Nulls>| {
            let nulls = match nulls {
                None => 0,
                Some(Nulls::First) => 1,
                Some(Nulls::Last) => 2,
            };
            u8::from(descending) | nulls << 1
        };
        match term {
            Term::Random => self.key.put([1]),
            Term::Column {
                column,
                descending,
                nulls,
            } => self.column(2, direction(*descending, *nulls), *column),
            Term::Computed {
                node,
                descending,
                nulls,
            } => {
                self.key.put([3, direction(*descending, *nulls)]);
                self.node(node);
            }
        }
    }

    pub(super) fn column(&mut self, tag: u8, more: u8, column: ColumnRef) {
        let [low, high] = column.index.to_le_bytes();
        let hops = column.path.hops();
        self.key.put([tag, more, low, high, hops.len() as u8]);
        if !hops.is_empty() {
            self.key.put_slice(hops);
            self.related = true;
        }
    }

    fn window(&mut self, select: &Select<'_>) {
        let window = select.window;
        self.key
            .put([u8::from(window.low > 0) | u8::from(window.high.is_some()) << 1]);
        // Rows are numbered, not skipped and counted, where each owner has a slice of its own.
        let end = match select.per {
            [] => window.limit(),
            _ => window.high,
        };
        let low = Some(window.low).filter(|&low| low > 0);
        for (end, is_literal) in [
            (end, self.dialect.literal_limit),
            (low, self.dialect.literal_offset),
        ] {
            let Some(end) = end else { continue };
            if is_literal {
                self.number(end);
            } else {
                // No table has more rows than an i64 counts.
                self.param(Value::I64(i64::try_from(end).unwrap_or(i64::MAX)));
            }
        }
    }

    pub(super) fn number(&mut self, number: u64) {
        self.key.put(number.to_le_bytes());
    }

    #[inline]
    pub(super) fn param(&mut self, value: Value) {
        if self.params.capacity() == 0 {
            self.params = Vec::with_capacity(4);
        }
        self.params.push(value);
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
fn bound(compare: &Compare, value: &Value, meta: &ModelMeta, dialect: &Dialect) -> Value {
    // A UUID that is kept as text is kept without hyphens.
    let is_uuid =
        compare.lookup.is_text() && meta.type_of(compare.column) == Some(ColumnType::Uuid);
    bound_text(compare.lookup, value, is_uuid, dialect)
}

/// As [`bound`], where the type of what it is compared with is known.
pub(super) fn bound_text(lookup: Lookup, value: &Value, is_uuid: bool, dialect: &Dialect) -> Value {
    if !lookup.is_text() {
        return match value {
            // SQLite has no NaN but NULL, and no column is equal to either.
            Value::F64(number) if number.is_nan() && dialect.family == Family::Sqlite => {
                Value::Null
            }
            value => value.clone(),
        };
    }
    match value {
        Value::Text(text) if is_uuid && dialect.family != Family::Postgres => {
            let digits = text.replace('-', "");
            pattern(lookup, &Value::Text(digits.into()), dialect)
        }
        value => pattern(lookup, value, dialect),
    }
}

/// What makes a pattern mean on MySQL and MariaDB what it means on PostgreSQL: case counts or not
/// whatever the collation, and a point stands for the end of a line too.
pub(super) fn regex_flags(lookup: Lookup) -> &'static str {
    match lookup {
        Lookup::IRegex => "(?is)",
        _ => "(?-i)(?s)",
    }
}

fn pattern(lookup: Lookup, value: &Value, dialect: &Dialect) -> Value {
    if let (true, Value::Text(text)) = (lookup.is_regex(), value) {
        let text = match dialect.family {
            Family::Mysql => format!("{}{text}", regex_flags(lookup)).into(),
            _ => text.clone(),
        };
        return Value::Text(text);
    }
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
