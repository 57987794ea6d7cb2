//! The way through a tree, which notes what it names.

use std::sync::Arc;

use queryset::{ColumnType, Lookup};
use serde_json::Value as Json;

use super::{Facts, Mark, model_of};
use crate::django::fixtures::{Models, Table};
use crate::django::node::{Arguments, Call, Node};
use crate::django::object::{related, taken};
use crate::django::refine::comparison;
use crate::django::rules;
use crate::django::subquery::Rows;

pub(super) struct Walk<'f, 'm> {
    facts: &'f mut Facts,
    models: &'m Models,
}

impl<'f, 'm> Walk<'f, 'm> {
    pub(super) fn new(facts: &'f mut Facts, models: &'m Models) -> Self {
        Self { facts, models }
    }

    fn mark(&mut self, mark: Mark) {
        self.facts.marks.insert(mark);
    }

    pub(super) fn any(&mut self, json: &Json, model: Option<&'m Table>) {
        match Node::of(json) {
            Node::Call(call) => self.call(&call, model),
            // The related rows of an object are a query.
            Node::Attr { name, of } if related(name, of, self.models).is_some() => {
                self.any(of, model);
            }
            Node::Attr { name, of } => {
                match (name, model_of(of, self.models)) {
                    ("ordered" | "totally_ordered", Some(_)) => {}
                    (_, Some(_)) => self.mark(Mark::PythonAttribute),
                    ("objects", None) if matches!(Node::of(of), Node::Name(_)) => {}
                    ("objects", None) => self.mark(Mark::PythonAttribute),
                    ("pk" | "OR" | "AND" | "XOR", None) => {}
                    (_, None) if taken(json, self.models).is_some() => {}
                    (_, None) => self.mark(Mark::LoadedObject),
                }
                self.any(of, model);
            }
            Node::Op { op, left, right } => {
                if matches!(op, "/" | "%") {
                    self.mark(Mark::Division);
                }
                if model_of(left, self.models).is_some() && model_of(right, self.models).is_some() {
                    self.mark(Mark::Operator);
                }
                self.any(left, model);
                self.any(right, model);
            }
            Node::Compare { left, right, .. } => {
                self.any(left, model);
                self.any(right, model);
            }
            Node::Unary { of, .. } => self.any(of, model),
            Node::Index { index, of } => {
                // A part of a text column.
                if matches!(Node::of(of), Node::Call(call) if call.name() == Some("F")) {
                    self.mark(Mark::Expression);
                }
                self.any(index, model);
                self.any(of, model);
            }
            Node::Slice { ends, of } => {
                for end in ends.iter().chain(of) {
                    self.any(end, model);
                }
            }
            Node::List(items) => items.iter().for_each(|item| self.any(item, model)),
            Node::Dict(pairs) => {
                for part in pairs.iter().filter_map(Json::as_array).flatten() {
                    self.any(part, model);
                }
            }
            Node::Other if json.get("python").is_some() => self.mark(Mark::PythonText),
            _ => {}
        }
    }

    fn call(&mut self, call: &Call<'_>, model: Option<&'m Table>) {
        if let Some((name, of)) = call.method() {
            if let Some(own) = model_of(of, self.models) {
                self.any(of, None);
                self.method(name, own, call.arguments);
                return;
            }
            // `F('x').desc()` is a term of an ordering; other methods compute.
            if !matches!(name, "asc" | "desc") {
                self.mark(match Node::of(of) {
                    Node::Call(inner) if inner.name() == Some("F") => Mark::Expression,
                    _ => Mark::LoadedObject,
                });
            }
            self.any(of, model);
            self.arguments(call.arguments, model);
            return;
        }
        let Some(name) = call.name() else {
            return;
        };
        if name == "F" {
            self.column(call, model);
            return;
        }
        if comparison(name).is_some() {
            self.comparison(call, model);
            return;
        }
        self.facts.functions.insert(name.to_owned());
        let is_value = VALUES.contains(&name) || self.models.get(name).is_some();
        if !is_value && !rules::is_python_function(name) {
            self.mark(Mark::Expression);
        }
        if name == "Q" {
            self.conditions(call.arguments, model, true);
        } else {
            self.arguments(call.arguments, model);
        }
    }

    /// A column as a value.
    fn column(&mut self, call: &Call<'_>, model: Option<&'m Table>) {
        match (model, call.arguments.positional.first().map(Node::of)) {
            (Some(model), Some(Node::Const(Json::String(path)))) => {
                self.path(path, model, false);
            }
            _ => self.mark(Mark::Expression),
        }
    }

    fn arguments(&mut self, arguments: Arguments<'_>, model: Option<&'m Table>) {
        for value in arguments.positional {
            self.value(value, model);
        }
        for (_, value) in arguments.named() {
            self.value(value, model);
        }
    }

    /// A value: a query in its place is a subquery.
    fn value(&mut self, json: &Json, model: Option<&'m Table>) {
        if model_of(json, self.models).is_some() {
            self.mark(Mark::Subquery);
        }
        self.any(json, model);
    }

    pub(super) fn method(&mut self, name: &str, model: &'m Table, arguments: Arguments<'_>) {
        self.facts.methods.insert(name.to_owned());
        match name {
            "filter" | "exclude" | "get" | "complex_filter" => {
                self.conditions(arguments, Some(model), false);
            }
            "order_by" | "earliest" | "latest" => {
                for term in arguments.positional {
                    self.order(term, model);
                }
            }
            "distinct" => {
                for name in arguments.positional {
                    match Node::of(name) {
                        Node::Const(Json::String(path)) => drop(self.path(path, model, true)),
                        _ => self.mark(Mark::UntypedCondition),
                    }
                }
            }
            // A call with names that are no option's.
            "explain" if arguments.get("**").is_some() => self.mark(Mark::UnknownOption),
            "using" => {
                let alias = arguments.positional.first().map(Node::of);
                if !matches!(alias, Some(Node::Const(alias)) if alias == "default") {
                    self.mark(Mark::UnknownAlias);
                }
            }
            "aggregate" => self.aggregates(arguments, model),
            "prefetch_related" => {
                for lookup in arguments.positional {
                    match Node::of(lookup) {
                        Node::Call(call) if call.name() == Some("Prefetch") => {
                            let named = call.arguments.named().map(|(_, value)| value);
                            let values = call.arguments.positional.iter().chain(named);
                            // Its queryset is no subquery.
                            values.for_each(|value| self.any(value, None));
                        }
                        _ => self.value(lookup, Some(model)),
                    }
                }
            }
            _ => self.arguments(arguments, Some(model)),
        }
    }

    fn conditions(&mut self, arguments: Arguments<'_>, model: Option<&'m Table>, in_q: bool) {
        for condition in arguments.positional {
            match Node::of(condition) {
                Node::Const(_) => self.mark(Mark::UntypedCondition),
                // A column is no condition, and Python alone finds that at run time.
                Node::Call(call) if call.name() == Some("F") => self.mark(Mark::UntypedCondition),
                Node::Call(call) if call.name().and_then(comparison).is_some() => {}
                Node::Call(call) if !matches!(call.name(), Some("Q" | "Value") | None) => {
                    self.mark(Mark::Expression);
                }
                Node::List(pair) => {
                    if let (Some(Node::Const(name)), Some(value)) =
                        (pair.first().map(Node::of), pair.get(1))
                    {
                        self.condition(name.as_str().unwrap_or_default(), value, model);
                    }
                }
                Node::Dict(pairs) => self.pairs(pairs, model),
                _ => {}
            }
            self.any(condition, model);
        }
        for (name, value) in arguments.named() {
            match (name, Node::of(value)) {
                ("_connector" | "_negated", _) => {
                    if !in_q {
                        self.mark(Mark::ReservedKeyword);
                    }
                }
                ("**", Node::Dict(pairs)) => self.pairs(pairs, model),
                _ => self.condition(name, value, model),
            }
        }
    }

    /// `GreaterThan(F('pages'), 300)`.
    fn comparison(&mut self, call: &Call<'_>, model: Option<&'m Table>) {
        if call
            .name()
            .and_then(comparison)
            .is_some_and(Lookup::is_text)
        {
            self.mark(Mark::TextLookup);
        }
        self.mark(Mark::TextCompared);
        self.arguments(call.arguments, model);
    }

    fn pairs(&mut self, pairs: &[Json], model: Option<&'m Table>) {
        for pair in pairs.iter().filter_map(Json::as_array) {
            if let (Some(Node::Const(name)), Some(value)) =
                (pair.first().map(Node::of), pair.get(1))
            {
                self.condition(name.as_str().unwrap_or_default(), value, model);
            }
        }
    }

    fn condition(&mut self, path: &str, value: &Json, model: Option<&'m Table>) {
        match Rows::of(value, self.models) {
            Some(rows) => {
                let inner = model_of(rows.query, self.models);
                if let (Some(inner), Some(names)) = (inner, &rows.names) {
                    for name in names {
                        self.path(name, inner, true);
                    }
                }
                self.any(rows.query, None);
            }
            None => self.value(value, model),
        }
        let Some(model) = model else {
            return;
        };
        let (column, lookup) = self.path(path, model, false);
        if lookup.is_some_and(Lookup::is_text) {
            self.mark(Mark::TextLookup);
        } else if matches!(column, Some(ColumnType::Text)) && lookup != Some(Lookup::IsNull) {
            self.mark(Mark::TextCompared);
        }
        if lookup == Some(Lookup::In) {
            match Node::of(value) {
                Node::Const(text) if text.is_string() => self.mark(Mark::TextAsList),
                Node::List(items) if items.iter().any(huge) => self.mark(Mark::HugeInList),
                _ => {}
            }
        }
        let text = lookup.is_some_and(Lookup::is_text) || column == Some(ColumnType::Text);
        match (lookup, Node::of(value)) {
            (Some(Lookup::Range), Node::Const(given)) if text && given.is_string() => {
                self.mark(Mark::TextAsList);
            }
            (Some(Lookup::In | Lookup::Range | Lookup::IsNull), _) => {}
            (Some(_), Node::List(_)) if text => self.mark(Mark::ListAsText),
            _ => {}
        }
        if lookup == Some(Lookup::Range)
            && let Node::List(items) = Node::of(value)
            && items.iter().any(huge)
        {
            self.mark(Mark::HugeInList);
        }
        if column == Some(ColumnType::Duration)
            && lookup.is_some_and(|lookup| lookup != Lookup::IsNull)
            && matches!(Node::of(value), Node::Const(value) if !value.is_null())
        {
            self.mark(Mark::NoDuration);
        }
    }

    fn order(&mut self, term: &Json, model: &'m Table) {
        match Node::of(term) {
            Node::Const(Json::String(path)) => {
                let path = path.strip_prefix('-').unwrap_or(path);
                self.path(path, model, true);
            }
            Node::Const(_) => self.mark(Mark::UntypedCondition),
            Node::Call(call) => match call.method() {
                Some(("asc" | "desc", of)) => self.any(of, Some(model)),
                _ => self.any(term, Some(model)),
            },
            _ => self.any(term, Some(model)),
        }
    }

    fn aggregates(&mut self, arguments: Arguments<'_>, model: &'m Table) {
        let named = arguments.named().map(|(_, value)| value);
        for value in arguments.positional.iter().chain(named) {
            let Node::Call(call) = Node::of(value) else {
                // A bare name or number is a TypeError, which only an untyped argument can be.
                self.mark(match Node::of(value) {
                    Node::Const(_) => Mark::UntypedCondition,
                    _ => Mark::Aggregate,
                });
                continue;
            };
            let plain = matches!(call.name(), Some("Count" | "Sum" | "Avg" | "Min" | "Max"));
            let only_distinct = call.arguments.named().all(|(name, _)| name == "distinct");
            let path = match call.arguments.positional {
                [one] => match Node::of(one) {
                    Node::Const(Json::String(path)) => Some(path),
                    _ => None,
                },
                _ => None,
            };
            match path {
                Some(path) if plain && only_distinct => {
                    let of_part = |part| date_part(part, ColumnType::Timestamp);
                    if path.split("__").skip(1).any(of_part) {
                        self.mark(Mark::Aggregate);
                    }
                    if path != "*" {
                        let (column, _) = self.path(path, model, false);
                        if column == Some(ColumnType::Decimal) {
                            self.mark(Mark::Decimal);
                        }
                    }
                }
                _ => self.mark(Mark::Aggregate),
            }
            self.facts
                .functions
                .extend(call.name().map(ToOwned::to_owned));
        }
    }

    /// What is taken of each row.
    pub(super) fn each(&mut self, json: &Json) {
        match Node::of(json) {
            Node::Attr { of, .. } => self.each(of),
            Node::Call(call) => {
                match call.method() {
                    Some(("all" | "count" | "get_deferred_fields", of)) => self.each(of),
                    Some(_) => self.mark(Mark::LoadedObject),
                    None => {
                        let known = call.name().is_some_and(|name| OF_ROWS.contains(&name));
                        if !known {
                            self.mark(Mark::LoadedObject);
                        }
                    }
                }
                for value in call.arguments.positional {
                    if !matches!(Node::of(value), Node::Name(_)) {
                        self.each(value);
                    }
                }
            }
            Node::List(items) => items.iter().for_each(|item| self.each(item)),
            Node::If {
                condition,
                then,
                otherwise,
            } => [condition, then, otherwise]
                .into_iter()
                .for_each(|part| self.each(part)),
            Node::Compare { left, right, .. } => {
                self.each(left);
                self.each(right);
            }
            Node::Logic { parts, .. } => parts.iter().for_each(|part| self.each(part)),
            Node::Slice { of: Some(of), .. } => self.each(of),
            Node::Other => match json.get("comprehension") {
                Some(_) => {
                    let loops = json.get("for").and_then(Json::as_array);
                    for part in loops.into_iter().flatten() {
                        let conditions = part.get("if").and_then(Json::as_array);
                        for part in part
                            .get("in")
                            .into_iter()
                            .chain(conditions.into_iter().flatten())
                        {
                            self.each(part);
                        }
                    }
                    json.get("yield")
                        .into_iter()
                        .for_each(|part| self.each(part));
                }
                None => self.mark(Mark::LoadedObject),
            },
            _ => {}
        }
    }

    /// Marks what a path asks of its column; the column's type and the lookup, where it has them.
    fn path(
        &mut self,
        path: &str,
        model: &'m Table,
        ordering: bool,
    ) -> (Option<ColumnType>, Option<Lookup>) {
        let mut parts = path.split("__").peekable();
        let mut meta = Arc::clone(&model.meta);
        let mut ty = None;
        while let Some(&name) = parts.peek() {
            let relation = meta.relation_position(name);
            let index = match name {
                "pk" => meta.primary_key().first().copied(),
                name => meta.position(name),
            };
            if let Some(index) = index {
                parts.next();
                ty = Some(meta.columns()[index].ty());
                break;
            }
            let Some(target) = relation.and_then(|at| meta.relations()[at].target().resolve())
            else {
                break;
            };
            parts.next();
            let key = target.primary_key().first();
            ty = key.map(|&key| target.columns()[key].ty());
            meta = target;
        }
        let parts: Vec<&str> = parts.collect();
        let lookup = match parts.last() {
            None => Some(Lookup::Exact),
            Some(last) => Lookup::from_name(last),
        };
        let Some(ty) = ty else {
            return (None, lookup);
        };
        let is_plain = match ordering {
            true => parts.is_empty(),
            false => parts == ["isnull"],
        };
        if ty == ColumnType::Json && !is_plain {
            self.mark(Mark::Json);
        }
        if ty == ColumnType::Decimal {
            self.mark(Mark::Decimal);
        }
        (Some(ty), lookup)
    }
}

/// The functions that are understood of each row.
const OF_ROWS: &[&str] = &[
    "hasattr",
    "isinstance",
    "len",
    "list",
    "round",
    "set",
    "sorted",
    "tuple",
];

/// The functions and classes whose calls are plain values, or conditions and terms of their own.
const VALUES: &[&str] = &[
    "Decimal",
    "Q",
    "UUID",
    "Value",
    "ZoneInfo",
    "bytes",
    "date",
    "datetime",
    "dt",
    "float",
    "frozenset",
    "iter",
    "list",
    "range",
    "set",
    "time",
    "timedelta",
    "ts",
    "tuple",
];

fn date_part(part: &str, ty: ColumnType) -> bool {
    let date = matches!(
        part,
        "year" | "iso_year" | "month" | "day" | "week" | "week_day" | "iso_week_day" | "quarter"
    );
    let time = matches!(part, "hour" | "minute" | "second");
    match ty {
        ColumnType::Date => date,
        ColumnType::Time => time,
        ColumnType::Timestamp | ColumnType::DateTime => {
            date || time || matches!(part, "date" | "time")
        }
        _ => false,
    }
}

/// Whether an integer needs more than 63 bits and a sign, said as a power or in digits.
fn huge(json: &Json) -> bool {
    match Node::of(json) {
        Node::Int(digits) => digits.parse::<i64>().is_err(),
        Node::Op {
            op: "**",
            left,
            right,
        } => {
            let number = |json: &Json| match Node::of(json) {
                Node::Const(value) => value.as_i64(),
                _ => None,
            };
            match (number(left), number(right)) {
                (Some(base), Some(power)) => {
                    let power = u32::try_from(power).unwrap_or(u32::MAX);
                    base.checked_pow(power).is_none()
                }
                _ => false,
            }
        }
        Node::Unary { of, .. } => huge(of),
        Node::Op { left, right, .. } => huge(left) || huge(right),
        _ => false,
    }
}
