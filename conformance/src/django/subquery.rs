//! A query in the place of a value.

use queryset::Operand;
use serde_json::Value as Json;

use super::facts::model_of;
use super::fixtures::Models;
use super::node::Node;
use super::python::Unknown;
use super::refine;

/// The rows that a value is compared with.
pub(super) struct Rows<'a> {
    /// The query, without what follows.
    pub(super) query: &'a Json,
    /// The columns chosen by `values` or `values_list`; none for the keys.
    pub(super) names: Option<Vec<&'a str>>,
    slice: Option<&'a [Json]>,
}

impl<'a> Rows<'a> {
    /// `None` for a value that is no query.
    pub(super) fn of(json: &'a Json, models: &Models) -> Option<Self> {
        model_of(json, models)?;
        let (query, slice) = match Node::of(json) {
            Node::Index { index, of } => match Node::of(index) {
                Node::Slice { ends, .. } => (of, Some(ends)),
                _ => (json, None),
            },
            Node::Slice { ends, of: Some(of) } => (of, Some(ends)),
            _ => (json, None),
        };
        let plain = Self {
            query: json,
            names: None,
            slice: None,
        };
        let Node::Call(call) = Node::of(query) else {
            return Some(plain);
        };
        let Some(("values" | "values_list", of)) = call.method() else {
            return Some(plain);
        };
        let names = call.arguments.positional.iter().map(|name| {
            let Node::Const(Json::String(name)) = Node::of(name) else {
                return None;
            };
            Some(name.as_str())
        });
        let only_flat = call.arguments.named().all(|(name, _)| name == "flat");
        match names.collect::<Option<Vec<_>>>() {
            Some(names) if !names.is_empty() && only_flat => Some(Self {
                query: of,
                names: Some(names),
                slice,
            }),
            _ => Some(plain),
        }
    }

    pub(super) fn operand(&self, models: &Models) -> Result<Operand, Unknown> {
        let query = refine::query(self.query, models)?;
        let query = match self.slice {
            None => query,
            Some(ends) => refine::cut(query, ends, models)?,
        };
        Ok(match &self.names {
            None => query.into(),
            Some(names) => query.columns_by_names(names.iter().copied()).into(),
        })
    }
}
