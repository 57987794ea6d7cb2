use std::error::Error;
use std::fmt;

type Source = Box<dyn Error + Send + Sync>;

/// A runtime did not take a task or a job. What it was given has been dropped.
#[derive(Debug)]
pub struct SpawnError {
    runtime: &'static str,
    kind: SpawnErrorKind,
}

#[derive(Debug)]
enum SpawnErrorKind {
    Gone,
    Refused(Source),
}

impl SpawnError {
    /// The runtime has shut down.
    pub fn gone(runtime: &'static str) -> Self {
        Self {
            runtime,
            kind: SpawnErrorKind::Gone,
        }
    }

    /// The runtime is there, but takes nothing now.
    pub fn refused(runtime: &'static str, source: impl Into<Source>) -> Self {
        Self {
            runtime,
            kind: SpawnErrorKind::Refused(source.into()),
        }
    }

    /// The runtime's name, such as `tokio`.
    pub fn runtime(&self) -> &'static str {
        self.runtime
    }

    /// Whether the runtime has shut down, so that trying again is of no use.
    ///
    /// ```
    /// use queryset::runtime::SpawnError;
    ///
    /// assert!(SpawnError::gone("tokio").is_gone());
    /// assert!(!SpawnError::refused("tokio", "no threads left").is_gone());
    /// ```
    pub fn is_gone(&self) -> bool {
        matches!(self.kind, SpawnErrorKind::Gone)
    }
}

impl fmt::Display for SpawnError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            SpawnErrorKind::Gone => write!(
                f,
                "the {} runtime has shut down: keep it alive for as long as its database is used",
                self.runtime
            ),
            SpawnErrorKind::Refused(_) => {
                write!(f, "the {} runtime did not take a task", self.runtime)
            }
        }
    }
}

impl Error for SpawnError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.kind {
            SpawnErrorKind::Gone => None,
            SpawnErrorKind::Refused(source) => Some(&**source),
        }
    }
}

/// An adapter was made where its runtime, or a part that it needs, is missing.
#[derive(Debug)]
pub struct MissingRuntime {
    runtime: &'static str,
    missing: &'static str,
    advice: &'static str,
    source: Option<Source>,
}

impl MissingRuntime {
    /// Names the runtime, what of it is missing, and what to do next.
    pub fn new(runtime: &'static str, missing: &'static str, advice: &'static str) -> Self {
        Self {
            runtime,
            missing,
            advice,
            source: None,
        }
    }

    /// Adds the cause.
    pub fn with_source(mut self, source: impl Into<Source>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// The runtime's name, such as `tokio`.
    pub fn runtime(&self) -> &'static str {
        self.runtime
    }

    /// What is missing, such as `the time driver`.
    pub fn missing(&self) -> &'static str {
        self.missing
    }
}

impl fmt::Display for MissingRuntime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} is missing {}: {}",
            self.runtime, self.missing, self.advice
        )
    }
}

impl Error for MissingRuntime {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}

impl From<MissingRuntime> for crate::Error {
    fn from(missing: MissingRuntime) -> Self {
        Self::new(
            crate::ErrorKind::Runtime,
            "the database cannot use the runtime",
        )
        .with_source(missing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages() {
        assert_eq!(
            SpawnError::gone("tokio").to_string(),
            "the tokio runtime has shut down: keep it alive for as long as its database is used"
        );
        let refused = SpawnError::refused("threads", "no more threads");
        assert_eq!(
            refused.to_string(),
            "the threads runtime did not take a task"
        );
        assert_eq!(refused.source().unwrap().to_string(), "no more threads");
        let missing = MissingRuntime::new("tokio", "the time driver", "call `enable_time`");
        assert_eq!(
            missing.to_string(),
            "tokio is missing the time driver: call `enable_time`"
        );
    }
}
