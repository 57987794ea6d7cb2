//! Related rows in the same statement.

use super::QuerySet;
use crate::loading::Related;
use crate::meta::ModelMeta;
use crate::model::{Model, ModelFields};
use crate::path::Path;

impl<M: Model> QuerySet<M> {
    /// The rows with those that relations lead to, in one statement: through foreign keys, and the
    /// other side of one-to-one relations, any number of them one behind another.
    ///
    /// Django: `select_related("author__publisher")`, here
    /// `select_related(|b| b.author().publisher())`, several relations as a tuple, or
    /// [`select_related_names`](Self::select_related_names)`(["author__publisher"])`. Calls add up.
    ///
    /// Each row has its own copy of a related row, but rows of a large result may share one, as those
    /// of [`prefetch_related`](Self::prefetch_related) do. A relation that leads to several rows is an error of kind
    /// [`Field`](crate::ErrorKind::Field) when the query is read, and so is one that the model of
    /// another crate added (`related_name`): a struct has no place for rows of a type that its
    /// crate does not know. Select from that other model instead, which has the key.
    ///
    /// ```
    /// use queryset::{Database, ForeignKey, Model, Result};
    ///
    /// #[derive(Model)]
    /// struct Publisher {
    ///     #[model(primary_key)]
    ///     id: i64,
    ///     name: String,
    /// }
    ///
    /// #[derive(Model)]
    /// struct Book {
    ///     #[model(primary_key)]
    ///     id: i64,
    ///     title: String,
    ///     publisher: Option<ForeignKey<Publisher>>,
    /// }
    ///
    /// fn imprint(db: &Database) -> Result<Vec<String>> {
    ///     let books = Book::objects().select_related(|b| b.publisher()).list(db)?;
    ///     books
    ///         .into_iter()
    ///         .map(|book| {
    ///             Ok(match &book.publisher {
    ///                 Some(publisher) => format!("{}: {}", publisher.loaded()?.name, book.title),
    ///                 None => book.title,
    ///             })
    ///         })
    ///         .collect()
    /// }
    /// # let _ = imprint;
    /// ```
    pub fn select_related<P: IntoRelations<M>>(
        self,
        relations: impl FnOnce(M::Fields<M>) -> P,
    ) -> Self {
        let mut names = Vec::new();
        relations(M::fields(Path::ROOT)).for_each(&mut |path| names.push(name(M::meta(), path)));
        self.select_related_names(names)
    }
}

impl<T> QuerySet<T> {
    /// The rows with those that these paths lead to: [`select_related`](QuerySet::select_related)
    /// in Django's spelling.
    pub fn select_related_names<N: Into<Box<str>>>(
        self,
        paths: impl IntoIterator<Item = N>,
    ) -> Self {
        self.change(|query| {
            let paths = paths.into_iter().map(Into::into);
            query.loading().select_related(paths);
        })
    }

    /// The rows with those behind every foreign key that cannot be NULL, up to six relations deep:
    /// Django's `select_related()` without names, which replaces what was named before.
    pub fn select_related_all(self) -> Self {
        self.change(|query| query.loading().set_related(Related::Required))
    }

    /// The rows without related ones: Django's `select_related(None)`.
    pub fn select_related_none(self) -> Self {
        self.change(|query| query.loading().set_related(Related::None))
    }
}

/// What [`select_related`](QuerySet::select_related) and
/// [`prefetch_related`](QuerySet::prefetch_related) take: a relation, or a tuple of up to six.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no relation of `{R}`",
    note = "return a relation such as `b.author()`, or a tuple of them"
)]
pub trait IntoRelations<R> {
    /// Hands each path over, the first first.
    #[doc(hidden)]
    fn for_each(self, take: &mut dyn FnMut(Path));
}

#[diagnostic::do_not_recommend]
impl<R, F: ModelFields<Root = R>> IntoRelations<R> for F {
    fn for_each(self, take: &mut dyn FnMut(Path)) {
        take(self.path());
    }
}

macro_rules! tuple {
    ($($name:ident $index:tt),*) => {
        #[diagnostic::do_not_recommend]
        impl<R, $($name: ModelFields<Root = R>),*> IntoRelations<R> for ($($name,)*) {
            fn for_each(self, take: &mut dyn FnMut(Path)) {
                $(take(self.$index.path());)*
            }
        }
    };
}

tuple!(A 0, B 1);
tuple!(A 0, B 1, C 2);
tuple!(A 0, B 1, C 2, D 3);
tuple!(A 0, B 1, C 2, D 3, E 4);
tuple!(A 0, B 1, C 2, D 3, E 4, F 5);

/// The path in Django's spelling. One that leads nowhere ends in a name that no model has.
pub(super) fn name(meta: &ModelMeta, path: Path) -> String {
    let mut names = Vec::new();
    let mut next;
    let mut at = meta;
    for &hop in path.hops() {
        let Some(relation) = at.relation_at(usize::from(hop)) else {
            names.push("?".to_owned());
            break;
        };
        names.push(relation.name().to_owned());
        let Some(target) = relation.target().resolve() else {
            break;
        };
        next = target;
        at = &next;
    }
    if path.is_too_long() {
        names.push("?".to_owned());
    }
    names.join("__")
}
