//! The end of a pool.

use std::sync::{Arc, PoisonError};
use std::time::Instant;

use queryset::{Error, ErrorKind, Result};

use super::{Phase, Pool, State, Task};
use crate::connection::BoxConnection;
use crate::cursor::Parked;
use crate::operation::{Operation, Outcome};

impl Pool {
    /// Begins to close for an operation that waits for the end. True if it is there already.
    pub(crate) fn close(self: &Arc<Self>, operation: &Arc<Operation>) -> bool {
        let mut state = self.lock();
        if state.phase == Phase::Closed {
            return true;
        }
        state.phase = Phase::Closing;
        state.closers.push(Arc::clone(operation));
        let parked = state.parked();
        for parked in &parked {
            // A cursor that is about to work again keeps its statement, and gives it back.
            if let Some(running) = parked.take() {
                state.ready.push_back(Task::Finish(running));
            }
        }
        let drained = self.settle(&mut state);
        let call = state.call();
        drop(state);
        if drained {
            self.notify_drained();
        }
        self.make(call);
        false
    }

    /// Closes on this thread.
    pub(crate) fn close_blocking(self: &Arc<Self>) -> Result<()> {
        let mut state = self.lock();
        if state.phase == Phase::Closed {
            return Ok(());
        }
        state.phase = Phase::Closing;
        let parked = state.parked();
        drop(state);
        for running in parked.iter().filter_map(|parked| parked.take()) {
            self.finish(running);
        }
        let timeout = self.opener().options().close_timeout;
        let began = Instant::now();
        let mut state = self.lock();
        while state.phase != Phase::Closed && (state.shutting || !state.is_quiet()) {
            let left = timeout.saturating_sub(began.elapsed());
            if left.is_zero() {
                drop(state);
                return Err(self.too_late());
            }
            let waited = self.drained.wait_timeout(state, left);
            (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        }
        if state.phase == Phase::Closed {
            return Ok(());
        }
        state.shutting = true;
        let connections = state.clear();
        drop(state);
        self.shut(connections);
        Ok(())
    }

    /// The error of a close that waited for too long.
    #[cold]
    pub(crate) fn too_late(&self) -> Error {
        let state = self.lock();
        let used = state.readers.in_use() + state.writer.in_use();
        Error::new(
            ErrorKind::Timeout,
            format!(
                "the database was closed, but after {:?} {used} of its connections were still in \
                 use: each is closed when it comes back",
                self.opener().options().close_timeout
            ),
        )
    }

    /// Closes the last connections and tells those who wait for it.
    pub(crate) fn shut(self: &Arc<Self>, connections: Vec<BoxConnection>) {
        drop(connections);
        let mut state = self.lock();
        state.phase = Phase::Closed;
        let closers = std::mem::take(&mut state.closers);
        drop(state);
        self.notify_drained();
        for closer in closers {
            closer.complete(Ok(Outcome::Closed));
        }
    }

    /// The handle was dropped: nothing waits for what happens now.
    pub(crate) fn abandon(self: &Arc<Self>) {
        let mut state = self.lock();
        if state.phase != Phase::Open {
            return;
        }
        state.phase = Phase::Abandoned;
        let connections = state.clear();
        if !connections.is_empty() {
            state.ready.push_back(Task::Discard(connections));
        }
        let call = state.call();
        drop(state);
        self.make(call);
    }

    /// Goes on with closing, if that is under way and nothing else is. True if a thread that
    /// closes has to be told.
    pub(super) fn settle(&self, state: &mut State) -> bool {
        state.take_turns();
        if state.phase != Phase::Closing || state.shutting || !state.is_quiet() {
            return false;
        }
        if state.closers.is_empty() {
            return true;
        }
        state.shutting = true;
        let connections = state.clear();
        state.ready.push_back(Task::Shut(connections));
        false
    }
}

impl State {
    fn parked(&mut self) -> Vec<Arc<Parked>> {
        let readers = self.readers.parked();
        readers.chain(self.writer.parked()).collect()
    }

    fn is_quiet(&self) -> bool {
        self.ready.is_empty() && self.readers.is_quiet() && self.writer.is_quiet()
    }

    fn clear(&mut self) -> Vec<BoxConnection> {
        let mut connections = self.readers.clear();
        connections.append(&mut self.writer.clear());
        connections
    }
}
