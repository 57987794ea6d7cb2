//! Why a case does not pass.

use std::error::Error;
use std::fmt::{Debug, Display};

/// What the body of a case returns.
pub(crate) type Verdict<T = ()> = Result<T, Failure>;

/// Why a case does not pass. Not an error itself, so that any error turns into one.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) message: String,
    /// The case could not get as far as to try what it is about.
    pub(crate) preparing: bool,
}

impl Failure {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            preparing: false,
        }
    }

    pub(crate) fn preparing(what: &str, error: impl Into<Self>) -> Self {
        Self {
            message: format!("{what}: {}", error.into().message),
            preparing: true,
        }
    }
}

impl<E: Error> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::new(chain(&error))
    }
}

/// An error with all its causes.
pub(crate) fn chain(error: &dyn Error) -> String {
    let mut message = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        message = format!("{message}: {error}");
        source = error.source();
    }
    message
}

pub(crate) fn fail<T>(message: impl Display) -> Verdict<T> {
    Err(Failure::new(message.to_string()))
}

pub(crate) fn ensure(holds: bool, message: impl Display) -> Verdict {
    if holds { Ok(()) } else { fail(message) }
}

/// Requires two values to be equal.
pub(crate) fn same<T: PartialEq<U> + Debug, U: Debug>(
    what: impl Display,
    found: T,
    expected: U,
) -> Verdict {
    if found == expected {
        Ok(())
    } else {
        fail(format!(
            "{what}: expected {}, found {}",
            brief(&expected),
            brief(&found)
        ))
    }
}

/// A value in at most a few hundred characters.
pub(crate) fn brief(value: &dyn Debug) -> String {
    let text = format!("{value:?}");
    match text.char_indices().nth(400) {
        None => text,
        Some((at, _)) => format!("{}… ({} bytes)", &text[..at], text.len()),
    }
}
