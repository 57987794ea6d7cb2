//! Comparisons with the rows of a query.

use super::expression::source;
use super::transform::Chain;
use super::{Named, Place};
use crate::condition::{Condition, Invalid};
use crate::error::ErrorKind;
use crate::expression::Node;
use crate::lookup::Lookup;
use crate::subquery::Subselect;

pub(super) fn compare(
    place: &Place<'_>,
    chain: &Chain,
    lookup: Lookup,
    query: Subselect,
) -> Result<Condition, Invalid> {
    // The rows of another model than the relation's would be compared by keys of different things.
    if let Named::Relation { name, target, .. } = &place.field
        && query.is_of_keys()
        && query.query().meta.id() != target.id()
    {
        let message = format!(
            "the relation '{name}' leads to {}, and cannot be compared with rows of {}",
            target.name(),
            query.query().meta.name()
        );
        return Err(Invalid::new(ErrorKind::Value, message));
    }
    let left = match *place.columns() {
        [index] => chain.of(source(place, index)?),
        ref parts => {
            let parts = parts.iter().map(|&index| source(place, index));
            Node::Row(parts.collect::<Result<_, _>>()?)
        }
    };
    Ok(query.compare(left, lookup))
}
