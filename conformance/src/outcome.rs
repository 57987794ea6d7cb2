use std::fmt;

/// How a case ended. There is no silent skip: a case that does not apply says why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It did what it should.
    Pass,
    /// It did something else.
    Fail(String),
    /// It does not apply: what is under test declares that it lacks a capability, and indeed does.
    Unsupported {
        /// What is lacking.
        capability: String,
        /// Why.
        reason: String,
    },
    /// The case itself could not be carried out, so that nothing is known.
    Error(String),
}

impl Outcome {
    /// Whether nothing is wrong: a pass, or a case that does not apply.
    pub fn is_ok(&self) -> bool {
        matches!(self, Self::Pass | Self::Unsupported { .. })
    }

    /// The outcome in one word, as reports spell it.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail(_) => "fail",
            Self::Unsupported { .. } => "unsupported",
            Self::Error(_) => "error",
        }
    }

    /// What there is to say beyond the word; empty for a pass.
    pub fn detail(&self) -> String {
        match self {
            Self::Pass => String::new(),
            Self::Fail(detail) | Self::Error(detail) => detail.clone(),
            Self::Unsupported { capability, reason } => format!("{capability}: {reason}"),
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pass => f.write_str(self.word()),
            _ => write!(f, "{}: {}", self.word(), self.detail()),
        }
    }
}
