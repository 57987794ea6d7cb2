//! The backends of this workspace, as the suite needs them.

mod sqlite;

use std::sync::Arc;

use clap::ValueEnum;
use queryset_conformance::BackendUnderTest;

/// A backend's name on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Backend {
    Sqlite,
}

impl Backend {
    pub(crate) fn under_test(self) -> Arc<dyn BackendUnderTest> {
        match self {
            Self::Sqlite => Arc::new(sqlite::Sqlite),
        }
    }
}
