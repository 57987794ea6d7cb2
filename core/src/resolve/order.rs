//! Orderings by name.

use super::expression::{node_at, source};
use super::place::{Named, place_from};
use super::transform::Chain;
use super::{own_column, push_term, unknown_lookup};
use crate::condition::{ColumnRef, Invalid};
use crate::error::ErrorKind;
use crate::expression::Expression;
use crate::meta::{ModelMeta, Owner};
use crate::order::{By, OrderTerm, Term};
use crate::path::Path;
use crate::query::Terms;

/// The terms of an ordering by name; a column that came before is left out.
pub(crate) fn order(term: &OrderTerm, meta: &ModelMeta, into: &mut Terms) -> Result<(), Invalid> {
    // Django looks only at the first name of a path before it evaluates the query, and not even
    // at that of an expression.
    let is_known = term.path().is_none_or(|path| {
        let first = path.split("__").next().unwrap_or_default();
        first == "pk" || meta.position(first).is_some() || meta.find_relation(first).is_some()
    });
    let start = Start {
        path: Path::ROOT,
        model: Owner::Root(meta),
        reversed: false,
    };
    start
        .order(term, into, &mut Vec::new())
        .map_err(|invalid| match is_known {
            true => invalid.late(),
            false => invalid,
        })
}

/// Where the names of an ordering begin.
struct Start<'m> {
    path: Path,
    model: Owner<'m>,
    reversed: bool,
}

impl Start<'_> {
    fn order(
        self,
        term: &OrderTerm,
        into: &mut Terms,
        // The paths whose model's own ordering is being followed, by that model.
        followed: &mut Vec<u64>,
    ) -> Result<(), Invalid> {
        let name = match &term.by {
            By::Path(name) => name,
            By::Expression(Expression(node)) => {
                let node = node_at(node.clone(), self.path, &self.model)?;
                // An expression is never turned round by the relation that leads to it.
                let term = Term::by(node, term.is_descending(), term.nulls());
                push_term(into, term);
                return Ok(());
            }
        };
        if **name == *"?" {
            into.push(Term::Random);
            return Ok(());
        }
        // A term that says where NULLs stand is an expression, which Django never turns round.
        let descending = term.is_descending() != (self.reversed && term.nulls().is_none());
        let (place, rest) = place_from(name, self.path, self.model)?;
        if !rest.is_empty() {
            let Named::Column(index) = place.field else {
                return Err(unknown_lookup(name, rest, &place));
            };
            let chain = match Chain::read(rest, place.model.columns()[index].ty()) {
                Ok(chain) if chain.lookup.is_none() => chain,
                _ => return Err(unknown_lookup(name, rest, &place)),
            };
            let node = chain.of(source(&place, index)?);
            push_term(into, Term::by(node, descending, term.nulls()));
            return Ok(());
        }
        if let Named::Relation {
            name, target, path, ..
        } = &place.field
            // A term that says where NULLs stand is about the key itself.
            && term.nulls().is_none()
            && !target.ordering().is_empty()
        {
            if followed.contains(&target.id()) {
                let message = format!(
                    "ordering by '{name}' never ends, since the ordering of {} leads back to it",
                    target.name()
                );
                return Err(Invalid::new(ErrorKind::Field, message));
            }
            followed.push(target.id());
            for own in target.ordering() {
                let start = Start {
                    path: *path,
                    model: Owner::Related(target.clone()),
                    reversed: descending,
                };
                start.order(own, into, followed)?;
            }
            followed.pop();
            return Ok(());
        }
        if let Named::Relation { refers, path, .. } = &place.field {
            // The target's key, which is taken from this side; but for whether rows are in a total
            // order it is none of this model's columns.
            for &index in refers {
                let column = ColumnRef {
                    path: *path,
                    index: own_column(index)?.index,
                };
                let node = Term::Column {
                    column,
                    descending,
                    nulls: term.nulls(),
                };
                push_term(into, node);
            }
            return Ok(());
        }
        for &index in place.columns() {
            let term = Term::Column {
                column: place.at(index)?,
                descending,
                nulls: term.nulls(),
            };
            push_term(into, term);
        }
        Ok(())
    }
}
