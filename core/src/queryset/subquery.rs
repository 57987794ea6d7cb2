//! A query as a value of another.

use super::QuerySet;
use crate::column::Column;
use crate::condition::Invalid;
use crate::error::ErrorKind;
use crate::field::Field;
use crate::model::Model;
use crate::path::Path;
use crate::resolve::{own_column, place};
use crate::subquery::{Subquery, Subselect};

impl<M: Model> QuerySet<M> {
    /// The values of one column of the rows, for another query to be compared with.
    ///
    /// Django: `values("title")`.
    ///
    /// ```
    /// # use queryset::Model;
    /// # #[derive(Model)]
    /// # struct Book {
    /// #     #[model(primary_key)]
    /// #     id: i64,
    /// #     title: String,
    /// # }
    /// # #[derive(Model)]
    /// # struct Loan {
    /// #     #[model(primary_key)]
    /// #     id: i64,
    /// #     title: String,
    /// # }
    /// let lent = Loan::objects().column(|l| l.title);
    /// let at_hand = Book::objects().exclude(|b| b.title.is_in_query(lent));
    /// # at_hand.check()?;
    /// # Ok::<(), queryset::Error>(())
    /// ```
    pub fn column<T: Field>(
        self,
        column: impl FnOnce(M::Fields<M>) -> Column<M, T>,
    ) -> Subquery<T::Base> {
        let column = column(M::fields(Path::ROOT)).at();
        Subquery::new(*self.query, [column])
    }
}

impl<R> QuerySet<R> {
    /// The values of the columns of these names, which may be paths.
    ///
    /// Django: `values("title")`. One column is compared with one column; a composite key with as
    /// many as it has parts.
    pub fn columns_by_names<'n>(
        mut self,
        names: impl IntoIterator<Item = &'n str>,
    ) -> Subquery<crate::Value> {
        let mut columns = Vec::new();
        let mut failed = None;
        for name in names {
            let found = place(name, &self.query.meta).and_then(|(place, rest)| {
                if !rest.is_empty() {
                    let message = format!("'{name}': '{rest}' is no column");
                    return Err(Invalid::new(ErrorKind::Field, message));
                }
                place
                    .columns()
                    .iter()
                    .map(|&index| place.at(index))
                    .collect::<Result<Vec<_>, _>>()
            });
            match found {
                Ok(found) => columns.extend(found),
                Err(invalid) => failed = failed.or(Some(invalid)),
            }
        }
        if let Some(invalid) = failed {
            self.query.refuse(invalid);
        }
        Subquery::new(*self.query, columns)
    }

    /// The keys of the rows.
    pub(crate) fn into_keys(mut self) -> Subselect {
        let key = self.query.meta.primary_key().iter();
        let key: Result<Vec<_>, _> = key.map(|&index| own_column(index)).collect();
        let key = key.unwrap_or_else(|invalid| {
            self.query.refuse(invalid);
            Vec::new()
        });
        Subselect::keys(*self.query, key)
    }
}
