//! What the code of the derives calls. It is no part of the interface and may change at any time.

pub use std::sync::Arc;
pub use std::vec;
pub use std::vec::Vec;

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

pub use crate::model::copy::Lender;
pub use crate::model::fields::NoFields;
pub use crate::model::holder::{Forward, Holder, Placed, is_one_to_one, related_set};
pub use crate::related::{Loadable, Slot};

use crate::field::DecodeError;
use crate::meta::{ColumnMeta, ModelMeta, ModelRef, RelationMeta};
use crate::model::Model;
use crate::query::ORIGIN;
use crate::queryset::QuerySet;
use crate::value::{ColumnType, Value, ValueRef};

/// The metadata of a derived model, built when it is first asked for.
#[derive(Debug)]
pub struct LazyMeta {
    spec: &'static ModelSpec,
    meta: OnceLock<Arc<ModelMeta>>,
    /// The targets that do not declare the other side of a relation were told it.
    told: AtomicBool,
}

/// A model as constants. A table of constants costs next to nothing to compile, where a call for
/// every column would be most of a derive's cost.
#[derive(Debug)]
pub struct ModelSpec {
    pub name: &'static str,
    pub table: &'static str,
    pub schema: Option<&'static str>,
    pub columns: &'static [ColumnSpec],
    pub relations: &'static [RelationSpec],
    pub ordering: &'static [&'static str],
    pub latest_by: &'static [&'static str],
    pub primary_key: &'static [&'static str],
    pub unique_together: &'static [&'static [&'static str]],
    /// What tells targets of the other side of a relation.
    pub tells: &'static [fn()],
}

#[derive(Debug)]
pub struct ColumnSpec {
    name: &'static str,
    column: &'static str,
    ty: ColumnType,
    nullable: bool,
    unique: bool,
    primary_key: bool,
    max_length: Option<u32>,
    digits: Option<(u8, u8)>,
    deferrable: bool,
}

#[derive(Debug)]
pub struct RelationSpec {
    name: &'static str,
    target: fn() -> &'static Arc<ModelMeta>,
    link: LinkSpec,
}

#[derive(Debug)]
enum LinkSpec {
    Forward {
        columns: &'static [&'static str],
        to: &'static [&'static str],
        one_to_one: bool,
    },
    /// The relation of the target whose other side it is.
    Reverse(&'static str),
    /// The table and its two columns, if they are not called as usual.
    ManyToMany(Option<[&'static str; 3]>),
    Through {
        model: fn() -> &'static Arc<ModelMeta>,
        source: &'static str,
        target: &'static str,
    },
}

impl LazyMeta {
    pub const fn new(spec: &'static ModelSpec) -> Self {
        Self {
            spec,
            meta: OnceLock::new(),
            told: AtomicBool::new(false),
        }
    }

    #[inline]
    pub fn meta(&self) -> &Arc<ModelMeta> {
        let meta = self.meta.get_or_init(|| self.spec.build());
        if !self.spec.tells.is_empty() && !self.told.load(Ordering::Relaxed) {
            self.tell();
        }
        meta
    }

    #[cold]
    fn tell(&self) {
        // Before and not after, since a target may refer back here.
        if !self.told.swap(true, Ordering::Relaxed) {
            for tell in self.spec.tells {
                tell();
            }
        }
    }
}

/// Where the relation `name` of `M` stands: the other side of the relation `of` of `T`.
pub fn added<M: Model, T: Model>(name: &'static str, of: &'static str) -> u8 {
    let relation = RelationMeta::reverse(name, ModelRef::derived(T::meta), of);
    let position = M::meta().add_relation(&relation);
    // Where there is no room, a number that no relation has: the query then says so.
    position
        .and_then(|position| u8::try_from(position).ok())
        .unwrap_or(ORIGIN - 1)
}

/// The rows that a relation of `row` leads to which its model does not declare.
pub fn added_set<M: Model, T: Model>(row: &M, relation: u8) -> QuerySet<T> {
    let meta = M::meta();
    let key = meta
        .single_key()
        .and_then(|key| row.values().into_iter().nth(key));
    QuerySet::related(meta, usize::from(relation), key.unwrap_or(Value::Null))
}

impl ModelSpec {
    #[cold]
    fn build(&self) -> Arc<ModelMeta> {
        let mut builder = ModelMeta::builder(self.name)
            .table(self.table)
            .ordering(self.ordering.iter().copied())
            .latest_by(self.latest_by.iter().copied())
            .primary_key(self.primary_key.iter().copied());
        if let Some(schema) = self.schema {
            builder = builder.schema(schema);
        }
        for column in self.columns {
            builder = builder.column(column.build());
        }
        for relation in self.relations {
            builder = builder.relation(relation.build());
        }
        for set in self.unique_together {
            builder = builder.unique_together(set.iter().copied());
        }
        match builder.build() {
            Ok(meta) => meta,
            // The derive refuses at compile time what the builder refuses: no columns, a name
            // twice, a key of unknown columns.
            Err(error) => unreachable!("the derive let an invalid model through: {error}"),
        }
    }
}

impl ColumnSpec {
    pub const fn new(
        name: &'static str,
        column: &'static str,
        ty: ColumnType,
        nullable: bool,
    ) -> Self {
        Self {
            name,
            column,
            ty,
            nullable,
            unique: false,
            primary_key: false,
            max_length: None,
            digits: None,
            deferrable: false,
        }
    }

    #[must_use]
    pub const fn deferrable(mut self, deferrable: bool) -> Self {
        self.deferrable = deferrable;
        self
    }

    #[must_use]
    pub const fn unique(mut self) -> Self {
        self.unique = true;
        self
    }

    #[must_use]
    pub const fn primary_key(mut self) -> Self {
        self.primary_key = true;
        self
    }

    #[must_use]
    pub const fn max_length(mut self, characters: u32) -> Self {
        self.max_length = Some(characters);
        self
    }

    #[must_use]
    pub const fn digits(mut self, all: u8, behind_the_point: u8) -> Self {
        self.digits = Some((all, behind_the_point));
        self
    }

    fn build(&self) -> ColumnMeta {
        let mut column = ColumnMeta::new(self.name, self.ty)
            .column_name(self.column)
            .nullable(self.nullable);
        if self.unique {
            column = column.unique();
        }
        if self.primary_key {
            column = column.primary_key();
        }
        if let Some(characters) = self.max_length {
            column = column.max_length(characters);
        }
        if let Some((all, behind_the_point)) = self.digits {
            column = column.digits(all, behind_the_point);
        }
        if self.deferrable {
            column = column.deferrable();
        }
        column
    }
}

type Meta = fn() -> &'static Arc<ModelMeta>;

impl RelationSpec {
    /// A foreign key in these attributes, to the target's primary key.
    pub const fn foreign_key(
        name: &'static str,
        columns: &'static [&'static str],
        target: Meta,
    ) -> Self {
        let link = LinkSpec::Forward {
            columns,
            to: &[],
            one_to_one: false,
        };
        Self { name, target, link }
    }

    /// The rows of `source` whose relation `relation` leads here.
    pub const fn reverse(name: &'static str, source: Meta, relation: &'static str) -> Self {
        Self {
            name,
            target: source,
            link: LinkSpec::Reverse(relation),
        }
    }

    /// A relation through a table that is called as usual.
    pub const fn many_to_many(name: &'static str, target: Meta) -> Self {
        Self {
            name,
            target,
            link: LinkSpec::ManyToMany(None),
        }
    }

    /// The relation goes through this table; its columns hold the keys of this model and of the
    /// target.
    #[must_use]
    pub const fn table(
        mut self,
        table: &'static str,
        source: &'static str,
        target: &'static str,
    ) -> Self {
        self.link = LinkSpec::ManyToMany(Some([table, source, target]));
        self
    }

    /// The relation goes through this model, by its relations of these names.
    #[must_use]
    pub const fn through(
        mut self,
        model: Meta,
        source: &'static str,
        target: &'static str,
    ) -> Self {
        self.link = LinkSpec::Through {
            model,
            source,
            target,
        };
        self
    }

    #[must_use]
    pub const fn one_to_one(mut self) -> Self {
        if let LinkSpec::Forward { one_to_one, .. } = &mut self.link {
            *one_to_one = true;
        }
        self
    }

    /// The key refers to these attributes of the target.
    #[must_use]
    pub const fn to(mut self, attributes: &'static [&'static str]) -> Self {
        if let LinkSpec::Forward { to, .. } = &mut self.link {
            *to = attributes;
        }
        self
    }

    fn build(&self) -> RelationMeta {
        let target = ModelRef::derived(self.target);
        match self.link {
            LinkSpec::Forward {
                columns,
                to,
                one_to_one,
            } => {
                let columns = columns.iter().copied();
                let mut relation = RelationMeta::composite(self.name, columns, target);
                if !to.is_empty() {
                    relation = relation.to_columns(to.iter().copied());
                }
                match one_to_one {
                    true => relation.one_to_one(),
                    false => relation,
                }
            }
            LinkSpec::Reverse(of) => RelationMeta::reverse(self.name, target, of),
            LinkSpec::ManyToMany(None) => RelationMeta::many_to_many(self.name, target),
            LinkSpec::ManyToMany(Some([table, from, to])) => {
                RelationMeta::many_to_many(self.name, target).through_table(table, from, to)
            }
            LinkSpec::Through {
                model,
                source,
                target: to,
            } => RelationMeta::many_to_many(self.name, target).through(
                ModelRef::derived(model),
                source,
                to,
            ),
        }
    }
}

pub const fn has_length(ty: ColumnType) -> bool {
    matches!(ty, ColumnType::Text | ColumnType::Bytes)
}

pub const fn has_digits(ty: ColumnType) -> bool {
    matches!(ty, ColumnType::Decimal)
}

/// The text that an enum is kept as.
pub fn variant_text(value: ValueRef<'_>) -> Result<&str, DecodeError> {
    match value {
        ValueRef::Text(text) => Ok(text),
        _ => Err(DecodeError::wrong_kind()),
    }
}

#[cold]
pub fn unknown_variant(text: &str, known: &[&str]) -> DecodeError {
    DecodeError::because(format!("'{text}' is none of: {}", known.join(", ")))
}

#[cold]
pub fn unknown_number(value: ValueRef<'_>) -> DecodeError {
    match value {
        ValueRef::I64(number) => DecodeError::because(format!("no variant is {number}")),
        ValueRef::U64(number) => DecodeError::because(format!("no variant is {number}")),
        _ => DecodeError::wrong_kind(),
    }
}

pub fn text(text: &str) -> Value {
    Value::Text(text.into())
}
