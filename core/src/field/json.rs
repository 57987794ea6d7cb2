//! Documents: [`serde_json::Value`], and any type that serde knows as [`Json`].

use std::fmt;
use std::ops::Deref;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{DecodeError, Field, read};
use crate::error::{Error, ErrorKind};
use crate::value::{ColumnType, Value, ValueRef};

/// `null` in the document is a value; NULL in the column is read as `Option`'s `None`.
#[diagnostic::do_not_recommend]
impl Field for serde_json::Value {
    const TYPE: ColumnType = ColumnType::Json;
    type Base = Self;

    fn from_value(value: ValueRef<'_>) -> Result<Self, DecodeError> {
        serde_json::from_str(read::json(value)?).map_err(invalid)
    }

    fn to_value(&self) -> Value {
        Value::Json(self.to_string().into())
    }
}

/// A value of any type that serde can write and read, in a column that holds a document.
///
/// It is written as `serde_json` writes it, which has no infinities and no NaN: a float that is
/// one becomes `null`.
///
/// ```
/// use queryset::{Field, Json, ValueRef};
///
/// let sizes = Json::<Vec<u32>>::from_value(ValueRef::Text("[38, 40]"))?;
/// assert_eq!(*sizes, [38, 40]);
/// let larger = Json::new(vec![42, 44])?;
/// assert_eq!(larger.text(), "[42,44]");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Json<T> {
    value: T,
    // Made when the value is, since sending it must not fail.
    text: Box<str>,
}

impl<T: Serialize> Json<T> {
    /// A document of this value.
    ///
    /// # Errors
    /// Kind [`Value`](ErrorKind::Value): the value has no JSON, such as a map whose keys are no
    /// text.
    pub fn new(value: T) -> crate::Result<Self> {
        match serde_json::to_string(&value) {
            Ok(text) => Ok(Self {
                value,
                text: text.into(),
            }),
            Err(error) => {
                let message = "the value cannot be written as JSON";
                Err(Error::new(ErrorKind::Value, message).with_source(error))
            }
        }
    }
}

impl<T> Json<T> {
    /// The text of the document.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The value.
    pub fn into_inner(self) -> T {
        self.value
    }
}

#[diagnostic::do_not_recommend]
impl<T: Serialize + DeserializeOwned + Send + 'static> Field for Json<T> {
    const TYPE: ColumnType = ColumnType::Json;
    type Base = Self;

    fn from_value(value: ValueRef<'_>) -> Result<Self, DecodeError> {
        let text = read::json(value)?;
        Ok(Self {
            value: serde_json::from_str(text).map_err(invalid)?,
            text: text.into(),
        })
    }

    fn to_value(&self) -> Value {
        Value::Json(self.text.clone())
    }
}

impl<T> Deref for Json<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T: PartialEq> PartialEq for Json<T> {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl<T: Eq> Eq for Json<T> {}

impl<T: fmt::Debug> fmt::Debug for Json<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Json").field(&self.value).finish()
    }
}

fn invalid(error: serde_json::Error) -> DecodeError {
    DecodeError::because(format!("it is not the document that is wanted: {error}"))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::*;

    #[test]
    fn documents_round_trip() {
        let document = json!({"a": [1, 2.5, null], "b": "ü"});
        let sent = document.to_value();
        assert!(matches!(sent, Value::Json(_)));
        assert_eq!(serde_json::Value::from_value(sent.borrow()), Ok(document));
        let null = ValueRef::Text("null");
        assert_eq!(
            Option::<serde_json::Value>::from_value(null),
            Ok(Some(json!(null)))
        );
        assert_eq!(
            Option::<serde_json::Value>::from_value(ValueRef::Null),
            Ok(None)
        );
        let sizes = Json::new(vec![1, 2]).unwrap();
        assert_eq!(
            Json::from_value(sizes.to_value().borrow()),
            Ok(sizes.clone())
        );
        assert_eq!(sizes.into_inner(), [1, 2]);
    }

    #[test]
    fn what_is_no_such_document_is_refused() {
        for text in ["", "{", "nul"] {
            assert!(
                serde_json::Value::from_value(ValueRef::Text(text)).is_err(),
                "{text}"
            );
        }
        assert_eq!(
            Json::<Vec<u8>>::from_value(ValueRef::Text("[300]"))
                .unwrap_err()
                .to_string(),
            "it is not the document that is wanted: invalid value: integer `300`, expected u8 at \
             line 1 column 4"
        );
        let error = serde_json::Value::from_value(ValueRef::I64(1));
        assert_eq!(error, Err(DecodeError::wrong_kind()));
        let error = Json::new(BTreeMap::from([((1, 2), 3)])).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Value);
        assert_eq!(error.to_string(), "the value cannot be written as JSON");
    }
}
