//! Orderings by name.

use super::place::{Named, place_from};
use super::{push_term, unknown_lookup};
use crate::condition::Invalid;
use crate::error::ErrorKind;
use crate::meta::{ModelMeta, Owner};
use crate::order::{OrderTerm, Term};
use crate::path::Path;
use crate::query::Terms;

/// The terms of an ordering by name; a column that came before is left out.
pub(crate) fn order(term: &OrderTerm, meta: &ModelMeta, into: &mut Terms) -> Result<(), Invalid> {
    // Django looks only at the first name of a path before it evaluates the query.
    let first = term.path().split("__").next().unwrap_or_default();
    let is_known =
        first == "pk" || meta.position(first).is_some() || meta.relation_position(first).is_some();
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
        if term.path() == "?" {
            into.push(Term::Random);
            return Ok(());
        }
        // A term that says where NULLs stand is an expression, which Django never turns round.
        let descending = term.is_descending() != (self.reversed && term.nulls().is_none());
        let (place, rest) = place_from(term.path(), self.path, self.model)?;
        if !rest.is_empty() {
            return Err(unknown_lookup(term.path(), rest, &place));
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
