use std::future::pending;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use queryset::CancelToken;
use queryset::runtime::{MissingRuntime, Runtime};
use queryset_conformance::runtime::{Capability, Running, RuntimeUnderTest};
use queryset_tokio::Tokio;
use tokio::runtime::Builder;

/// A runtime with threads of its own.
#[derive(Debug, Clone, Copy)]
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
            .unwrap();
        let runtime = Tokio::from_handle(tokio.handle().clone()).unwrap();
        // Waits for the tasks to be dropped, but not for blocking jobs for ever.
        Running::new(runtime)
            .shut_down_by(move || tokio.shutdown_timeout(Duration::from_millis(50)))
    }

    fn lacks(&self, capability: Capability) -> Option<&str> {
        match capability {
            Capability::PausedClock => Some("tokio pauses only a current-thread runtime's clock"),
            _ => None,
        }
    }

    fn make_where_missing(&self) -> Vec<(String, Result<Runtime, MissingRuntime>)> {
        where_missing(Builder::new_multi_thread)
    }
}

/// A runtime that one thread drives, as `#[tokio::main(flavor = "current_thread")]` does.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CurrentThread;

impl RuntimeUnderTest for CurrentThread {
    fn name(&self) -> &str {
        "tokio-current-thread"
    }

    fn start(&self) -> Running {
        start_current_thread(false)
    }

    fn start_paused(&self) -> Option<Running> {
        Some(start_current_thread(true))
    }

    fn make_where_missing(&self) -> Vec<(String, Result<Runtime, MissingRuntime>)> {
        where_missing(Builder::new_current_thread)
    }
}

fn start_current_thread(paused: bool) -> Running {
    let stop = CancelToken::new();
    let stopped = stop.clone();
    let (sender, handle) = mpsc::channel();
    let driver = thread::spawn(move || {
        let tokio = Builder::new_current_thread()
            .enable_all()
            .start_paused(paused)
            .build()
            .unwrap();
        sender.send(tokio.handle().clone()).unwrap();
        tokio.block_on(stopped.cancelled());
        tokio.shutdown_timeout(Duration::from_millis(50));
    });
    let runtime = Tokio::from_handle(handle.recv().unwrap()).unwrap();
    let keep = Stop(stop.clone());
    Running::new(runtime).kept_by(keep).shut_down_by(move || {
        stop.cancel();
        driver.join().unwrap();
    })
}

struct Stop(CancelToken);

impl Drop for Stop {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

fn where_missing(builder: fn() -> Builder) -> Vec<(String, Result<Runtime, MissingRuntime>)> {
    let place = |name: &str, build: fn(&mut Builder) -> &mut Builder| {
        let tokio = build(&mut builder()).build().unwrap();
        let inside = tokio.block_on(async { Tokio::current().map(Runtime::from) });
        let by_handle = Tokio::from_handle(tokio.handle().clone()).map(Runtime::from);
        [
            (name.to_owned(), inside),
            (format!("{name}, by its handle"), by_handle),
        ]
    };
    let mut places = vec![("outside".to_owned(), Tokio::current().map(Runtime::from))];
    places.extend(place("without drivers", |builder| builder));
    places.extend(place("without a time driver", Builder::enable_io));
    places.extend(place("without an I/O driver", Builder::enable_time));
    places
}

/// Never ends, and never wakes.
pub(crate) async fn forever() {
    pending::<()>().await;
}
