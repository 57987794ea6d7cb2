//! Catching the panics by which tokio reports, without a word on standard error.

use std::any::Any;
use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;
use std::thread;

thread_local! {
    static QUIET: Cell<bool> = const { Cell::new(false) };
}

/// Runs `f`; its panic is returned and not reported by the panic hook.
///
/// For the few questions that tokio answers only by a panic. The first call puts a filter before
/// the process's panic hook and leaves it there: it passes on every panic but those of a thread
/// that is in here. Putting it there for each call and taking it away again could lose a hook that
/// another thread sets meanwhile. A hook that the program sets later replaces the filter, and then
/// sees these panics too.
pub(crate) fn catch<R>(f: impl FnOnce() -> R) -> Result<R, Box<dyn Any + Send>> {
    static FILTER: Once = Once::new();

    // A thread that is panicking may not change the hook.
    if !thread::panicking() {
        FILTER.call_once(|| {
            let hook = panic::take_hook();
            panic::set_hook(Box::new(move |info| {
                if !QUIET.try_with(Cell::get).unwrap_or(false) {
                    hook(info);
                }
            }));
        });
    }

    let before = QUIET.replace(true);
    let result = panic::catch_unwind(AssertUnwindSafe(f));
    QUIET.set(before);
    result
}

/// A panic's text.
pub(crate) fn message(panic: &(dyn Any + Send)) -> String {
    match (panic.downcast_ref::<&str>(), panic.downcast_ref::<String>()) {
        (Some(text), _) => (*text).to_owned(),
        (_, Some(text)) => text.clone(),
        _ => "tokio panicked".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn silences_only_what_is_inside() {
        static SEEN: AtomicUsize = AtomicUsize::new(0);
        panic::set_hook(Box::new(|_| {
            SEEN.fetch_add(1, Ordering::SeqCst);
        }));
        let caught = catch(|| -> () { panic!("inside") }).unwrap_err();
        assert_eq!(message(&*caught), "inside");
        assert_eq!(SEEN.load(Ordering::SeqCst), 0);
        let outside = catch(|| thread::spawn(|| panic!("on another thread")).join());
        assert!(outside.unwrap().is_err());
        let _ = panic::catch_unwind(|| panic!("after"));
        assert_eq!(SEEN.load(Ordering::SeqCst), 2);
    }
}
