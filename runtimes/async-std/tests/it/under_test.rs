use queryset_async_std::AsyncStd;
use queryset_conformance::runtime::{Capability, Running, RuntimeUnderTest};

/// The process's one async-std.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Global;

impl RuntimeUnderTest for Global {
    fn name(&self) -> &str {
        "async-std"
    }

    fn start(&self) -> Running {
        Running::new(AsyncStd)
    }

    fn lacks(&self, capability: Capability) -> Option<&str> {
        match capability {
            Capability::ShutDown => Some("async-std lives as long as its process"),
            Capability::PausedClock => Some("async-std goes by the system's clock"),
            Capability::Missing => Some("async-std starts wherever it is first used"),
            _ => None,
        }
    }
}
