//! What a read answered, and what it should have.

use std::fmt::Debug;

use queryset::{Error, ErrorKind, Result};

use crate::failure::{Failure, Verdict, brief, chain, ensure, fail, same};

/// What came of one read, and the statements that it sent.
#[must_use = "an answer says nothing until it is compared"]
pub(crate) struct Answer<T> {
    call: String,
    result: Result<T>,
    statements: Vec<String>,
}

impl<T: Debug> Answer<T> {
    pub(super) fn new(call: &str, result: Result<T>, statements: Vec<String>) -> Self {
        Self {
            call: call.to_owned(),
            result,
            statements,
        }
    }

    /// The answer in words, alike for both forms if they agree.
    pub(super) fn summary(&self) -> String {
        let result = match &self.result {
            Ok(value) => format!("{value:?}"),
            Err(error) => format!("{:?}: {error}", error.kind()),
        };
        format!(
            "{} answered {result}; sent {:?}",
            self.call, self.statements
        )
    }

    /// Requires this many statements to have been sent.
    pub(crate) fn sends(self, count: usize) -> Verdict<Self> {
        if self.statements.len() == count {
            return Ok(self);
        }
        fail(format!(
            "{}: expected {count} statements, found {}: {}",
            self.call,
            self.statements.len(),
            brief(&self.statements)
        ))
    }

    /// Requires this value.
    pub(crate) fn gives<U: Debug>(self, expected: U) -> Verdict
    where
        T: PartialEq<U>,
    {
        let call = self.call.clone();
        same(call, self.value()?, expected)
    }

    /// The value, which there has to be.
    pub(crate) fn value(self) -> Verdict<T> {
        self.result.map_err(|error| {
            Failure::new(format!(
                "{}: {:?}: {}",
                self.call,
                error.kind(),
                chain(&error)
            ))
        })
    }

    /// Requires an error of this kind.
    pub(crate) fn fails(self, kind: ErrorKind) -> Verdict<Fault> {
        match self.result {
            Err(error) if error.kind() == kind => Ok(Fault { error }),
            Err(error) => fail(format!(
                "{}: expected an error of kind {kind:?}, found {:?}: {}",
                self.call,
                error.kind(),
                chain(&error)
            )),
            Ok(value) => fail(format!(
                "{}: expected an error of kind {kind:?}, found {}",
                self.call,
                brief(&value)
            )),
        }
    }

    /// Requires an error of this kind, from the query's own building: nothing was sent.
    pub(crate) fn refused(self, kind: ErrorKind) -> Verdict<Fault> {
        self.sends(0)?.fails(kind)
    }

    /// The statements that were sent.
    pub(crate) fn statements(&self) -> &[String] {
        &self.statements
    }

    /// The bare result.
    pub(crate) fn into_result(self) -> Result<T> {
        self.result
    }
}

/// An error of the expected kind.
#[derive(Debug)]
pub(crate) struct Fault {
    error: Error,
}

impl Fault {
    /// Requires the message to contain each of these.
    pub(crate) fn says(self, parts: &[&str]) -> Verdict<Self> {
        let message = chain(&self.error);
        for part in parts {
            ensure(
                message.contains(part),
                format!("the error's message should say '{part}': {message}"),
            )?;
        }
        Ok(self)
    }

    pub(crate) fn about_model(self, model: &str) -> Verdict<Self> {
        same("the error's model", self.error.model(), Some(model))?;
        Ok(self)
    }

    pub(crate) fn about_column(self, table: &str, column: &str) -> Verdict<Self> {
        same("the error's table", self.error.table(), Some(table))?;
        same("the error's column", self.error.column(), Some(column))?;
        Ok(self)
    }

    pub(crate) fn error(&self) -> &Error {
        &self.error
    }
}
