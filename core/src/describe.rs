//! A query's condition in words, for messages.

use std::fmt::Write;

use crate::condition::{ColumnRef, Compare, Condition, Predicate, Right, Side};
use crate::expression::Node;
use crate::lookup::Lookup;
use crate::meta::Owner;
use crate::query::Query;
use crate::value::{Value, format_date, format_datetime, format_time};

/// The longest text of a value that is shown whole.
const LONGEST: usize = 60;
/// The most values of a list that are shown.
const MOST_LISTED: usize = 5;

/// The condition in Django's spelling, such as `title='x' and pages__gt=100`; `any row` without.
pub(crate) fn describe(query: &Query) -> String {
    let mut out = String::new();
    if query.none {
        return "a condition that no row can meet".to_owned();
    }
    for (index, condition) in query.conditions.iter().enumerate() {
        if index > 0 {
            out.push_str(" and ");
        }
        write(condition, query, &mut out, query.conditions.len() > 1);
    }
    if out.is_empty() {
        out.push_str("any row");
    }
    if query.window.is_sliced() {
        let end = query
            .window
            .high
            .map(|high| high.to_string())
            .unwrap_or_default();
        let _ = write!(out, " in the slice {}..{end}", query.window.low);
    }
    out
}

fn write(condition: &Condition, query: &Query, out: &mut String, nested: bool) {
    let joined = |parts: &[Condition], word: &str, out: &mut String| {
        if nested {
            out.push('(');
        }
        for (index, part) in parts.iter().enumerate() {
            if index > 0 {
                out.push_str(word);
            }
            write(part, query, out, true);
        }
        if nested {
            out.push(')');
        }
    };
    match condition {
        Condition::Always | Condition::Invalid(_) => {}
        Condition::Known(_, true) => out.push_str("a condition that every row meets"),
        Condition::Never | Condition::Known(_, false) => {
            out.push_str("a condition that no row can meet")
        }
        Condition::Named(path, _) => out.push_str(path),
        Condition::Computed(_) => out.push_str("expression"),
        Condition::And(parts) => joined(parts, " and ", out),
        Condition::Or(parts) => joined(parts, " or ", out),
        Condition::Xor(parts) => joined(parts, " xor ", out),
        Condition::Not(inner) => {
            out.push_str("not ");
            write(inner, query, out, true);
        }
        Condition::Compare(compare) => self::compare(compare, query, out),
        Condition::Predicate(predicate) => self::predicate(predicate, query, out),
    }
}

fn compare(compare: &Compare, query: &Query, out: &mut String) {
    column(compare.column, query, out);
    if compare.lookup != Lookup::Exact {
        let _ = write!(out, "__{}", compare.lookup.name());
    }
    out.push('=');
    right(&compare.right, out);
}

/// The path to a column, and its name.
fn column(at: ColumnRef, query: &Query, out: &mut String) {
    let mut model = Owner::Root(&query.meta);
    for &hop in at.path.hops() {
        let relation = model.relation_at(usize::from(hop));
        let next = relation.and_then(|relation| {
            let _ = write!(out, "{}__", relation.name());
            relation.target().resolve()
        });
        match next {
            Some(next) => model = Owner::Related(next),
            None => break,
        }
    }
    let column = query.meta.column_at(at);
    out.push_str(column.as_ref().map_or("?", |column| column.name()));
}

fn predicate(predicate: &Predicate, query: &Query, out: &mut String) {
    node(&predicate.left, query, out);
    if predicate.lookup != Lookup::Exact {
        let _ = write!(out, "__{}", predicate.lookup.name());
    }
    out.push('=');
    match &predicate.right {
        Side::Values(values) => right(values, out),
        Side::Node(one) => node(one, query, out),
        Side::Query(_) => out.push_str("a query"),
        Side::Nodes(nodes) => list(nodes, |one, out| node(one, query, out), out),
    }
}

fn node(node: &Node, query: &Query, out: &mut String) {
    match node {
        Node::Column(source) => column(source.at, query, out),
        Node::Value(value) => self::value(value, out),
        Node::Transform(transform, of) => {
            self::node(of, query, out);
            let _ = write!(out, "__{}", transform.name());
        }
        Node::Arithmetic(operator, left, right) => {
            out.push('(');
            self::node(left, query, out);
            let _ = write!(out, " {} ", operator.sign());
            self::node(right, query, out);
            out.push(')');
        }
        Node::Row(parts) => list(parts, |one, out| self::node(one, query, out), out),
        Node::Named(path) => out.push_str(path),
    }
}

fn right(right: &Right, out: &mut String) {
    match right {
        Right::One(value) => self::value(value, out),
        Right::Many(values) | Right::ManyOrNull(values) => list(values, value, out),
    }
}

fn list<T>(items: &[T], write: impl Fn(&T, &mut String), out: &mut String) {
    out.push('[');
    for (index, one) in items.iter().take(MOST_LISTED).enumerate() {
        if index > 0 {
            out.push_str(", ");
        }
        write(one, out);
    }
    if items.len() > MOST_LISTED {
        let _ = write!(out, ", … {} in all", items.len());
    }
    out.push(']');
}

fn value(value: &Value, out: &mut String) {
    let _ = match value {
        Value::Null => write!(out, "NULL"),
        Value::Bool(value) => write!(out, "{value}"),
        Value::I64(number) => write!(out, "{number}"),
        Value::U64(number) => write!(out, "{number}"),
        Value::F64(number) => write!(out, "{number:?}"),
        Value::Decimal(number) => write!(out, "{number}"),
        Value::Text(text) | Value::Json(text) => match text.char_indices().nth(LONGEST) {
            None => write!(out, "'{text}'"),
            Some((end, _)) => write!(out, "'{}…'", &text[..end]),
        },
        Value::Date(days) => write!(out, "{}", format_date(*days).unwrap_or_default()),
        Value::Time(micros) => write!(out, "{}", format_time(*micros).unwrap_or_default()),
        Value::DateTime(micros) | Value::Timestamp(micros) => {
            write!(out, "{}", format_datetime(*micros).unwrap_or_default())
        }
        Value::Duration(micros) => write!(out, "{micros}µs"),
        Value::Bytes(bytes) => write!(out, "{} bytes", bytes.len()),
        Value::Uuid(_) => write!(out, "a UUID"),
        Value::Array(values) => write!(out, "{} values", values.len()),
        Value::Refused(_) => write!(out, "a value that no column can hold"),
    };
}
