//! Comparisons that look into text.

use super::Column;
use crate::field::Field;
use crate::lookup::Lookup;
use crate::operand::IntoOperand;
use crate::q::Q;

/// A field that holds text, and so has the text lookups. `#[derive(Field)]` implements it for
/// newtypes over text.
///
/// The plain lookups (`contains`, `startswith`, `endswith`) respect case, those with an `i` fold
/// it letter by letter as Unicode does, on every database; `%`, `_` and `\` stand for themselves,
/// and an empty text matches everything but NULL.
#[diagnostic::on_unimplemented(message = "`{Self}` is not text, so it has no text lookups")]
pub trait TextField: Field {}

impl TextField for String {}

impl<R, T: Field<Base: TextField>> Column<R, T> {
    /// Equal to `value` whatever the case; for `None`, NULL.
    pub fn iexact(self, value: impl IntoOperand<T::Base>) -> Q<R> {
        let value = value.into_value();
        if value.is_null() {
            self.isnull(true)
        } else {
            self.compare(Lookup::IExact, value)
        }
    }

    /// Contains `text`.
    pub fn contains(self, text: impl IntoOperand<T::Base>) -> Q<R> {
        self.compare(Lookup::Contains, text.into_value())
    }

    /// Contains `text`, whatever the case.
    pub fn icontains(self, text: impl IntoOperand<T::Base>) -> Q<R> {
        self.compare(Lookup::IContains, text.into_value())
    }

    /// Starts with `text`.
    pub fn startswith(self, text: impl IntoOperand<T::Base>) -> Q<R> {
        self.compare(Lookup::StartsWith, text.into_value())
    }

    /// Starts with `text`, whatever the case.
    pub fn istartswith(self, text: impl IntoOperand<T::Base>) -> Q<R> {
        self.compare(Lookup::IStartsWith, text.into_value())
    }

    /// Ends with `text`.
    pub fn endswith(self, text: impl IntoOperand<T::Base>) -> Q<R> {
        self.compare(Lookup::EndsWith, text.into_value())
    }

    /// Ends with `text`, whatever the case.
    pub fn iendswith(self, text: impl IntoOperand<T::Base>) -> Q<R> {
        self.compare(Lookup::IEndsWith, text.into_value())
    }
}
