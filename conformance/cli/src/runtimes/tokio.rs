//! tokio, in its two flavours, each time a runtime of its own.

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use queryset::CancelToken;
use queryset_conformance::runtime::{Capability, Running, RuntimeUnderTest};
use queryset_tokio::Tokio;
use tokio::runtime::Builder;

/// A runtime with threads of its own.
#[derive(Debug)]
pub(crate) struct MultiThread;

impl RuntimeUnderTest for MultiThread {
    fn name(&self) -> &str {
        "tokio"
    }

    fn start(&self) -> Running {
        let tokio = Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .expect("a tokio runtime with two threads can be built");
        let runtime = Tokio::from_handle(tokio.handle().clone())
            .expect("a runtime with all its drivers lacks none");
        Running::new(runtime).kept_by(Background(Some(tokio)))
    }

    fn lacks(&self, capability: Capability) -> Option<&str> {
        match capability {
            Capability::PausedClock => Some("tokio pauses only a current-thread runtime's clock"),
            _ => None,
        }
    }
}

/// Ends a runtime without waiting for the threads that it lent out.
struct Background(Option<tokio::runtime::Runtime>);

impl Drop for Background {
    fn drop(&mut self) {
        if let Some(tokio) = self.0.take() {
            tokio.shutdown_background();
        }
    }
}

/// A runtime that one thread drives, as `#[tokio::main(flavor = "current_thread")]` does.
#[derive(Debug)]
pub(crate) struct CurrentThread;

impl RuntimeUnderTest for CurrentThread {
    fn name(&self) -> &str {
        "tokio-current-thread"
    }

    fn start(&self) -> Running {
        let stop = CancelToken::new();
        let stopped = stop.clone();
        let (sender, handle) = mpsc::channel();
        thread::spawn(move || {
            let tokio = Builder::new_current_thread()
                .enable_all()
                .build()
                .expect("a tokio runtime without threads can be built");
            if sender.send(tokio.handle().clone()).is_ok() {
                tokio.block_on(stopped.cancelled());
            }
            tokio.shutdown_timeout(Duration::ZERO);
        });
        let handle = handle.recv().expect("the driving thread sends its handle first");
        let runtime =
            Tokio::from_handle(handle).expect("a runtime with all its drivers lacks none");
        Running::new(runtime).kept_by(Stop(stop))
    }
}

/// Lets the driving thread go.
struct Stop(CancelToken);

impl Drop for Stop {
    fn drop(&mut self) {
        self.0.cancel();
    }
}
