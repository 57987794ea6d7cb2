use std::cell::Cell;

thread_local! {
    static POLLING: Cell<bool> = const { Cell::new(false) };
}

/// Marks the calling thread as polling a task while `poll` runs.
///
/// For adapters of runtimes that have no sign of their own: they wrap each poll of a task with
/// this, and answer [`Spawner::in_async_task`](super::Spawner::in_async_task) with [`is_polling`].
pub fn while_polling<R>(poll: impl FnOnce() -> R) -> R {
    struct Restore(bool);

    impl Drop for Restore {
        fn drop(&mut self) {
            POLLING.set(self.0);
        }
    }

    let _restore = Restore(POLLING.replace(true));
    poll()
}

/// Whether the calling thread is inside [`while_polling`].
pub fn is_polling() -> bool {
    // A read during the thread's destruction, from another thread-local's destructor, polls nothing.
    POLLING.try_with(Cell::get).unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_only_the_poll_and_survives_a_panic() {
        assert!(!is_polling());
        assert!(while_polling(is_polling));
        assert!(!is_polling());
        let _ =
            std::panic::catch_unwind(|| while_polling(|| std::panic::resume_unwind(Box::new(()))));
        assert!(!is_polling());
        while_polling(|| assert!(!std::thread::spawn(is_polling).join().unwrap()));
    }
}
