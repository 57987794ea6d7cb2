//! What a tree names: all that the rules look at.

mod walk;

use std::collections::BTreeSet;

use serde_json::Value as Json;

use super::case::Given;
use super::fixtures::{Models, Table};
use super::node::{Arguments, Node};
use super::object::related;
use walk::Walk;

/// What a tree names.
#[derive(Debug, Default)]
pub(super) struct Facts {
    /// The methods called on queries.
    pub(super) methods: BTreeSet<String>,
    /// The functions and classes called.
    pub(super) functions: BTreeSet<String>,
    /// Everything else that is remarkable.
    pub(super) marks: BTreeSet<Mark>,
}

/// A remarkable thing in a tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Mark {
    /// Several statements instead of an expression.
    Script,
    /// Text that only a Python parser reads.
    PythonText,
    /// A JSON column, other than whether it is NULL.
    Json,
    /// A column or a computed value on the right-hand side, or as a condition.
    Expression,
    /// A query as a value of another.
    Subquery,
    /// Two queries combined by an operator.
    Operator,
    /// An option of `explain` that its text names.
    UnknownOption,
    /// An aggregate that is not a plain one of a column.
    Aggregate,
    /// A text lookup.
    TextLookup,
    /// A text column that is compared with a value.
    TextCompared,
    /// A decimal column.
    Decimal,
    /// A quotient or a rest.
    Division,
    /// Both: a decimal that may be divided.
    DecimalDivision,
    /// A text where a list belongs.
    TextAsList,
    /// A list where a text belongs.
    ListAsText,
    /// An integer of more than 64 bits in a list.
    HugeInList,
    /// A value of another type compared with a duration.
    NoDuration,
    /// A keyword of Python's `Q` among the conditions.
    ReservedKeyword,
    /// A condition or a term of an ordering that is a bare value.
    UntypedCondition,
    /// An attribute of a query or an object that is Python's own.
    PythonAttribute,
    /// An alias of a database that is not the default one.
    UnknownAlias,
    /// Loaded objects of other tables, or methods of objects.
    LoadedObject,
}

impl Facts {
    pub(super) fn of(given: &Given, models: &Models) -> Self {
        let mut facts = Self::default();
        let ast = &given.ast;
        let Some(qs) = ast.get("qs") else {
            facts.marks.insert(Mark::Script);
            return facts;
        };
        let mut walk = Walk::new(&mut facts, models);
        walk.any(qs, None);
        if let (Some(terminal), Some(model)) = (
            ast.get("terminal").and_then(Json::as_str),
            model_of(qs, models),
        ) {
            walk.method(terminal, model, Arguments::of(ast));
        }
        if let Some(each) = ast.get("each") {
            walk.each(each);
        }
        if facts.has(Mark::Decimal) && facts.has(Mark::Division) {
            facts.marks.insert(Mark::DecimalDivision);
        }
        facts
    }

    pub(super) fn has(&self, mark: Mark) -> bool {
        self.marks.contains(&mark)
    }
}

/// The model whose rows an expression is a query for.
pub(super) fn model_of<'m>(json: &Json, models: &'m Models) -> Option<&'m Table> {
    match Node::of(json) {
        Node::Attr {
            name: "objects",
            of,
        } => match Node::of(of) {
            Node::Name(model) => models.get(model),
            _ => None,
        },
        Node::Attr { name, of } => Some(related(name, of, models)?.1),
        Node::Call(call) => match call.method()? {
            (
                "get" | "count" | "exists" | "first" | "last" | "earliest" | "latest" | "aggregate",
                _,
            ) => None,
            (_, of) => model_of(of, models),
        },
        Node::Index { index, of } => match Node::of(index) {
            Node::Slice { .. } => model_of(of, models),
            _ => None,
        },
        Node::Slice { of, .. } => model_of(of?, models),
        Node::Op { left, .. } => model_of(left, models),
        _ => None,
    }
}
