//! Connections that are a transaction's own for a while.

use std::sync::Arc;

use super::lane::Lane;
use super::{Pool, State, Task};
use crate::connection::{BoxConnection, Connection, Line, Place};
use crate::run::Left;
use crate::transaction::{Pinned, Status};

impl Pool {
    /// Gives a connection that is held a line of its own. Its place stays taken.
    pub(crate) fn pin(
        self: &Arc<Self>,
        mut connection: BoxConnection,
        status: &Arc<Status>,
    ) -> Line {
        let home = connection.place();
        let mut state = self.lock();
        let free = state.transactions.iter().position(Option::is_none);
        let transaction = free.unwrap_or_else(|| {
            state.transactions.push(None);
            state.transactions.len() - 1
        });
        if let Some(lane) = state.lane(home.line) {
            lane.note_transaction(home.slot);
        }
        state.take_turns();
        let line = Line {
            access: home.line.access,
            transaction: Some(transaction),
        };
        connection.move_to(Place { line, slot: 0 });
        let mut lane = Lane::new(line, 1);
        lane.adopt(connection);
        let pinned = Pinned {
            home,
            status: Arc::clone(status),
            over: false,
        };
        state.transactions[transaction] = Some((lane, pinned));
        let call = state.call();
        drop(state);
        self.make(call);
        line
    }

    /// The transaction's handle is gone: its connection goes back, at once if nothing is open on
    /// it, or else by a worker that rolls back.
    pub(crate) fn unpin(self: &Arc<Self>, line: Line) {
        let Some(transaction) = line.transaction else {
            return;
        };
        let mut state = self.lock();
        let Some(Some((lane, pinned))) = state.transactions.get_mut(transaction) else {
            return;
        };
        pinned.over = true;
        // One that is out ends when it comes back.
        let unwanted = match lane.clear().pop() {
            Some(connection) => state.go_home(transaction, connection),
            None if lane.is_quiet() => state.lose(transaction),
            None => None,
        };
        let drained = self.settle(&mut state);
        let call = state.call();
        drop(state);
        drop(unwanted);
        if drained {
            self.notify_drained();
        }
        self.make(call);
    }
}

impl Pool {
    /// Notes how an operation left its transaction, before its caller hears of the end.
    pub(crate) fn note_transaction(&self, place: Place, left: &Left) {
        let Some(transaction) = place.line.transaction else {
            return;
        };
        if let Some(Some((_, pinned))) = self.lock().transactions.get(transaction) {
            pinned.status.note(left);
        }
    }
}

impl State {
    /// What an operation left of a transaction's connection.
    pub(super) fn take_back_own(
        &mut self,
        transaction: usize,
        left: Left,
    ) -> Option<Box<Connection>> {
        let (lane, pinned) = self.transactions.get_mut(transaction)?.as_mut()?;
        pinned.status.note(&left);
        match left {
            Left::Free(connection) if pinned.over => self.go_home(transaction, connection),
            Left::Free(connection) => {
                lane.free(connection);
                None
            }
            Left::Broken if pinned.over => self.lose(transaction),
            Left::Broken => {
                lane.vacate(0);
                None
            }
            Left::Open(_) | Left::Pinned | Left::Shared(_) => None,
        }
    }

    /// Gives the connection of a transaction that is over back to everybody.
    fn go_home(
        &mut self,
        transaction: usize,
        mut connection: BoxConnection,
    ) -> Option<Box<Connection>> {
        if connection.is_in_transaction() {
            self.ready.push_back(Task::RollBack(connection));
            return None;
        }
        let (_, pinned) = self.transactions.get_mut(transaction)?.take()?;
        connection.move_to(pinned.home);
        self.take_back(pinned.home, Left::Free(connection), None)
    }

    /// The connection of a transaction that is over is no more.
    fn lose(&mut self, transaction: usize) -> Option<Box<Connection>> {
        let (_, pinned) = self.transactions.get_mut(transaction)?.take()?;
        self.take_back(pinned.home, Left::Broken, None)
    }
}
