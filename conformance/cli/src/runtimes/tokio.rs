//! tokio, in its two flavours, each time a runtime of its own.

use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread;
use std::time::Duration;

use queryset::CancelToken;
use queryset::runtime::{MissingRuntime, Runtime};
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
        let running = Running::new(adapter(tokio.handle()));
        let tokio = Arc::new(Background(Mutex::new(Some(tokio))));
        let kept = Arc::clone(&tokio);
        running.kept_by(kept).shut_down_by(move || {
            if let Some(tokio) = tokio.take() {
                tokio.shutdown_timeout(Duration::from_millis(50));
            }
        })
    }

    fn lacks(&self, capability: Capability) -> Option<&str> {
        match capability {
            Capability::PausedClock => Some("tokio pauses only a current-thread runtime's clock"),
            Capability::Held => Some("its own threads drive it"),
            _ => None,
        }
    }

    fn make_where_missing(&self) -> Vec<(String, Result<Runtime, MissingRuntime>)> {
        where_missing(Builder::new_multi_thread)
    }
}

/// Ends a runtime without waiting for the threads that it lent out.
struct Background(Mutex<Option<tokio::runtime::Runtime>>);

impl Background {
    fn take(&self) -> Option<tokio::runtime::Runtime> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        if let Some(tokio) = self.take() {
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
    let (hold, mut holds) = tokio::sync::mpsc::unbounded_channel::<Hold>();
    let driver = thread::spawn(move || {
        let tokio = Builder::new_current_thread()
            .enable_all()
            .start_paused(paused)
            .build()
            .expect("a tokio runtime without threads can be built");
        if sender.send(tokio.handle().clone()).is_ok() {
            while let Some(hold) = tokio.block_on(async {
                tokio::select! {
                    () = stopped.cancelled() => None,
                    hold = holds.recv() => hold,
                }
            }) {
                // Outside of `block_on`, so that nothing of the runtime moves meanwhile.
                drop(hold.held);
                let _ = hold.released.recv();
            }
        }
        tokio.shutdown_timeout(Duration::from_millis(50));
    });
    let handle = handle
        .recv()
        .expect("the driving thread sends its handle first");
    let kept = Stop(stop.clone());
    Running::new(adapter(&handle))
        .kept_by(kept)
        .held_by(move || {
            let ((held, is_held), (release, released)) = (mpsc::channel(), mpsc::channel());
            if hold.send(Hold { held, released }).is_ok() {
                // It ends without a message, once the driving thread waits.
                let _ = is_held.recv();
            }
            Box::new(release)
        })
        .shut_down_by(move || {
            stop.cancel();
            let _ = driver.join();
        })
}

/// A pause of the driving thread: it drops the one end when it begins, and goes on when nobody has
/// the other end of the second any more.
struct Hold {
    held: mpsc::Sender<()>,
    released: mpsc::Receiver<()>,
}

/// Lets the driving thread go.
struct Stop(CancelToken);

impl Drop for Stop {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

fn adapter(handle: &tokio::runtime::Handle) -> Tokio {
    Tokio::from_handle(handle.clone()).expect("a runtime with all its drivers lacks none")
}

fn where_missing(builder: fn() -> Builder) -> Vec<(String, Result<Runtime, MissingRuntime>)> {
    let place = |name: &str, enable: fn(&mut Builder) -> &mut Builder| {
        let tokio = enable(&mut builder())
            .build()
            .expect("a tokio runtime without drivers can be built");
        let made = tokio.block_on(async { Tokio::current().map(Runtime::from) });
        (name.to_owned(), made)
    };
    vec![
        ("outside".to_owned(), Tokio::current().map(Runtime::from)),
        place("without drivers", |builder| builder),
        place("without a time driver", Builder::enable_io),
        place("without an I/O driver", Builder::enable_time),
    ]
}
