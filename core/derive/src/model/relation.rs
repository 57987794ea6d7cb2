//! A field that is no column: the place for related rows that other tables refer by.

use proc_macro2::Ident;
use syn::ext::IdentExt;
use syn::{Attribute, LitStr, Path, Type, Visibility};

use super::Model;

/// A field for related rows.
pub(super) struct Related {
    pub(super) ident: Ident,
    pub(super) vis: Visibility,
    pub(super) ty: Type,
    pub(super) kind: Kind,
    pub(super) target: Type,
    pub(super) docs: Vec<Attribute>,
    /// `Book::author` of `reverse(Book::author)`.
    pub(super) reverse: Option<RelationPath>,
    /// The two foreign keys of `through(Stock::store, Stock::book)`.
    pub(super) through: Option<(RelationPath, RelationPath)>,
    /// What the target calls the other side, where it does not declare it.
    pub(super) related_name: Option<LitStr>,
    /// The table, and its columns for this model and for the target.
    pub(super) through_table: Option<[LitStr; 3]>,
}

#[derive(Clone, Copy, PartialEq)]
pub(super) enum Kind {
    Reverse,
    ReverseOne,
    ManyToMany,
}

/// A relation of a model, said as a path to its field.
#[derive(Clone)]
pub(super) struct RelationPath {
    pub(super) model: Path,
    pub(super) field: Ident,
    pub(super) path: Path,
}

impl RelationPath {
    /// `None` for a path of one name.
    pub(super) fn new(path: &Path) -> Option<Self> {
        let mut model = path.clone();
        let field = model.segments.pop()?.into_value().ident;
        // Without the `::` in front of the name that went.
        model.segments.pop_punct();
        let named = !model.segments.is_empty();
        named.then(|| Self {
            model,
            field,
            path: path.clone(),
        })
    }
}

impl RelationPath {
    /// The model, also where it is said as `Self`.
    pub(super) fn model(&self, own: &Model) -> Path {
        match self.model.is_ident("Self") {
            true => own.ident.clone().into(),
            false => self.model.clone(),
        }
    }

    /// The relation's name.
    pub(super) fn name(&self) -> String {
        self.field.unraw().to_string()
    }
}

impl Related {
    pub(super) fn field(&self) -> String {
        self.ident.unraw().to_string()
    }
}

/// A relation of the model, in the order of the metadata: foreign keys, then the others.
pub(super) enum Relation<'m> {
    /// The column at this position.
    Column(usize, &'m super::Column),
    Related(&'m Related),
}

impl Relation<'_> {
    pub(super) fn field(&self) -> String {
        match self {
            Self::Column(_, column) => column.field(),
            Self::Related(related) => related.field(),
        }
    }

    pub(super) fn ident(&self) -> &Ident {
        match self {
            Self::Column(_, column) => &column.ident,
            Self::Related(related) => &related.ident,
        }
    }

    pub(super) fn related_name(&self) -> Option<&LitStr> {
        match self {
            Self::Column(_, column) => column.related_name.as_ref(),
            Self::Related(related) => related.related_name.as_ref(),
        }
    }

    /// The target's type; a column without one is no relation.
    pub(super) fn target(&self) -> Option<&Type> {
        match self {
            Self::Column(_, column) => column.foreign_key.as_ref().map(|key| &key.target),
            Self::Related(related) => Some(&related.target),
        }
    }
}

impl Model {
    /// The relations, each at its position in the metadata.
    pub(super) fn relations(&self) -> impl Iterator<Item = Relation<'_>> {
        let columns = self.columns.iter().enumerate();
        let keys = columns.filter(|(_, column)| column.foreign_key.is_some());
        let keys = keys.map(|(index, column)| Relation::Column(index, column));
        keys.chain(self.related.iter().map(Relation::Related))
    }
}
