//! A value in the form that its placeholder's type wants.

use std::fmt;

use bytes::{BufMut, BytesMut};
use queryset::{Decimal, Value};
use tokio_postgres::types::{Format, IsNull, Kind, ToSql, Type};

use crate::numeric;
use crate::row::{EPOCH_DAYS, EPOCH_MICROS};

/// A value and the number of its placeholder, which counts from one.
#[derive(Debug)]
pub(crate) struct Param<'v> {
    pub(crate) value: &'v Value,
    pub(crate) position: usize,
}

/// Why a value cannot be bound.
#[derive(Debug)]
pub(crate) struct Refused(String);

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Refused {}

impl ToSql for Param<'_> {
    fn to_sql(
        &self,
        ty: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        let written = match self.value {
            Value::Text(text) if in_text(ty) => put_text(text, out).map(|()| IsNull::No),
            value => write(value, base(ty), out),
        };
        written.map_err(|reason| Refused(format!("parameter {}: {reason}", self.position)).into())
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    fn to_sql_checked(
        &self,
        ty: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        self.to_sql(ty, out)
    }

    fn encode_format(&self, ty: &Type) -> Format {
        match self.value {
            Value::Text(_) if in_text(ty) => Format::Text,
            _ => Format::Binary,
        }
    }
}

/// The type under any domains.
fn base(ty: &Type) -> &Type {
    match ty.kind() {
        Kind::Domain(inner) => base(inner),
        _ => ty,
    }
}

/// Whether the bytes of a text are those of a value of this type.
fn is_text(ty: &Type) -> bool {
    matches!(
        *ty,
        Type::TEXT
            | Type::VARCHAR
            | Type::BPCHAR
            | Type::NAME
            | Type::UNKNOWN
            | Type::XML
            | Type::JSON
    ) || matches!(ty.kind(), Kind::Enum(_))
        || ty.name() == "citext"
}

/// A text for any other type goes as text, which the server reads as it reads a literal.
fn in_text(ty: &Type) -> bool {
    !is_text(base(ty))
}

fn write(value: &Value, ty: &Type, out: &mut BytesMut) -> Result<IsNull, String> {
    match value {
        Value::Null => return Ok(IsNull::Yes),
        Value::Bool(value) if *ty == Type::BOOL => out.put_u8((*value).into()),
        Value::I64(number) => integer((*number).into(), ty, out)?,
        Value::U64(number) => integer((*number).into(), ty, out)?,
        Value::F64(number) => float(*number, ty, out)?,
        Value::Decimal(number) => decimal(*number, ty, out)?,
        Value::Text(text) if is_text(ty) => put_text(text, out)?,
        Value::Json(text) if *ty == Type::JSONB => {
            out.put_u8(1);
            put_text(text, out)?;
        }
        Value::Json(text) if is_text(ty) => put_text(text, out)?,
        Value::Bytes(bytes) if *ty == Type::BYTEA => out.put_slice(bytes),
        Value::Date(days) if *ty == Type::DATE => {
            let days = days.checked_sub(EPOCH_DAYS);
            // The two ends stand for infinities there.
            let days = days.filter(|days| *days > i32::MIN);
            out.put_i32(days.ok_or("the date is out of range")?);
        }
        Value::Time(micros) if *ty == Type::TIME => out.put_i64(*micros),
        Value::DateTime(micros) if *ty == Type::TIMESTAMP => timestamp(*micros, out)?,
        // A timestamp without a zone that an instant is written to keeps the clock of UTC.
        Value::Timestamp(micros) if matches!(*ty, Type::TIMESTAMPTZ | Type::TIMESTAMP) => {
            timestamp(*micros, out)?;
        }
        Value::Duration(micros) if *ty == Type::INTERVAL => {
            out.put_i64(*micros);
            out.put_i32(0);
            out.put_i32(0);
        }
        Value::Duration(micros) if *ty == Type::INT8 => out.put_i64(*micros),
        Value::Uuid(bytes) if *ty == Type::UUID => out.put_slice(bytes),
        Value::Array(values) => array(values, ty, out)?,
        Value::Refused(why) => return Err(why.to_string()),
        other => return Err(misfit(other.kind(), ty)),
    }
    Ok(IsNull::No)
}

fn misfit(kind: &str, ty: &Type) -> String {
    format!(
        "a value of kind {kind} does not fit a placeholder of type {}",
        ty.name()
    )
}

fn put_text(text: &str, out: &mut BytesMut) -> Result<(), String> {
    if text.contains('\0') {
        return Err("the text contains a NUL character, which postgres cannot keep".to_owned());
    }
    out.put_slice(text.as_bytes());
    Ok(())
}

fn integer(number: i128, ty: &Type, out: &mut BytesMut) -> Result<(), String> {
    let beyond = |_| format!("{number} is out of range for {}", ty.name());
    match *ty {
        Type::INT2 => out.put_i16(i16::try_from(number).map_err(beyond)?),
        Type::INT4 => out.put_i32(i32::try_from(number).map_err(beyond)?),
        Type::INT8 => out.put_i64(i64::try_from(number).map_err(beyond)?),
        Type::OID => out.put_u32(u32::try_from(number).map_err(beyond)?),
        Type::NUMERIC => numeric::encode(Decimal::new(number, 0).ok_or("too many digits")?, out),
        // Every integer of 53 bits is a double, and of 24 bits a float.
        Type::FLOAT8 if number.unsigned_abs() <= 1 << 53 => out.put_f64(number as f64),
        Type::FLOAT4 if number.unsigned_abs() <= 1 << 24 => out.put_f32(number as f32),
        Type::FLOAT4 | Type::FLOAT8 => {
            return Err(format!("{number} has more digits than {}", ty.name()));
        }
        _ => return Err(misfit("integer", ty)),
    }
    Ok(())
}

fn float(number: f64, ty: &Type, out: &mut BytesMut) -> Result<(), String> {
    match *ty {
        Type::FLOAT8 => out.put_f64(number),
        Type::FLOAT4 => {
            let short = number as f32;
            if f64::from(short) != number && !number.is_nan() {
                return Err(format!("{number:?} has more digits than a float4 keeps"));
            }
            out.put_f32(short);
        }
        _ => return Err(misfit("float", ty)),
    }
    Ok(())
}

fn decimal(number: Decimal, ty: &Type, out: &mut BytesMut) -> Result<(), String> {
    if *ty == Type::NUMERIC {
        numeric::encode(number, out);
        return Ok(());
    }
    let whole = number.normalized();
    match whole.scale() {
        0 if matches!(*ty, Type::INT2 | Type::INT4 | Type::INT8) => {
            integer(whole.unscaled(), ty, out)
        }
        _ => Err(misfit("decimal", ty)),
    }
}

fn timestamp(micros: i64, out: &mut BytesMut) -> Result<(), String> {
    let micros = micros.checked_sub(EPOCH_MICROS);
    // The two ends stand for infinities there.
    let micros = micros.filter(|micros| *micros > i64::MIN);
    out.put_i64(micros.ok_or("the timestamp is out of range")?);
    Ok(())
}

/// An array of one dimension.
fn array(values: &[Value], ty: &Type, out: &mut BytesMut) -> Result<(), String> {
    let Kind::Array(member) = ty.kind() else {
        return Err(misfit("array", ty));
    };
    let count = i32::try_from(values.len()).map_err(|_| "the array is too long".to_owned())?;
    let nulls = values.iter().any(Value::is_null);
    out.put_i32(i32::from(count > 0));
    out.put_i32(nulls.into());
    out.put_u32(member.oid());
    if count > 0 {
        out.put_i32(count);
        out.put_i32(1);
    }
    for value in values {
        let at = out.len();
        out.put_i32(-1);
        if let IsNull::No = write(value, base(member), out)? {
            let length = i32::try_from(out.len() - at - 4);
            let length = length.map_err(|_| "a member of the array is too long".to_owned())?;
            out[at..at + 4].copy_from_slice(&length.to_be_bytes());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(value: Value, ty: Type) -> Result<Vec<u8>, String> {
        let mut out = BytesMut::new();
        let param = Param {
            value: &value,
            position: 2,
        };
        match param.to_sql(&ty, &mut out) {
            Ok(IsNull::No) => Ok(out.to_vec()),
            Ok(IsNull::Yes) => Ok(b"null".to_vec()),
            Err(error) => Err(error.to_string()),
        }
    }

    #[test]
    fn integers_fit_or_are_refused() {
        assert_eq!(of(Value::I64(-1), Type::INT2), Ok(vec![0xff, 0xff]));
        assert_eq!(
            of(Value::U64(7), Type::INT8),
            Ok(vec![0, 0, 0, 0, 0, 0, 0, 7])
        );
        for (value, ty, message) in [
            (
                Value::I64(40_000),
                Type::INT2,
                "parameter 2: 40000 is out of range for int2",
            ),
            (
                Value::I64(i64::MAX),
                Type::INT4,
                "parameter 2: 9223372036854775807 is out of range for int4",
            ),
            (
                Value::U64(u64::MAX),
                Type::INT8,
                "parameter 2: 18446744073709551615 is out of range for int8",
            ),
            (
                Value::I64(1),
                Type::BOOL,
                "parameter 2: a value of kind integer does not fit a placeholder of type bool",
            ),
            (
                Value::I64(i64::MAX),
                Type::FLOAT8,
                "parameter 2: 9223372036854775807 has more digits than float8",
            ),
        ] {
            assert_eq!(of(value, ty), Err(message.to_owned()));
        }
        assert_eq!(of(Value::Null, Type::INT4), Ok(b"null".to_vec()));
    }

    #[test]
    fn floats_are_never_rounded() {
        assert!(of(Value::F64(f64::NAN), Type::FLOAT4).is_ok());
        assert!(of(Value::F64(f64::NEG_INFINITY), Type::FLOAT4).is_ok());
        assert!(of(Value::F64(0.5), Type::FLOAT4).is_ok());
        assert_eq!(
            of(Value::F64(0.1), Type::FLOAT4),
            Err("parameter 2: 0.1 has more digits than a float4 keeps".to_owned())
        );
    }

    #[test]
    fn texts_go_anywhere_and_never_with_a_nul() {
        assert_eq!(of("a".into(), Type::VARCHAR), Ok(b"a".to_vec()));
        assert_eq!(of("1.2.3.4".into(), Type::INET), Ok(b"1.2.3.4".to_vec()));
        for ty in [Type::TEXT, Type::INET] {
            assert_eq!(
                of("a\0".into(), ty),
                Err(
                    "parameter 2: the text contains a NUL character, which postgres cannot keep"
                        .to_owned()
                )
            );
        }
        let json = Value::Json("[]".into());
        assert_eq!(of(json.clone(), Type::JSONB), Ok(b"\x01[]".to_vec()));
        assert_eq!(of(json, Type::JSON), Ok(b"[]".to_vec()));
    }

    #[test]
    fn arrays_have_one_dimension() {
        let values = Value::Array([Value::I64(1), Value::Null].into());
        let expected: Vec<u8> = [1_i32, 1, 23, 2, 1, 4, 1, -1]
            .iter()
            .flat_map(|word| word.to_be_bytes())
            .collect();
        assert_eq!(of(values, Type::INT4_ARRAY), Ok(expected));
        let empty = of(Value::Array([].into()), Type::TEXT_ARRAY).unwrap();
        assert_eq!(empty.len(), 12);
        assert!(of(Value::Array([].into()), Type::INT4).is_err());
    }

    #[test]
    fn the_ends_of_the_calendar_are_refused() {
        assert!(of(Value::Date(i32::MIN + EPOCH_DAYS), Type::DATE).is_err());
        assert!(of(Value::Timestamp(i64::MIN), Type::TIMESTAMPTZ).is_err());
        assert_eq!(of(Value::Date(EPOCH_DAYS), Type::DATE), Ok(vec![0; 4]));
    }
}
