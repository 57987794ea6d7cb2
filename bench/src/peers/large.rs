//! A query of sixty conditions over twelve relations.

use queryset::{ForeignKey, Model, QuerySet};

/// A row that refers to twelve others.
#[derive(Model, Clone, Debug)]
#[model(table = "hubs")]
pub(super) struct Hub {
    #[model(primary_key)]
    id: i64,
    a: ForeignKey<Spoke>,
    b: ForeignKey<Spoke>,
    c: ForeignKey<Spoke>,
    d: ForeignKey<Spoke>,
    e: ForeignKey<Spoke>,
    f: ForeignKey<Spoke>,
    g: ForeignKey<Spoke>,
    h: ForeignKey<Spoke>,
    i: ForeignKey<Spoke>,
    j: ForeignKey<Spoke>,
    k: ForeignKey<Spoke>,
    l: ForeignKey<Spoke>,
}

/// What it refers to.
#[derive(Model, Clone, Debug)]
#[model(table = "spokes")]
pub(super) struct Spoke {
    #[model(primary_key)]
    id: i64,
    name: String,
    size: i32,
    weight: f64,
    active: bool,
}

/// Five conditions on each of the twelve.
pub(super) fn query(key: i64) -> QuerySet<Hub> {
    macro_rules! five {
        ($query:expr, $($relation:ident)*) => {
            $query$(.filter(|hub| {
                let spoke = hub.$relation();
                spoke.id.gt(key)
                    & spoke.name.gte("item")
                    & spoke.size.lte(7)
                    & spoke.weight.lt(2.5)
                    & spoke.active.eq(true)
            }))*
        };
    }
    five!(Hub::objects(), a b c d e f g h i j k l)
}
