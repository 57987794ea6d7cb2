//! The text forms of UUIDs.

/// The bytes of a UUID's text: 32 hexadecimal digits, with or without hyphens.
pub(crate) fn parse_uuid(text: &str) -> Option<[u8; 16]> {
    let mut bytes = [0; 16];
    let mut count = 0;
    for byte in text.bytes().filter(|&byte| byte != b'-') {
        let digit = (byte as char).to_digit(16)? as u8;
        let place = bytes.get_mut(count / 2)?;
        *place = *place << 4 | digit;
        count += 1;
    }
    (count == 32).then_some(bytes)
}

/// The usual text of a UUID: lower case, with hyphens.
pub(crate) fn format_uuid(bytes: &[u8; 16]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = String::with_capacity(36);
    for (index, byte) in bytes.iter().enumerate() {
        if matches!(index, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        text.push(char::from(DIGITS[usize::from(byte >> 4)]));
        text.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_round_trips() {
        let text = "00112233-4455-6677-8899-aabbccddeeff";
        let bytes = parse_uuid(text).unwrap();
        assert_eq!(bytes[..3], [0x00, 0x11, 0x22]);
        assert_eq!(format_uuid(&bytes), text);
        assert_eq!(parse_uuid("00112233445566778899AABBCCDDEEFF"), Some(bytes));
    }

    #[test]
    fn other_text_is_none() {
        for text in [
            "",
            "0",
            "00112233-4455-6677-8899-aabbccddeef",
            "g0112233445566778899aabbccddeeff",
        ] {
            assert_eq!(parse_uuid(text), None, "{text}");
        }
        assert_eq!(parse_uuid(&"0".repeat(33)), None);
        assert_eq!(parse_uuid(&"0".repeat(34)), None);
    }
}
