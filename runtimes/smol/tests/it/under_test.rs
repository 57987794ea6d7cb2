use std::sync::Arc;
use std::thread;

use queryset::CancelToken;
use queryset_conformance::runtime::{Capability, Running, RuntimeUnderTest};
use queryset_smol::Smol;

/// smol's global executor, with its one thread.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Global;

impl RuntimeUnderTest for Global {
    fn name(&self) -> &str {
        "smol"
    }

    fn start(&self) -> Running {
        Running::new(Smol::global())
    }

    fn lacks(&self, capability: Capability) -> Option<&str> {
        lacks(capability)
    }
}

/// An executor of the program, run by one thread of the program.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Own;

impl RuntimeUnderTest for Own {
    fn name(&self) -> &str {
        "smol-own-executor"
    }

    fn start(&self) -> Running {
        let executor = Arc::new(smol::Executor::new());
        let runtime = Smol::on(&executor);
        let stop = Stop(CancelToken::new());
        let stopped = stop.0.clone();
        thread::spawn(move || smol::block_on(executor.run(stopped.cancelled())));
        Running::new(runtime).kept_by(stop)
    }

    fn lacks(&self, capability: Capability) -> Option<&str> {
        lacks(capability)
    }
}

struct Stop(CancelToken);

impl Drop for Stop {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

fn lacks(capability: Capability) -> Option<&'static str> {
    match capability {
        Capability::ShutDown => Some("smol's threads, timers and sockets belong to the process"),
        Capability::PausedClock => Some("smol goes by the system's clock"),
        Capability::Missing => Some("smol starts wherever it is first used"),
        _ => None,
    }
}
