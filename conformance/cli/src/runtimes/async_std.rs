//! async-std, which is one for the whole process.

use queryset_async_std::AsyncStd;
use queryset_conformance::runtime::{Capability, Running, RuntimeUnderTest};

#[derive(Debug)]
pub(crate) struct AsyncStdUnderTest;

impl RuntimeUnderTest for AsyncStdUnderTest {
    fn name(&self) -> &str {
        "async-std"
    }

    fn start(&self) -> Running {
        Running::new(AsyncStd)
    }

    fn lacks(&self, capability: Capability) -> Option<&str> {
        match capability {
            Capability::ShutDown => Some("it lives as long as the process"),
            Capability::PausedClock => Some("it goes by the system's clock"),
            Capability::Missing => Some("it starts with its first use"),
            Capability::Held => Some("its own threads drive it"),
            _ => None,
        }
    }
}
