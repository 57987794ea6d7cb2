//! Runtimes that are broken on purpose, which show that the cases can tell right from wrong.

mod connector;
mod spawner;
mod timer;

use std::fmt;
use std::sync::Arc;

use queryset::runtime::{MissingRuntime, Runtime};

use super::{Capability, Running, RuntimeUnderTest};

/// A runtime that is broken in one way, and the case that must catch it.
#[derive(Debug, Clone)]
pub struct BrokenRuntime {
    /// What is wrong with it.
    pub name: &'static str,
    /// The case that must fail.
    pub caught_by: &'static str,
    /// The runtime.
    pub under_test: Arc<dyn RuntimeUnderTest>,
    wrap: fn(Runtime) -> Runtime,
}

impl BrokenRuntime {
    /// Breaks another runtime in the same way, for cases about what runs on it.
    pub fn wrap(&self, runtime: Runtime) -> Runtime {
        (self.wrap)(runtime)
    }
}

/// The broken runtimes over a sound one, as far as its capabilities let them be broken.
pub fn broken_runtimes(sound: &Arc<dyn RuntimeUnderTest>) -> Vec<BrokenRuntime> {
    [spawner::BREAKS, timer::BREAKS, connector::BREAKS, DECLARED]
        .concat()
        .into_iter()
        .filter(|broken| {
            broken
                .needs
                .is_none_or(|capability| sound.lacks(capability).is_none())
        })
        .map(|broken| BrokenRuntime {
            name: broken.name,
            caught_by: broken.caught_by,
            wrap: broken.wrap,
            under_test: Arc::new(Wrapped {
                sound: Arc::clone(sound),
                broken,
            }),
        })
        .collect()
}

/// One way to break a runtime.
#[derive(Clone, Copy)]
struct Break {
    name: &'static str,
    caught_by: &'static str,
    needs: Option<Capability>,
    wrap: fn(Runtime) -> Runtime,
    /// Declared to be lacking, although it is there.
    denies: Option<Capability>,
}

const fn breaking(
    name: &'static str,
    caught_by: &'static str,
    needs: Option<Capability>,
    wrap: fn(Runtime) -> Runtime,
) -> Break {
    Break {
        name,
        caught_by,
        needs,
        wrap,
        denies: None,
    }
}

/// Sound runtimes that say the wrong thing about themselves.
const DECLARED: &[Break] = &[
    denying(Capability::Tcp, "denies TCP", "runtime.connect.tcp_echo"),
    denying(
        Capability::Unix,
        "denies Unix sockets",
        "runtime.connect.unix_echo",
    ),
    denying(
        Capability::TasksRecognised,
        "denies its tasks",
        "runtime.in_task.recognised",
    ),
    denying(Capability::ShutDown, "denies its end", "runtime.gone.lost"),
    denying(
        Capability::PausedClock,
        "denies its clock",
        "runtime.paused_clock",
    ),
    denying(
        Capability::Missing,
        "denies its absence",
        "runtime.missing.is_error",
    ),
];

const fn denying(capability: Capability, name: &'static str, caught_by: &'static str) -> Break {
    Break {
        name,
        caught_by,
        needs: Some(capability),
        wrap: |runtime| runtime,
        denies: Some(capability),
    }
}

struct Wrapped {
    sound: Arc<dyn RuntimeUnderTest>,
    broken: Break,
}

impl RuntimeUnderTest for Wrapped {
    fn name(&self) -> &str {
        self.broken.name
    }

    fn start(&self) -> Running {
        self.sound.start().map(self.broken.wrap)
    }

    fn lacks(&self, capability: Capability) -> Option<&str> {
        if self.broken.denies == Some(capability) {
            return Some("so it says");
        }
        self.sound.lacks(capability)
    }

    fn start_paused(&self) -> Option<Running> {
        Some(self.sound.start_paused()?.map(self.broken.wrap))
    }

    fn make_where_missing(&self) -> Vec<(String, Result<Runtime, MissingRuntime>)> {
        self.sound.make_where_missing()
    }
}

impl fmt::Debug for Wrapped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wrapped")
            .field("broken", &self.broken.name)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::super::{ThreadsUnderTest, catches};
    use super::*;

    #[test]
    fn each_is_caught() {
        let sound: Arc<dyn RuntimeUnderTest> = Arc::new(ThreadsUnderTest);
        let broken = broken_runtimes(&sound);
        assert!(broken.len() >= 15, "only {} are broken", broken.len());
        for broken in broken {
            catches(&broken).unwrap();
        }
    }
}
