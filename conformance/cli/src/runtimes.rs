//! The runtimes of this workspace, as the suite needs them.

mod async_std;
mod smol;
mod tokio;

use std::sync::Arc;

use clap::ValueEnum;
use queryset_conformance::runtime::{RuntimeUnderTest, ThreadsUnderTest};

/// A runtime's name on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Runtime {
    Tokio,
    TokioCurrentThread,
    AsyncStd,
    Smol,
    Threads,
}

impl Runtime {
    pub(crate) fn under_test(self) -> Arc<dyn RuntimeUnderTest> {
        match self {
            Self::Tokio => Arc::new(tokio::MultiThread),
            Self::TokioCurrentThread => Arc::new(tokio::CurrentThread),
            Self::AsyncStd => Arc::new(async_std::AsyncStdUnderTest),
            Self::Smol => Arc::new(smol::SmolUnderTest),
            Self::Threads => Arc::new(ThreadsUnderTest),
        }
    }
}
