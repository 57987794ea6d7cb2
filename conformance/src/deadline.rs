use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use queryset::runtime::PanicPayload;

use crate::Outcome;

/// Runs a case on a thread of its own and waits for it at most this long.
///
/// The waiting needs nothing of what is under test, so a case that blocks its thread, or a runtime
/// that stops, cannot hold it up: it fails, and its thread is left behind. A panic fails the case
/// with the panic's text.
pub fn within(
    patience: Duration,
    name: &str,
    case: impl FnOnce() -> Outcome + Send + 'static,
) -> Outcome {
    let (sender, ended) = mpsc::channel();
    let thread = thread::Builder::new().name(name.to_owned()).spawn(move || {
        let outcome = catch_unwind(AssertUnwindSafe(case)).unwrap_or_else(|panic| {
            Outcome::Fail(format!("panicked: {}", PanicPayload::new(panic).message()))
        });
        // Nobody listens any more when the case comes too late.
        let _ = sender.send(outcome);
    });
    if let Err(error) = thread {
        return Outcome::Error(format!("no thread for the case: {error}"));
    }
    match ended.recv_timeout(patience) {
        Ok(outcome) => outcome,
        Err(RecvTimeoutError::Timeout) => Outcome::Fail(format!("did not end within {patience:?}")),
        Err(RecvTimeoutError::Disconnected) => {
            Outcome::Error("the case's thread ended without an outcome".to_owned())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passes_on_what_the_case_says() {
        let long = Duration::from_secs(60);
        assert_eq!(within(long, "pass", || Outcome::Pass), Outcome::Pass);
        let panic = within(long, "panic", || std::panic::resume_unwind(Box::new("no")));
        assert_eq!(panic, Outcome::Fail("panicked: no".into()));
    }

    #[test]
    fn a_blocked_thread_does_not_hold_it_up() {
        let (_never, forever) = mpsc::channel::<()>();
        let blocked = within(Duration::from_millis(20), "blocked", move || {
            let _ = forever.recv();
            Outcome::Pass
        });
        assert_eq!(blocked, Outcome::Fail("did not end within 20ms".into()));
    }
}
