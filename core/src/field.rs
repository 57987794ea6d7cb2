//! Which Rust types a column can have.

#[cfg(feature = "bigdecimal")]
mod bigdecimal;
#[cfg(feature = "chrono")]
mod chrono;
mod decimal;
#[cfg(feature = "jiff")]
mod jiff;
#[cfg(feature = "serde_json")]
mod json;
mod primitive;
mod read;
#[cfg(feature = "rust_decimal")]
mod rust_decimal;
#[cfg(feature = "time")]
mod time;
#[cfg(feature = "uuid")]
mod uuid;

#[cfg(feature = "serde_json")]
pub use json::Json;

use crate::error::Result;
use crate::model::copy::Lender;
use crate::row::RowReader;
pub(crate) use read::in_type;

use crate::value::{ColumnType, Value, ValueRef};

/// A Rust type that a column can hold.
///
/// It is implemented for the integers, floats, `bool`, `String`, `Vec<u8>`,
/// [`std::time::Duration`], [`Decimal`](crate::Decimal) and, behind features named after them, the
/// types of uuid, chrono, time, jiff, rust_decimal, bigdecimal and serde_json; for `Option` of each of them; and by
/// `#[derive(Field)]` for enums and newtypes. For anything else, implement it:
///
/// ```
/// use queryset::{ColumnType, DecodeError, Field, Value, ValueRef};
///
/// /// Tags in one text column, separated by commas.
/// #[derive(Debug, PartialEq)]
/// struct Tags(Vec<String>);
///
/// impl Field for Tags {
///     const TYPE: ColumnType = ColumnType::Text;
///     type Base = Self;
///
///     fn from_value(value: ValueRef<'_>) -> Result<Self, DecodeError> {
///         let text = String::from_value(value)?;
///         Ok(Self(text.split(',').map(str::to_owned).collect()))
///     }
///
///     fn to_value(&self) -> Value {
///         Value::Text(self.0.join(",").into())
///     }
/// }
///
/// let tags = Tags::from_value(ValueRef::Text("a,b"))?;
/// assert_eq!(tags.to_value(), Value::Text("a,b".into()));
/// # Ok::<(), DecodeError>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a type that a column can have",
    note = "derive `Field` for an enum or a newtype, enable the feature of the library that the type comes from, or implement `Field`"
)]
pub trait Field: Sized + Send + 'static {
    /// The column's type.
    const TYPE: ColumnType;

    /// Whether the column may be NULL; only `Option` says so.
    const NULLABLE: bool = false;

    /// Whether a query may leave the column out; only [`Deferred`](crate::Deferred) says so.
    const DEFERRABLE: bool = false;

    /// The type without its `Option`: what a condition compares with.
    type Base: Field;

    /// Reads a value of a row.
    ///
    /// # Errors
    /// A value of another kind, out of range, or NULL where the type has none. A value MUST NOT
    /// be rounded, cut or guessed: an error loses nothing, a wrong value loses trust.
    fn from_value(value: ValueRef<'_>) -> Result<Self, DecodeError>;

    /// The value to send; [`Value::Refused`] with the reason for one that no column can hold.
    fn to_value(&self) -> Value;

    /// Hands out the value, without a copy of it where the type is that of the value.
    #[doc(hidden)]
    #[inline]
    fn lend(&self, lender: &mut Lender<'_>) {
        lender.value(&self.to_value());
    }

    // The derives call this and not `RowReader::get`: the error for a type that is no `Field` is
    // then the same wherever a derive uses the type, and the compiler tells it only once.
    #[doc(hidden)]
    #[inline]
    fn read(row: &RowReader<'_>, index: usize) -> Result<Self> {
        match Self::take(row, index) {
            Some(taken) => Ok(taken),
            None => row.get(index),
        }
    }

    // What the row gives away, where it does.
    #[doc(hidden)]
    #[inline]
    fn take(row: &RowReader<'_>, index: usize) -> Option<Self> {
        let _ = (row, index);
        None
    }
}

/// Why a value is not what its [`Field`] wants; the row adds table, column and both types.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecodeError {
    reason: Option<Box<str>>,
}

impl DecodeError {
    /// The value is of another kind than the field's.
    pub fn wrong_kind() -> Self {
        Self { reason: None }
    }

    /// The value is of the right kind, but this keeps it from being read.
    pub fn because(reason: impl Into<Box<str>>) -> Self {
        Self {
            reason: Some(reason.into()),
        }
    }
}

impl std::fmt::Display for DecodeError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.reason.as_deref().unwrap_or("it is of another kind"))
    }
}

impl std::error::Error for DecodeError {}

/// The error for a value that the type of a date or number library cannot hold.
#[cfg(any(
    feature = "chrono",
    feature = "time",
    feature = "jiff",
    feature = "rust_decimal"
))]
#[cold]
fn beyond(value: impl std::fmt::Display, ty: &str) -> DecodeError {
    DecodeError::because(format!("{value} is out of range for {ty}"))
}

// Recommended, so that the error for `Option<T>` names `T`.
impl<T: Field<Base = T>> Field for Option<T> {
    const TYPE: ColumnType = T::TYPE;
    const NULLABLE: bool = true;
    type Base = T;

    #[inline]
    fn from_value(value: ValueRef<'_>) -> Result<Self, DecodeError> {
        match value {
            ValueRef::Null => Ok(None),
            value => T::from_value(value).map(Some),
        }
    }

    fn to_value(&self) -> Value {
        self.as_ref().map_or(Value::Null, T::to_value)
    }

    #[inline]
    fn lend(&self, lender: &mut Lender<'_>) {
        match self {
            Some(value) => value.lend(lender),
            None => lender.borrowed(ValueRef::Null),
        }
    }

    #[inline]
    fn take(row: &RowReader<'_>, index: usize) -> Option<Self> {
        T::take(row, index).map(Some)
    }
}
