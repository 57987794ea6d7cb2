//! The functions behind the text lookups, which answer as PostgreSQL does.
//!
//! The i-forms compare letter by letter in upper case, as `UPPER` does there in the C.UTF-8
//! locale: a letter whose upper case is several letters (`ß`) stays as it is.

use std::borrow::Cow;
use std::sync::LazyLock;

use rusqlite::functions::Context;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Result};

/// Registers the functions on a connection.
pub(super) fn register(connection: &Connection) -> Result<()> {
    for (name, test) in TESTS {
        let test = *test;
        super::add(connection, name, 2, move |context| answer(context, test))?;
    }
    Ok(())
}

#[derive(Clone, Copy)]
enum Test {
    Contains,
    StartsWith,
    EndsWith,
    Folded(Folded),
}

#[derive(Clone, Copy)]
enum Folded {
    Exact,
    Contains,
    StartsWith,
    EndsWith,
}

const TESTS: &[(&str, Test)] = &[
    ("queryset_contains", Test::Contains),
    ("queryset_startswith", Test::StartsWith),
    ("queryset_endswith", Test::EndsWith),
    ("queryset_iexact", Test::Folded(Folded::Exact)),
    ("queryset_icontains", Test::Folded(Folded::Contains)),
    ("queryset_istartswith", Test::Folded(Folded::StartsWith)),
    ("queryset_iendswith", Test::Folded(Folded::EndsWith)),
];

/// 1, 0, or NULL if either argument is.
fn answer(context: &Context<'_>, test: Test) -> Result<Option<bool>> {
    let (Some(text), Some(needle)) = (text(context.get_raw(0)), text(context.get_raw(1))) else {
        return Ok(None);
    };
    Ok(Some(match test {
        Test::Contains => find(&text, &needle),
        Test::StartsWith => text.starts_with(&needle),
        Test::EndsWith => text.ends_with(&needle),
        Test::Folded(folded) => {
            // Kept by SQLite for as long as the needle does not change from row to row.
            let needle = context
                .get_or_create_aux(1, |_| Ok::<_, rusqlite::Error>(fold(&needle).into_owned()))?;
            folded.holds(&text, &needle)
        }
    }))
}

impl Folded {
    /// Whether it holds for a text and a needle that is folded already.
    fn holds(self, text: &[u8], needle: &[u8]) -> bool {
        let (Ok(chars), Ok(wanted)) = (str::from_utf8(text), str::from_utf8(needle)) else {
            return self.holds_folded(&fold(text), needle);
        };
        // A letter folds into one letter, so that most rows are decided by their first.
        match self {
            Self::Exact => chars.chars().map(upper).eq(wanted.chars()),
            Self::StartsWith => begins(chars.chars().map(upper), wanted.chars()),
            Self::EndsWith => begins(chars.chars().rev().map(upper), wanted.chars().rev()),
            Self::Contains => self.holds_folded(&fold(text), needle),
        }
    }

    fn holds_folded(self, text: &[u8], needle: &[u8]) -> bool {
        match self {
            Self::Exact => text == needle,
            Self::StartsWith => text.starts_with(needle),
            Self::EndsWith => text.ends_with(needle),
            Self::Contains => find(text, needle),
        }
    }
}

fn begins(mut text: impl Iterator<Item = char>, mut needle: impl Iterator<Item = char>) -> bool {
    needle.all(|wanted| text.next() == Some(wanted))
}

/// What is compared: text as it is, numbers as their text.
pub(super) fn text(value: ValueRef<'_>) -> Option<Cow<'_, [u8]>> {
    match value {
        ValueRef::Null => None,
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => Some(Cow::Borrowed(bytes)),
        ValueRef::Integer(integer) => Some(Cow::Owned(integer.to_string().into_bytes())),
        ValueRef::Real(real) => Some(Cow::Owned(real_text(real).into_bytes())),
    }
}

/// A float as PostgreSQL writes it: the fewest digits that tell it from its neighbours.
fn real_text(real: f64) -> String {
    if real.is_infinite() {
        return if real > 0.0 { "Infinity" } else { "-Infinity" }.to_owned();
    }
    let scientific = format!("{real:e}");
    let Some((mantissa, exponent)) = scientific.split_once('e') else {
        return scientific;
    };
    match exponent.parse::<i32>() {
        Ok(exponent) if !(-4..15).contains(&exponent) => {
            let sign = if exponent < 0 { '-' } else { '+' };
            format!("{mantissa}e{sign}{:02}", exponent.unsigned_abs())
        }
        _ => format!("{real}"),
    }
}

/// The bytes in upper case, letter by letter; bytes that are not UTF-8 stay as they are.
fn fold(bytes: &[u8]) -> Cow<'_, [u8]> {
    if bytes.is_ascii() {
        return match bytes.iter().any(u8::is_ascii_lowercase) {
            true => Cow::Owned(bytes.to_ascii_uppercase()),
            false => Cow::Borrowed(bytes),
        };
    }
    let mut folded = Vec::with_capacity(bytes.len() + 8);
    match str::from_utf8(bytes) {
        Ok(text) => fold_text(text, &mut folded),
        Err(_) => {
            for chunk in bytes.utf8_chunks() {
                fold_text(chunk.valid(), &mut folded);
                folded.extend_from_slice(chunk.invalid());
            }
        }
    }
    Cow::Owned(folded)
}

fn fold_text(text: &str, folded: &mut Vec<u8>) {
    let mut left = text;
    let mut buffer = [0; 4];
    // ASCII goes by whole runs: character by character costs several times as much.
    loop {
        let ascii = left.bytes().position(|byte| !byte.is_ascii());
        let (run, rest) = left.split_at(ascii.unwrap_or(left.len()));
        let start = folded.len();
        folded.extend_from_slice(run.as_bytes());
        folded[start..].make_ascii_uppercase();
        let mut rest = rest.chars();
        let Some(character) = rest.next() else {
            return;
        };
        folded.extend_from_slice(upper(character).encode_utf8(&mut buffer).as_bytes());
        left = rest.as_str();
    }
}

/// Latin, Greek and Cyrillic: looked up here, where `char::to_uppercase` searches.
static UPPER: LazyLock<[char; 0x530]> = LazyLock::new(|| {
    std::array::from_fn(|code| {
        let character = u32::try_from(code).ok().and_then(char::from_u32);
        character.map_or('\0', search_upper)
    })
});

fn upper(character: char) -> char {
    match UPPER.get(character as usize) {
        Some(upper) => *upper,
        None => search_upper(character),
    }
}

fn search_upper(character: char) -> char {
    let mut upper = character.to_uppercase();
    match (upper.next(), upper.next()) {
        (Some(only), None) => only,
        _ => character,
    }
}

/// Whether `needle` occurs in `bytes`.
fn find(bytes: &[u8], needle: &[u8]) -> bool {
    let Some((&first, rest)) = needle.split_first() else {
        return true;
    };
    let mut left = bytes;
    while left.len() > rest.len() {
        let Some(at) = left[..left.len() - rest.len()]
            .iter()
            .position(|byte| *byte == first)
        else {
            return false;
        };
        left = &left[at + 1..];
        if left.starts_with(rest) {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folding_is_letter_by_letter() {
        for (text, folded) in [
            ("straße", "STRAßE"),
            ("ÄÖü", "ÄÖÜ"),
            ("ŉ", "ŉ"),
            ("ς", "Σ"),
            ("ﬁ", "ﬁ"),
            ("ABC", "ABC"),
            ("жԯ", "ЖԮ"),
            ("ա", "Ա"),
            ("\0a", "\0A"),
        ] {
            assert_eq!(&*fold(text.as_bytes()), folded.as_bytes(), "{text}");
        }
        assert_eq!(&*fold(b"a\xffz"), b"A\xffZ");
    }

    #[test]
    fn finding() {
        for (text, needle, found) in [
            ("abc", "", true),
            ("", "", true),
            ("", "a", false),
            ("abc", "bc", true),
            ("abc", "abc", true),
            ("abc", "abcd", false),
            ("aab", "ab", true),
            ("ababac", "abac", true),
            ("aaaa", "b", false),
        ] {
            assert_eq!(
                find(text.as_bytes(), needle.as_bytes()),
                found,
                "{text} {needle}"
            );
        }
    }

    #[test]
    fn floats_have_the_text_of_postgresql() {
        for (real, text) in [
            (1.5, "1.5"),
            (-0.25, "-0.25"),
            (100.0, "100"),
            (0.0, "0"),
            (1e14, "100000000000000"),
            (1e15, "1e+15"),
            (1234567890123456.0, "1.234567890123456e+15"),
            (1e-4, "0.0001"),
            (1e-5, "1e-05"),
            (2.5e100, "2.5e+100"),
            (1.0 / 3.0, "0.3333333333333333"),
            (f64::INFINITY, "Infinity"),
            (f64::NEG_INFINITY, "-Infinity"),
        ] {
            assert_eq!(real_text(real), text);
        }
    }
}
