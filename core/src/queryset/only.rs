//! Which columns are read.

use super::QuerySet;
use crate::column::Column;
use crate::meta::ModelMeta;
use crate::model::{Deferred, Model};
use crate::path::Path;

impl<M: Model> QuerySet<M> {
    /// The rows without these columns, whose fields must be [`Deferred`].
    ///
    /// Django: `defer("body", "summary")`, here `defer(|a| (a.body, a.summary))` or
    /// [`defer_names`](Self::defer_names)`(["body", "summary"])`. Calls add up.
    pub fn defer<C: IntoDeferred<M>>(self, columns: impl FnOnce(M::Fields<M>) -> C) -> Self {
        let mut names = Vec::new();
        columns(M::fields(Path::ROOT))
            .for_each(&mut |path, column| names.push(column_name(M::meta(), path, column)));
        self.defer_names(names)
    }

    /// The rows with only these of their [`Deferred`] columns; columns of other types are read in
    /// any case, since a struct has no place for their absence.
    ///
    /// Django: `only("title", "body")`, here `only(|a| a.body)`; the closest to Django's is
    /// [`only_names`](Self::only_names) of [`Record`](crate::Record)s. A later call replaces an
    /// earlier one.
    pub fn only<C: IntoDeferred<M>>(self, columns: impl FnOnce(M::Fields<M>) -> C) -> Self {
        let meta = M::meta();
        let all = meta.columns().iter();
        let fixed = all.filter(|column| !column.is_deferrable());
        let mut names: Vec<String> = fixed.map(|column| column.name().to_owned()).collect();
        columns(M::fields(Path::ROOT))
            .for_each(&mut |path, column| names.push(column_name(meta, path, column)));
        self.only_names(names)
    }
}

impl<T> QuerySet<T> {
    /// The rows without these columns: [`defer`](QuerySet::defer) in Django's spelling. The primary
    /// key is always read; a path such as `author__name` leaves out a column of a related row that
    /// [`select_related`](QuerySet::select_related) reads.
    ///
    /// A [`Record`](crate::Record) then lacks the columns. The rows of a struct must have
    /// [`Deferred`] fields for them: others are an error of kind [`Type`](crate::ErrorKind::Type).
    pub fn defer_names<N: Into<Box<str>>>(self, names: impl IntoIterator<Item = N>) -> Self {
        self.change(|query| {
            let names = names.into_iter().map(Into::into).collect();
            query.loading().wanted().defer(names);
        })
    }

    /// The rows with no more than these columns and the primary key, in Django's spelling; see
    /// [`defer_names`](Self::defer_names). A later call replaces an earlier one.
    pub fn only_names<N: Into<Box<str>>>(self, names: impl IntoIterator<Item = N>) -> Self {
        self.change(|query| {
            let names = names.into_iter().map(Into::into).collect();
            query.loading().wanted().only(names);
        })
    }

    /// The rows with all their columns again: Django's `defer(None)`.
    pub fn defer_none(self) -> Self {
        self.change(|query| *query.loading().wanted() = Default::default())
    }
}

/// What [`defer`](QuerySet::defer) and [`only`](QuerySet::only) take: a column whose field is
/// [`Deferred`], or a tuple of up to six.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be left out of a query of `{R}`",
    note = "only a column whose field is `Deferred<…>` can; pass one, or a tuple of them"
)]
pub trait IntoDeferred<R> {
    /// Hands each column over, the first first.
    #[doc(hidden)]
    fn for_each(self, take: &mut dyn FnMut(Path, u16));
}

#[diagnostic::do_not_recommend]
impl<R, T> IntoDeferred<R> for Column<R, Deferred<T>> {
    fn for_each(self, take: &mut dyn FnMut(Path, u16)) {
        let at = self.at();
        take(at.path, at.index);
    }
}

macro_rules! tuple {
    ($($name:ident $index:tt),*) => {
        #[diagnostic::do_not_recommend]
        impl<R, $($name),*> IntoDeferred<R> for ($(Column<R, Deferred<$name>>,)*) {
            fn for_each(self, take: &mut dyn FnMut(Path, u16)) {
                $(self.$index.for_each(take);)*
            }
        }
    };
}

tuple!(A 0, B 1);
tuple!(A 0, B 1, C 2);
tuple!(A 0, B 1, C 2, D 3);
tuple!(A 0, B 1, C 2, D 3, E 4);
tuple!(A 0, B 1, C 2, D 3, E 4, F 5);

/// The path of a column in Django's spelling.
fn column_name(meta: &ModelMeta, path: Path, column: u16) -> String {
    let mut next;
    let mut at = meta;
    let mut names = Vec::new();
    for &hop in path.hops() {
        let relation = at.relation_at(usize::from(hop));
        let Some(target) = relation.and_then(|relation| relation.target().resolve()) else {
            break;
        };
        names.extend(relation.map(|relation| relation.name().to_owned()));
        next = target;
        at = &next;
    }
    let column = at.columns().get(usize::from(column));
    names.push(column.map_or("?", |column| column.name()).to_owned());
    names.join("__")
}
