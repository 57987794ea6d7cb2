//! smol with its global executor, which is one for the whole process.

use queryset_conformance::runtime::{Capability, Running, RuntimeUnderTest};
use queryset_smol::Smol;

#[derive(Debug)]
pub(crate) struct SmolUnderTest;

impl RuntimeUnderTest for SmolUnderTest {
    fn name(&self) -> &str {
        "smol"
    }

    fn start(&self) -> Running {
        Running::new(Smol)
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
