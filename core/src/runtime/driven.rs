use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::{Runtime, block_on_until};
use crate::backend::unless_cancelled;
use crate::cancel::CancelToken;
use crate::error::{Error, ErrorKind, Result};

/// How long a future may take before its runtime is asked for a sign of life. Nearly all end
/// before.
const LOOK: Duration = Duration::from_millis(500);

/// Waits on this thread for a future that needs `runtime` to move, for a socket's sake: a blocking
/// operation of a backend that talks to a server.
///
/// It ends when the token gives up, and also when the runtime shows no sign of life for
/// `patience`, which is what a current-thread runtime does while nobody drives it. The future is
/// dropped then.
///
/// # Errors
/// The future's; the token's; kind [`Runtime`](ErrorKind::Runtime) for a runtime that is gone or
/// does not move.
pub fn block_on_driven<T>(
    runtime: &Runtime,
    future: impl Future<Output = Result<T>>,
    cancel: Option<&CancelToken>,
    patience: Duration,
) -> Result<T> {
    let future = pin!(future);
    let mut either = pin!(unless_cancelled(future, cancel));
    let mut sign: Option<Sign> = None;
    loop {
        let look = Instant::now() + LOOK.min(patience);
        if let Some(result) = block_on_until(either.as_mut(), look) {
            return result;
        }
        match &sign {
            Some(waited) if waited.given.load(Ordering::Acquire) => sign = None,
            Some(waited) if waited.asked.elapsed() >= patience => {
                return Err(stands_still(patience));
            }
            Some(_) => {}
            None => sign = Some(Sign::ask(runtime)?),
        }
    }
}

/// A task that says that the runtime moves.
struct Sign {
    given: Arc<AtomicBool>,
    asked: Instant,
}

impl Sign {
    fn ask(runtime: &Runtime) -> Result<Self> {
        let given = Arc::new(AtomicBool::new(false));
        let giving = Arc::clone(&given);
        let asked =
            runtime.spawner().spawn(Box::pin(
                async move { giving.store(true, Ordering::Release) },
            ));
        asked.map_err(|error| {
            let message = "the runtime that the database was opened with does not move any more";
            Error::new(ErrorKind::Runtime, message).with_source(error)
        })?;
        Ok(Self {
            given,
            asked: Instant::now(),
        })
    }
}

#[cold]
fn stands_still(patience: Duration) -> Error {
    Error::new(
        ErrorKind::Runtime,
        format!(
            "the runtime that the database was opened with has not moved for {patience:?}: a \
             current-thread runtime moves only while something blocks on it, so call the \
             asynchronous method there, or keep a multi-thread runtime"
        ),
    )
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use super::*;
    use crate::runtime::{BlockingJob, BoxFuture, SpawnError, Spawner, Threads};

    const PATIENCE: Duration = Duration::from_millis(50);

    /// Takes tasks and never runs them.
    #[derive(Debug)]
    struct Still;

    impl Spawner for Still {
        fn spawn(&self, task: BoxFuture<'static, ()>) -> Result<(), SpawnError> {
            std::mem::forget(task);
            Ok(())
        }

        fn spawn_blocking(&self, job: BlockingJob) -> Result<(), SpawnError> {
            std::mem::forget(job);
            Ok(())
        }
    }

    #[test]
    fn a_runtime_that_moves_is_waited_for() {
        let runtime = Runtime::from(Threads);
        let timer = Arc::clone(runtime.timer());
        let slow = async move {
            timer.sleep(Duration::from_millis(200)).await;
            Ok(7)
        };
        assert_eq!(block_on_driven(&runtime, slow, None, PATIENCE).unwrap(), 7);
    }

    #[test]
    fn a_runtime_that_stands_still_is_not() {
        let runtime = Runtime::from(Threads).with_spawner(Still);
        let error = block_on_driven::<()>(&runtime, pending(), None, PATIENCE).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Runtime);
        assert!(
            error.to_string().contains("has not moved for 50ms"),
            "{error}"
        );
        let ready = async { Ok(3) };
        assert_eq!(block_on_driven(&runtime, ready, None, PATIENCE).unwrap(), 3);
    }

    #[test]
    fn the_token_ends_the_wait() {
        let runtime = Runtime::from(Threads);
        let token = CancelToken::with_deadline(Instant::now() + Duration::from_millis(20));
        let error = block_on_driven::<()>(&runtime, pending(), Some(&token), PATIENCE).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Timeout);
    }
}
