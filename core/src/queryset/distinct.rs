//! Rows without doubles.

use super::QuerySet;
use crate::column::Column;
use crate::condition::{ColumnRef, Invalid};
use crate::model::Model;
use crate::path::Path;
use crate::query::Query;
use crate::resolve::{place, unknown_lookup};

impl<T> QuerySet<T> {
    /// The rows without doubles.
    ///
    /// What orders the rows and is not among what is selected is selected too, so that rows which
    /// differ only in that are no doubles, as in Django.
    pub fn distinct(self) -> Self {
        self.change(|query| {
            if query.may("create distinct fields") {
                query.distinct = true;
                query.distinct_on = Box::default();
            }
        })
    }

    /// The first row of those that are equal in these columns, in Django's spelling:
    /// [`distinct_on`](QuerySet::distinct_on) by names.
    pub fn distinct_on_names<'n>(self, names: impl IntoIterator<Item = &'n str>) -> Self {
        self.change(|query| {
            let mut columns = Vec::new();
            for name in names {
                match columns_of(name, query) {
                    Ok(found) => columns.extend(found),
                    Err(invalid) => return query.refuse(invalid.late()),
                }
            }
            query.distinct_on(columns);
        })
    }
}

impl<M: Model> QuerySet<M> {
    /// The first row of those that are equal in these columns, on PostgreSQL. The order of the
    /// query decides which is the first, and has to begin with the same columns.
    ///
    /// Django: `order_by("language", "-pages").distinct("language")`, here
    /// `order_by(|b| (b.language.asc(), b.pages.desc())).distinct_on(|b| b.language)`, several
    /// columns as a tuple, or [`distinct_on_names`](Self::distinct_on_names)`(["language"])`.
    ///
    /// Other databases refuse it with an error of kind
    /// [`NotSupported`](crate::ErrorKind::NotSupported) when the query is read.
    pub fn distinct_on<C: IntoColumns<M>>(self, columns: impl FnOnce(M::Fields<M>) -> C) -> Self {
        self.change(|query| {
            let mut found = Vec::new();
            columns(M::fields(Path::ROOT)).for_each(&mut |path, index| {
                found.push(ColumnRef { path, index });
            });
            query.distinct_on(found);
        })
    }
}

impl Query {
    fn distinct_on(&mut self, columns: Vec<ColumnRef>) {
        if self.may("create distinct fields") {
            self.distinct = true;
            self.distinct_on = columns.into();
        }
    }
}

fn columns_of(name: &str, query: &Query) -> Result<Vec<ColumnRef>, Invalid> {
    let (place, rest) = place(name, &query.meta)?;
    match rest {
        "" => place
            .columns()
            .iter()
            .map(|&index| place.at(index))
            .collect(),
        rest => Err(unknown_lookup(name, rest, &place)),
    }
}

/// What [`distinct_on`](QuerySet::distinct_on) takes: a column, or a tuple of up to six.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no column of `{R}`",
    note = "pass a column, or a tuple of columns"
)]
pub trait IntoColumns<R> {
    /// Hands each column over, the first first.
    #[doc(hidden)]
    fn for_each(self, take: &mut dyn FnMut(Path, u16));
}

#[diagnostic::do_not_recommend]
impl<R, T> IntoColumns<R> for Column<R, T> {
    fn for_each(self, take: &mut dyn FnMut(Path, u16)) {
        let at = self.at();
        take(at.path, at.index);
    }
}

macro_rules! tuple {
    ($($name:ident $index:tt),*) => {
        #[diagnostic::do_not_recommend]
        impl<R, $($name),*> IntoColumns<R> for ($(Column<R, $name>,)*) {
            fn for_each(self, take: &mut dyn FnMut(Path, u16)) {
                $(IntoColumns::<R>::for_each(self.$index, take);)*
            }
        }
    };
}

tuple!(A 0, B 1);
tuple!(A 0, B 1, C 2);
tuple!(A 0, B 1, C 2, D 3);
tuple!(A 0, B 1, C 2, D 3, E 4);
tuple!(A 0, B 1, C 2, D 3, E 4, F 5);
