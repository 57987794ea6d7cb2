//! Expressions whose columns are named by paths.

use super::place::place_from;
use super::transform::Chain;
use super::{Place, coerce, transform, unknown_lookup};
use crate::condition::{Condition, Invalid, Predicate, Side};
use crate::error::ErrorKind;
use crate::expression::{Expression, Node, Source};
use crate::lookup::Lookup;
use crate::meta::{ColumnMeta, ModelMeta, Owner};
use crate::operand::Operand;
use crate::path::Path;
use crate::value::ColumnType;

/// The tree with every name resolved.
pub(crate) fn node(node: Node, meta: &ModelMeta) -> Result<Node, Invalid> {
    node_at(node, Path::ROOT, &Owner::Root(meta))
}

/// The same where the names begin at the end of a path.
pub(super) fn node_at(node: Node, path: Path, model: &Owner<'_>) -> Result<Node, Invalid> {
    let inner = |inner: Box<Node>| node_at(*inner, path, model).map(Box::new);
    Ok(match node {
        Node::Named(name) => column(&name, path, model)?,
        Node::Transform(transform, of) => Node::Transform(transform, inner(of)?),
        Node::Arithmetic(operator, left, right) => {
            Node::Arithmetic(operator, inner(left)?, inner(right)?)
        }
        leaf @ (Node::Column(_) | Node::Value(_) | Node::Row(_)) => leaf,
    })
}

fn column(name: &str, path: Path, model: &Owner<'_>) -> Result<Node, Invalid> {
    let (place, rest) = place_from(name, path, model.clone())?;
    let [index] = *place.columns() else {
        let message = format!(
            "the key of {} has several parts, so it is no value",
            place.model.name()
        );
        return Err(Invalid::new(ErrorKind::Value, message));
    };
    match Chain::read(rest, place.model.columns()[index].ty()) {
        Ok(chain) if chain.lookup.is_none() => Ok(chain.of(source(&place, index)?)),
        _ => Err(unknown_lookup(name, rest, &place)),
    }
}

/// A column of a field as a value.
pub(super) fn source(place: &Place<'_>, index: usize) -> Result<Node, Invalid> {
    let column = &place.model.columns()[index];
    Ok(Node::Column(Source {
        at: place.at(index)?,
        ty: column.ty(),
        nullable: column.is_nullable(),
    }))
}

/// Whether the operand is computed, or some of it.
pub(super) fn is_computed(operand: &Operand) -> bool {
    match operand {
        Operand::Expression(_) => true,
        Operand::List(items) => items.iter().any(is_computed),
        Operand::Value(_) | Operand::Query(_) | Operand::Row(_) => false,
    }
}

/// A comparison of something computed. It is no path, whose NULLs a negation would keep.
pub(super) fn condition(
    left: Expression,
    lookup: Lookup,
    operand: Operand,
    meta: &ModelMeta,
) -> Result<Condition, Invalid> {
    let left = node(left.0, meta)?;
    let condition = match operand {
        Operand::Query(query) => query.into_select().compare(left, lookup),
        operand if is_computed(&operand) => {
            let made = ColumnMeta::new("expression", left.ty().unwrap_or(ColumnType::Text));
            compare(&made, left, lookup, operand, meta)?
        }
        operand => transform::compare("expression", left, lookup, operand)?,
    };
    Ok(match condition {
        Condition::Predicate(mut predicate) => {
            predicate.bare = true;
            Condition::Predicate(predicate)
        }
        other => other,
    })
}

/// A comparison with an operand that is computed.
pub(super) fn compare(
    column: &ColumnMeta,
    left: Node,
    lookup: Lookup,
    operand: Operand,
    meta: &ModelMeta,
) -> Result<Condition, Invalid> {
    let right = match (lookup, operand) {
        (Lookup::IsNull, _) => {
            let message = "isnull takes true or false, not an expression";
            return Err(Invalid::new(ErrorKind::Value, message).late());
        }
        (Lookup::In | Lookup::Range, Operand::List(items)) => {
            let nodes = items
                .into_iter()
                .map(|item| member(column, item, meta))
                .collect::<Result<Vec<_>, _>>()?;
            if lookup == Lookup::Range && nodes.len() != 2 {
                return Err(super::not_two_ends(nodes.len()));
            }
            Side::Nodes(nodes)
        }
        (Lookup::In | Lookup::Range, _) => {
            let message = format!(
                "the lookup '{}' takes a list, not an expression",
                lookup.name()
            );
            return Err(Invalid::new(ErrorKind::Type, message));
        }
        (_, Operand::Expression(Expression(right))) => Side::Node(node(right, meta)?),
        (_, _) => {
            let message = format!(
                "the lookup '{}' of column '{}' takes one value, not a list",
                lookup.name(),
                column.name()
            );
            return Err(Invalid::new(ErrorKind::Type, message));
        }
    };
    Ok(Predicate::new(left, lookup, right).into())
}

fn member(column: &ColumnMeta, item: Operand, meta: &ModelMeta) -> Result<Node, Invalid> {
    match item {
        Operand::Expression(Expression(item)) => node(item, meta),
        value => coerce::listed(column, value).map(Node::Value),
    }
}
