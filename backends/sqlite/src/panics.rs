//! A panic's payload as an error.

use std::any::Any;

use queryset::{Error, ErrorKind};

/// The error of code that panicked: `what` panicked, and its message.
#[cold]
pub(crate) fn error(what: &str, payload: &(dyn Any + Send)) -> Error {
    let message = payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    let message = match message {
        Some(message) => format!("{what} panicked: {message}"),
        None => format!("{what} panicked"),
    };
    Error::new(ErrorKind::Operational, message)
}
