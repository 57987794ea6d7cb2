use queryset::runtime::{Runtime, Threads};

use super::{Capability, Running, RuntimeUnderTest};

/// Core's own [`Threads`].
#[derive(Debug, Clone, Copy, Default)]
pub struct ThreadsUnderTest;

impl RuntimeUnderTest for ThreadsUnderTest {
    fn name(&self) -> &str {
        "threads"
    }

    fn start(&self) -> Running {
        Running::new(Runtime::from(Threads))
    }

    fn lacks(&self, capability: Capability) -> Option<&str> {
        match capability {
            Capability::Tcp | Capability::Unix => Some("std has no asynchronous sockets"),
            Capability::ShutDown => Some("its threads belong to the process"),
            Capability::PausedClock => Some("it goes by the system's clock"),
            Capability::Missing => Some("it needs nothing that could be missing"),
            Capability::Held => Some("its own threads drive it"),
            Capability::TasksRecognised => None,
        }
    }
}
