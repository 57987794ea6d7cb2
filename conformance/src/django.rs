//! What Django answers, and whether this library answers the same.
//!
//! A file of cases holds Django expressions as syntax trees with the answers that Django gave on
//! each database; a file of fixtures holds the tables that they ran on. [`Models`] builds run-time
//! models from the fixtures and fills their tables through the library, and [`run`] interprets a
//! tree through the dynamic API in its blocking and its asynchronous form and compares.
//!
//! What a tree may name and this library does not do (yet) is told by one list, [`rules`].

mod answer;
mod base64;
mod case;
mod compare;
mod each;
mod facts;
mod fixtures;
mod interpret;
mod node;
mod object;
mod python;
mod refine;
mod report;
mod rules;
mod run;
mod subquery;
mod terminal;

pub use answer::{Answer, Failure};
pub use case::{Case, Expected, Given, read_cases};
pub use fixtures::Models;
pub use interpret::interpret;
pub use report::Report;
pub use rules::{Rule, Verdict, rules};
pub use run::{Finding, Outcome, Reference, run};

/// Why the cases or the fixtures could not be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Malformed(String);

impl Malformed {
    fn new(what: impl Into<String>) -> Self {
        Self(what.into())
    }
}

impl std::fmt::Display for Malformed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Malformed {}
