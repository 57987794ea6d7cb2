//! [`uuid::Uuid`].

use uuid::Uuid;

use super::{DecodeError, Field, read};
use crate::value::{ColumnType, Value, ValueRef};

#[diagnostic::do_not_recommend]
impl Field for Uuid {
    const TYPE: ColumnType = ColumnType::Uuid;
    type Base = Self;

    fn from_value(value: ValueRef<'_>) -> Result<Self, DecodeError> {
        read::uuid(value).map(Self::from_bytes)
    }

    fn to_value(&self) -> Value {
        Value::Uuid(self.into_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_is_read_and_the_bytes_are_sent() {
        let uuid = Uuid::from_u128(0x00112233_4455_6677_8899_aabbccddeeff);
        for text in [
            "00112233-4455-6677-8899-aabbccddeeff",
            "00112233445566778899AABBCCDDEEFF",
        ] {
            assert_eq!(Uuid::from_value(ValueRef::Text(text)), Ok(uuid));
        }
        assert_eq!(uuid.to_value(), Value::Uuid(*uuid.as_bytes()));
        assert_eq!(Uuid::from_value(uuid.to_value().borrow()), Ok(uuid));
        assert_eq!(Option::<Uuid>::from_value(ValueRef::Null), Ok(None));
    }

    #[test]
    fn what_is_no_uuid_is_refused() {
        for text in ["", "00112233", "0011223344556677889+aabbccddeeff", "é"] {
            let error = Uuid::from_value(ValueRef::Text(text)).unwrap_err();
            assert_eq!(error.to_string(), format!("'{text}' is no UUID"));
        }
        // Sixteen bytes could be a UUID in either byte order, or no UUID at all.
        let bytes = ValueRef::Bytes(&[0; 16]);
        assert_eq!(Uuid::from_value(bytes), Err(DecodeError::wrong_kind()));
        assert_eq!(
            Uuid::from_value(ValueRef::Null),
            Err(DecodeError::wrong_kind())
        );
    }
}
