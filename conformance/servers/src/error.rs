//! What can go wrong with a test server.

use std::fmt;
use std::io;

/// A server that could not be found, installed, started or asked.
#[derive(Debug)]
pub struct Error {
    message: String,
    source: Option<io::Error>,
    unsupported: bool,
}

impl Error {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            source: None,
            unsupported: false,
        }
    }

    pub(crate) fn io(message: impl Into<String>, source: io::Error) -> Self {
        Self {
            source: Some(source),
            ..Self::new(message)
        }
    }

    pub(crate) fn unsupported(message: impl Into<String>) -> Self {
        Self {
            unsupported: true,
            ..Self::new(message)
        }
    }

    /// Whether this server can't do that at all: one of somebody's own is not ours to kill.
    pub fn is_unsupported(&self) -> bool {
        self.unsupported
    }

    /// The message with that of its source, for a list of several.
    pub(crate) fn full(&self) -> String {
        match &self.source {
            Some(source) => format!("{}: {source}", self.message),
            None => self.message.clone(),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_ref().map(|source| source as _)
    }
}
