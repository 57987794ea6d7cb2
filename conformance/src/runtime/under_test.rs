use std::any::Any;
use std::fmt;

use queryset::runtime::{MissingRuntime, Runtime};

/// A runtime adapter, as the suite needs it.
///
/// Two methods are enough for an adapter without any limits; the others exist because runtimes
/// differ in what can happen to them.
pub trait RuntimeUnderTest: fmt::Debug + Send + Sync + 'static {
    /// The runtime's name, as reports show it.
    fn name(&self) -> &str;

    /// Starts a fresh runtime, or hands out the process's one. It must be driven until the
    /// [`Running`] is dropped: a runtime that needs a caller gets a thread of its own.
    fn start(&self) -> Running;

    /// Why the runtime lacks a capability; `None` if it has it.
    ///
    /// The case runs all the same: a lack that is declared and does not show fails.
    fn lacks(&self, capability: Capability) -> Option<&str> {
        let _ = capability;
        None
    }

    /// Starts a runtime with a paused clock, for [`Capability::PausedClock`].
    fn start_paused(&self) -> Option<Running> {
        None
    }

    /// Tries to make the adapter wherever its runtime, or a part of it, is missing, for
    /// [`Capability::Missing`]: pairs of the place and what came of it.
    fn make_where_missing(&self) -> Vec<(String, Result<Runtime, MissingRuntime>)> {
        Vec::new()
    }
}

/// What not every runtime can do, or have done to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Capability {
    /// TCP connections.
    Tcp,
    /// Connections to Unix sockets.
    Unix,
    /// It recognises its tasks ([`Spawner::in_async_task`](queryset::runtime::Spawner)).
    TasksRecognised,
    /// It can shut down while the adapter is still in use.
    ShutDown,
    /// Its clock can be paused.
    PausedClock,
    /// It, or a part of it, can be missing where the adapter is made.
    Missing,
    /// It can be left undriven for a while, and driven again ([`Running::held_by`]).
    Held,
}

impl fmt::Display for Capability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tcp => "TCP",
            Self::Unix => "Unix sockets",
            Self::TasksRecognised => "recognising its tasks",
            Self::ShutDown => "shutting down",
            Self::PausedClock => "a paused clock",
            Self::Missing => "being missing",
            Self::Held => "being left undriven",
        })
    }
}

type Hold = Box<dyn Fn() -> Box<dyn Any + Send> + Send + Sync>;

/// A runtime that runs until this is dropped.
pub struct Running {
    runtime: Runtime,
    shut_down: Option<Box<dyn FnOnce() + Send>>,
    hold: Option<Hold>,
    keep: Option<Box<dyn Any + Send>>,
}

impl Running {
    /// A runtime that runs by itself.
    pub fn new(runtime: impl Into<Runtime>) -> Self {
        Self {
            runtime: runtime.into(),
            shut_down: None,
            hold: None,
            keep: None,
        }
    }

    /// Keeps something alive for as long.
    pub fn kept_by(mut self, keep: impl Any + Send) -> Self {
        self.keep = Some(Box::new(keep));
        self
    }

    /// How to shut it down: when the closure returns, no task may run any more. Blocking jobs that
    /// run may go on; it must not wait for them.
    pub fn shut_down_by(mut self, shut_down: impl FnOnce() + Send + 'static) -> Self {
        self.shut_down = Some(Box::new(shut_down));
        self
    }

    /// How to leave it undriven until what the closure returns is dropped, for
    /// [`Capability::Held`]. When the closure returns, nothing drives it any more.
    pub fn held_by(
        mut self,
        hold: impl Fn() -> Box<dyn Any + Send> + Send + Sync + 'static,
    ) -> Self {
        self.hold = Some(Box::new(hold));
        self
    }

    /// Leaves it undriven until the guard is dropped; `None` if it cannot be.
    pub(crate) fn hold(&self) -> Option<Box<dyn Any + Send>> {
        self.hold.as_ref().map(|hold| hold())
    }

    /// The runtime.
    pub fn runtime(&self) -> &Runtime {
        &self.runtime
    }

    /// The same, still run by the same keepers, through a wrapper.
    pub fn map(mut self, wrap: impl FnOnce(Runtime) -> Runtime) -> Self {
        self.runtime = wrap(self.runtime);
        self
    }

    /// Shuts it down; false if it cannot be.
    pub fn shut_down(&mut self) -> bool {
        let Some(shut_down) = self.shut_down.take() else {
            return false;
        };
        shut_down();
        true
    }
}

impl fmt::Debug for Running {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Running")
            .field("runtime", &self.runtime)
            .finish_non_exhaustive()
    }
}
