//! A syntax tree, as the file of cases spells it.

use serde_json::{Map, Value as Json};

/// One node, borrowed from its JSON.
#[derive(Clone, Copy, Debug)]
pub(super) enum Node<'a> {
    Name(&'a str),
    Const(&'a Json),
    /// An integer that JSON numbers do not hold.
    Int(&'a str),
    /// Bytes in base64.
    Bytes(&'a str),
    Attr {
        name: &'a str,
        of: &'a Json,
    },
    Call(Call<'a>),
    Op {
        op: &'a str,
        left: &'a Json,
        right: &'a Json,
    },
    Unary {
        op: &'a str,
        of: &'a Json,
    },
    Index {
        index: &'a Json,
        of: &'a Json,
    },
    /// A slice: of something, or alone as an index.
    Slice {
        ends: &'a [Json],
        of: Option<&'a Json>,
    },
    /// A list, a tuple or a set.
    List(&'a [Json]),
    Dict(&'a [Json]),
    If {
        condition: &'a Json,
        then: &'a Json,
        otherwise: &'a Json,
    },
    /// `and`, `or`.
    Logic {
        all: bool,
        parts: &'a [Json],
    },
    Compare {
        op: &'a str,
        left: &'a Json,
        right: &'a Json,
    },
    /// What has no form of its own.
    Other,
}

/// A call of a function, or of a method where `function` is an attribute.
#[derive(Clone, Copy, Debug)]
pub(super) struct Call<'a> {
    pub(super) function: &'a Json,
    pub(super) arguments: Arguments<'a>,
}

/// The arguments of a call or a terminal.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Arguments<'a> {
    pub(super) positional: &'a [Json],
    named: Option<&'a Map<String, Json>>,
}

impl<'a> Arguments<'a> {
    /// The arguments beside a `call` or a `terminal`.
    pub(super) fn of(node: &'a Json) -> Self {
        Self {
            positional: list(node, "args"),
            named: node.get("kwargs").and_then(Json::as_object),
        }
    }

    /// The named ones, sorted by name as Django sorts them.
    pub(super) fn named(&self) -> impl Iterator<Item = (&'a str, &'a Json)> + use<'a> {
        let mut named: Vec<_> = self
            .named
            .into_iter()
            .flatten()
            .map(|(name, value)| (name.as_str(), value))
            .collect();
        named.sort_unstable_by_key(|&(name, _)| name);
        named.into_iter()
    }

    pub(super) fn get(&self, name: &str) -> Option<&'a Json> {
        self.named?.get(name)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.positional.is_empty() && self.named.is_none_or(Map::is_empty)
    }
}

impl<'a> Node<'a> {
    pub(super) fn of(json: &'a Json) -> Self {
        let Some(object) = json.as_object() else {
            return Self::Other;
        };
        let text = |name: &str| object.get(name).and_then(Json::as_str);
        let get = |name: &str| object.get(name);
        if let Some(function) = get("call") {
            return Self::Call(Call {
                function,
                arguments: Arguments::of(json),
            });
        }
        if let (Some(name), Some(of)) = (text("attr"), get("of")) {
            return Self::Attr { name, of };
        }
        if let Some(name) = text("name") {
            return Self::Name(name);
        }
        if let Some(value) = get("const") {
            return Self::Const(value);
        }
        if let Some(digits) = text("int") {
            return Self::Int(digits);
        }
        if let Some(bytes) = text("bytes") {
            return Self::Bytes(bytes);
        }
        if let Some(ends) = get("slice").and_then(Json::as_array) {
            let of = get("of");
            return Self::Slice { ends, of };
        }
        if let (Some(left), Some(right)) = (get("left"), get("right")) {
            if let Some(op) = text("op") {
                return Self::Op { op, left, right };
            }
            if let Some(op) = text("compare") {
                return Self::Compare { op, left, right };
            }
        }
        if let (Some(op), Some(of)) = (text("unary"), get("of")) {
            return Self::Unary { op, of };
        }
        if let (Some(index), Some(of)) = (get("index"), get("of")) {
            return Self::Index { index, of };
        }
        if let (Some(condition), Some(then), Some(otherwise)) =
            (get("if"), get("then"), get("else"))
        {
            return Self::If {
                condition,
                then,
                otherwise,
            };
        }
        for kind in ["list", "tuple", "set"] {
            if let Some(items) = get(kind).and_then(Json::as_array) {
                return Self::List(items);
            }
        }
        for (kind, all) in [("and", true), ("or", false)] {
            if let Some(parts) = get(kind).and_then(Json::as_array) {
                return Self::Logic { all, parts };
            }
        }
        if let Some(pairs) = get("dict").and_then(Json::as_array) {
            return Self::Dict(pairs);
        }
        Self::Other
    }
}

impl<'a> Call<'a> {
    /// The method's name and what it is called on.
    pub(super) fn method(&self) -> Option<(&'a str, &'a Json)> {
        match Node::of(self.function) {
            Node::Attr { name, of } => Some((name, of)),
            _ => None,
        }
    }

    /// The function's name.
    pub(super) fn name(&self) -> Option<&'a str> {
        match Node::of(self.function) {
            Node::Name(name) => Some(name),
            _ => None,
        }
    }
}

fn list<'a>(node: &'a Json, name: &str) -> &'a [Json] {
    node.get(name)
        .and_then(Json::as_array)
        .map_or(&[], Vec::as_slice)
}
