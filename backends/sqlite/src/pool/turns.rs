//! Who goes first where reads and writes keep each other out: in memory a write needs the database
//! for itself.
//!
//! They would wait in SQLite otherwise, each with a thread and a connection, and whoever asks
//! again at once would always be first. Here a read waits in its queue from the moment at which a
//! write has the connection or waits for it, until that ends, be it one statement or a transaction.
//! A write waits for the reads that run. When it is over, those who wait to read by then go before
//! the next write.
//!
//! An open cursor between two calls and a transaction that reads hold up no write here, since their
//! owner may be the one who writes; SQLite keeps the write waiting for them.

use std::time::Instant;

use queryset::runtime::Runtime;

use super::State;

#[derive(Debug)]
pub(super) struct Turns {
    /// Whose clock counts how long somebody waits.
    runtime: Runtime,
    /// Whether a write was under way when this was last looked at.
    writes: bool,
}

impl Turns {
    pub(super) fn new(runtime: &Runtime) -> Self {
        Self {
            runtime: runtime.clone(),
            writes: false,
        }
    }
}

impl State {
    /// Settles who may begin, after whatever has changed. Whether an operation that was to begin
    /// soon waits from now on.
    pub(super) fn take_turns(&mut self) -> bool {
        let Some(turns) = &mut self.turns else {
            return false;
        };
        let (readers, writer) = (&mut self.readers, &mut self.writer);
        let now = || -> Instant { turns.runtime.timer().now() };
        let writes = writer.in_use() > 0;
        if turns.writes && !writes {
            readers.turn = readers.waiters.len();
        }
        readers.turn = readers.turn.min(readers.waiters.len());
        // Transactions and open cursors have all connections, and their owner may be who writes.
        if readers.in_use() == readers.size() && readers.running() == 0 {
            readers.turn = 0;
        }
        let yields = readers.turn == 0 && !writer.waiters.is_empty();
        let mut waits = readers.bar(writes || yields, now);
        let reads = readers.running() > 0 || readers.turn > 0;
        waits |= writer.bar(writes || reads, now);
        let writes = writer.in_use() > 0;
        if writes {
            if !readers.barred {
                waits |= readers.bar(true, now);
            }
            writer.barred = true;
        }
        turns.writes = writes;
        waits
    }
}
