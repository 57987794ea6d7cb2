//! What a row can be read into.

use super::RowReader;
use crate::error::Result;
use crate::field::Field;
use crate::related::Loadable;

/// A type that a row can be read into: a model, a struct with `#[derive(FromRow)]`, a tuple of
/// up to twelve columns, or a [`Record`](super::Record).
#[diagnostic::on_unimplemented(
    message = "a row cannot be read into `{Self}`",
    note = "derive `Model` or `FromRow` for a struct, or read a tuple or a `Record`"
)]
pub trait FromRow: Sized + Send + 'static {
    /// Whether [`from_row`](Self::from_row) looks at no column again whose field it has read, as
    /// tuples and what is derived never do.
    #[doc(hidden)]
    const NEVER_LOOKS_BACK: bool = false;

    /// The names of the columns that the type wants, in the order in which it reads them;
    /// `None` for a type that takes what comes, in the order in which it comes.
    fn column_names() -> Option<&'static [&'static str]> {
        None
    }

    /// Reads one row.
    ///
    /// # Errors
    /// A column is missing or does not fit.
    fn from_row(row: &RowReader<'_>) -> Result<Self>;

    /// The row as one whose relations can be loaded.
    #[doc(hidden)]
    fn loadable(&self) -> Option<&dyn Loadable> {
        None
    }
}

macro_rules! tuple {
    ($($name:ident $index:tt),*) => {
        #[diagnostic::do_not_recommend]
        impl<$($name: Field),*> FromRow for ($($name,)*) {
            const NEVER_LOOKS_BACK: bool = true;

            fn from_row(row: &RowReader<'_>) -> Result<Self> {
                Ok(($($name::read(row, $index)?,)*))
            }
        }
    };
}

tuple!(A 0);
tuple!(A 0, B 1);
tuple!(A 0, B 1, C 2);
tuple!(A 0, B 1, C 2, D 3);
tuple!(A 0, B 1, C 2, D 3, E 4);
tuple!(A 0, B 1, C 2, D 3, E 4, F 5);
tuple!(A 0, B 1, C 2, D 3, E 4, F 5, G 6);
tuple!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7);
tuple!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8);
tuple!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9);
tuple!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10);
tuple!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11);
