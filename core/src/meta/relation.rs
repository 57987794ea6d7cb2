//! Relations between models.

use std::sync::Arc;

use smallvec::SmallVec;

use super::through::Through;
use super::{ModelMeta, ModelRef};

/// A relation, seen from one of its two models.
///
/// | constructor | Django |
/// |---|---|
/// | [`foreign_key`](Self::foreign_key) | `ForeignKey`; with [`one_to_one`](Self::one_to_one) `OneToOneField` |
/// | [`composite`](Self::composite) | a key of several columns |
/// | [`many_to_many`](Self::many_to_many) | `ManyToManyField`; with [`through`](Self::through) by a model of its own |
/// | [`reverse`](Self::reverse) | the other side of any of these, as the target sees it |
///
/// The other side is a relation too, known to the target by its own list: a [`ModelSet`] adds it,
/// and a model that is built alone or derived says it.
///
/// [`ModelSet`]: super::ModelSet
#[derive(Clone, Debug)]
pub struct RelationMeta {
    name: Box<str>,
    target: ModelRef,
    link: Link,
    /// What the target calls the other side; `+` at its end for nothing.
    related_name: Option<Box<str>>,
    related_query_name: Option<Box<str>>,
}

/// What ties the two models.
#[derive(Clone, Debug)]
pub(super) enum Link {
    /// Columns of this model hold a key of the target.
    Forward {
        columns: SmallVec<[Box<str>; 1]>,
        /// The target's columns in the same order; its primary key's unless it is said.
        to: Option<SmallVec<[Box<str>; 1]>>,
        unique: bool,
    },
    /// The relation of this name, of the target, leads here.
    Reverse(Box<str>),
    /// Rows of a third table hold keys of both.
    Through(Arc<Through>),
}

/// How many rows a relation leads to, and from which side it is seen.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RelationKind {
    /// A column of this model holds the target's key: at most one row.
    ForeignKey,
    /// As a foreign key, and no two rows hold the same key.
    OneToOne,
    /// Rows of a third table hold the keys of both: any number of rows.
    ManyToMany,
    /// The rows of the target that refer to this one: any number.
    ReverseForeignKey,
    /// The row of the target that refers to this one: at most one.
    ReverseOneToOne,
    /// A relation through a third table, seen from its target: any number of rows.
    ReverseManyToMany,
}

impl RelationKind {
    /// Whether the relation may lead to several rows.
    pub const fn is_to_many(self) -> bool {
        matches!(
            self,
            Self::ManyToMany | Self::ReverseForeignKey | Self::ReverseManyToMany
        )
    }

    /// Whether this model is the one that declares the relation.
    pub const fn is_forward(self) -> bool {
        matches!(self, Self::ForeignKey | Self::OneToOne | Self::ManyToMany)
    }
}

impl RelationMeta {
    fn new(name: impl Into<Box<str>>, target: ModelRef, link: Link) -> Self {
        Self {
            name: name.into(),
            target,
            link,
            related_name: None,
            related_query_name: None,
        }
    }

    /// A foreign key named `name`, kept in the attribute `column` of this model, to `target`'s
    /// primary key.
    pub fn foreign_key(
        name: impl Into<Box<str>>,
        column: impl Into<Box<str>>,
        target: ModelRef,
    ) -> Self {
        Self::composite(name, [column], target)
    }

    /// A foreign key of several columns: the attributes of this model that hold the parts of
    /// `target`'s primary key, in the key's order.
    pub fn composite<C: Into<Box<str>>>(
        name: impl Into<Box<str>>,
        columns: impl IntoIterator<Item = C>,
        target: ModelRef,
    ) -> Self {
        let link = Link::Forward {
            columns: columns.into_iter().map(Into::into).collect(),
            to: None,
            unique: false,
        };
        Self::new(name, target, link)
    }

    /// A relation from many to many. Unless [`through`](Self::through) says otherwise, its rows
    /// are in a table as Django names it: `book_authors` with the columns `book_id` and
    /// `author_id` for the relation `authors` of `Book`, whose table is `book`, to `Author`.
    pub fn many_to_many(name: impl Into<Box<str>>, target: ModelRef) -> Self {
        let name = name.into();
        let through = Through::automatic(name.clone());
        Self::new(name, target, Link::Through(Arc::new(through)))
    }

    /// The other side of a relation, as its target sees it: the rows of `source` whose relation
    /// `relation` leads to this model.
    pub fn reverse(
        name: impl Into<Box<str>>,
        source: ModelRef,
        relation: impl Into<Box<str>>,
    ) -> Self {
        Self::new(name, source, Link::Reverse(relation.into()))
    }

    /// The key refers to this attribute of the target instead of its primary key.
    #[must_use]
    pub fn to_column(self, column: impl Into<Box<str>>) -> Self {
        self.to_columns([column])
    }

    /// The parts of the key refer to these attributes of the target instead of its primary key.
    #[must_use]
    pub fn to_columns<C: Into<Box<str>>>(mut self, names: impl IntoIterator<Item = C>) -> Self {
        if let Link::Forward { to, .. } = &mut self.link {
            *to = Some(names.into_iter().map(Into::into).collect());
        }
        self
    }

    /// At most one row refers to each target.
    #[must_use]
    pub fn one_to_one(mut self) -> Self {
        if let Link::Forward { unique, .. } = &mut self.link {
            *unique = true;
        }
        self
    }

    /// The rows of a relation from many to many are those of a model of the program's own, whose
    /// foreign keys `source` and `target` lead to this model and to the target.
    #[must_use]
    pub fn through(
        mut self,
        model: ModelRef,
        source: impl Into<Box<str>>,
        target: impl Into<Box<str>>,
    ) -> Self {
        if let Link::Through(through) = &mut self.link {
            *through = Arc::new(Through::own(model, source.into(), target.into()));
        }
        self
    }

    /// The table of a relation from many to many, and its columns with the keys of this model and
    /// of the target.
    #[must_use]
    pub fn through_table(
        mut self,
        table: impl Into<Box<str>>,
        source_column: impl Into<Box<str>>,
        target_column: impl Into<Box<str>>,
    ) -> Self {
        if let Link::Through(through) = &mut self.link {
            let through_table =
                Through::table(table.into(), source_column.into(), target_column.into());
            *through = Arc::new(through_table);
        }
        self
    }

    /// What the target calls the other side; without it the model's name in lower case. With a
    /// `+` at its end the target does not know the other side.
    #[must_use]
    pub fn related_name(mut self, name: impl Into<Box<str>>) -> Self {
        self.related_name = Some(name.into());
        self
    }

    /// What paths from the target call the other side, where it is not
    /// [`related_name`](Self::related_name).
    #[must_use]
    pub fn related_query_name(mut self, name: impl Into<Box<str>>) -> Self {
        self.related_query_name = Some(name.into());
        self
    }

    /// The relation's name in paths.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The attribute of this model that holds the key; `None` where no single one does.
    pub fn column(&self) -> Option<&str> {
        match &self.link {
            Link::Forward { columns, .. } => match columns.as_slice() {
                [column] => Some(column),
                _ => None,
            },
            Link::Reverse(_) | Link::Through(_) => None,
        }
    }

    /// The attributes of this model that hold the key; none where another table does.
    pub fn columns(&self) -> impl ExactSizeIterator<Item = &str> {
        let columns = match &self.link {
            Link::Forward { columns, .. } => columns.as_slice(),
            Link::Reverse(_) | Link::Through(_) => &[],
        };
        columns.iter().map(|column| &**column)
    }

    /// The model that it leads to.
    pub fn target(&self) -> &ModelRef {
        &self.target
    }

    /// The attributes of the target that the key refers to, where it is not the primary key.
    pub fn target_columns(&self) -> Option<impl ExactSizeIterator<Item = &str>> {
        match &self.link {
            Link::Forward { to, .. } => Some(to.as_ref()?.iter().map(|column| &**column)),
            Link::Reverse(_) | Link::Through(_) => None,
        }
    }

    /// The name of the target's relation whose other side this is.
    pub fn reverse_of(&self) -> Option<&str> {
        match &self.link {
            Link::Reverse(name) => Some(name),
            Link::Forward { .. } | Link::Through(_) => None,
        }
    }

    /// Whether at most one row refers to each target.
    pub fn is_one_to_one(&self) -> bool {
        matches!(self.link, Link::Forward { unique: true, .. })
    }

    /// Which side of what it is; `None` for the other side of a relation that is not there.
    pub fn kind(&self) -> Option<RelationKind> {
        Some(match &self.link {
            Link::Forward { unique: false, .. } => RelationKind::ForeignKey,
            Link::Forward { unique: true, .. } => RelationKind::OneToOne,
            Link::Through(_) => RelationKind::ManyToMany,
            Link::Reverse(name) => {
                let source = self.target.resolve()?;
                let forward = &source.relations()[source.relation_position(name)?];
                match &forward.link {
                    Link::Forward { unique: false, .. } => RelationKind::ReverseForeignKey,
                    Link::Forward { unique: true, .. } => RelationKind::ReverseOneToOne,
                    Link::Through(_) => RelationKind::ReverseManyToMany,
                    Link::Reverse(_) => return None,
                }
            }
        })
    }

    /// Whether its rows are in a table that has no model of its own, and it is the side that
    /// declares it.
    pub(crate) fn is_through_automatic(&self) -> bool {
        matches!(&self.link, Link::Through(through) if through.is_automatic())
    }

    /// The model of the rows that tie `source`, which this is a relation of, to the target:
    /// `None` unless it is a relation from many to many that is complete.
    pub fn through_model(&self, source: &ModelMeta) -> Option<Arc<ModelMeta>> {
        match &self.link {
            Link::Forward { .. } => None,
            Link::Through(through) => through.model(source, &self.target),
            Link::Reverse(name) => {
                let source = self.target.resolve()?;
                let forward = &source.relations()[source.relation_position(name)?];
                match &forward.link {
                    Link::Through(through) => through.model(&source, &forward.target),
                    _ => None,
                }
            }
        }
    }

    /// The same relation from many to many, or its other side, as the target sees it, whether or
    /// not the target knows of it. `model` is the one that this is a relation of.
    pub(crate) fn turned(&self, model: &Arc<ModelMeta>) -> Option<Self> {
        match &self.link {
            Link::Reverse(name) => {
                let target = self.target.resolve()?;
                let position = target.relation_position(name)?;
                target.relations().get(position).cloned()
            }
            Link::Forward { .. } | Link::Through(_) => {
                let back = ModelRef::dynamic();
                back.set(model);
                Some(Self::reverse("+", back, self.name.clone()))
            }
        }
    }

    pub(super) fn link(&self) -> &Link {
        &self.link
    }

    /// What paths from the target call the other side; `None` if the target does not know it.
    pub(super) fn name_of_reverse(&self, model: &str) -> Option<Box<str>> {
        if matches!(self.link, Link::Reverse(_)) {
            return None;
        }
        let name = self
            .related_query_name
            .as_ref()
            .or(self.related_name.as_ref());
        match name {
            Some(name) if name.ends_with('+') => None,
            Some(name) => Some(name.clone()),
            None => Some(model.to_lowercase().into()),
        }
    }

    /// The references that wait for a model of the same set.
    pub(super) fn references(&self) -> impl Iterator<Item = &ModelRef> {
        let through = match &self.link {
            Link::Through(through) => through.reference(),
            Link::Forward { .. } | Link::Reverse(_) => None,
        };
        [&self.target].into_iter().chain(through)
    }
}
