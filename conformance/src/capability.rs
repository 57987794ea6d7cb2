//! What not every database can do.

use std::fmt;

/// Something that a backend may lack, and then declares that it lacks.
///
/// The cases that need it run all the same: a lack that is declared and does not show fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Capability {
    /// A function of the test can be called from SQL ([`Opening::functions`](crate::Opening)).
    SqlFunctions,
    /// The number of reads served at once can be bounded ([`Opening::readers`](crate::Opening)).
    BoundedPool,
    /// Reads can be made to wait for a lock ([`Opened::locked_by`](crate::Opened::locked_by)).
    HeldLock,
    /// The database is on a server, whose sessions can be looked at and whose address can be
    /// another's ([`Opened::watched_by`](crate::Opened::watched_by),
    /// [`Opening::via`](crate::Opening)).
    Server,
    /// Blocking reads run on the thread of their caller, and need no task or job of the runtime.
    CallerThread,
    /// Asynchronous reads are tasks or jobs of the runtime, and not polled by their callers alone.
    SpawnsReads,
    /// Rows are decoded on another thread than the one that polls the read.
    DecodesElsewhere,
    /// It works on a runtime without sockets.
    WithoutSockets,
    /// A column may hold values of another type than its own.
    LooseColumns,
    /// Integers above `i64::MAX` can be kept.
    Unsigned64,
    /// Text may contain the character U+0000.
    NulInText,
    /// Floating-point columns hold the infinities.
    Infinity,
    /// Decimal columns hold 38 digits.
    WideDecimals,
    /// Several transactions write at once, and lock rows.
    RowLocks,
    /// Transactions may be isolated less than completely.
    WeakIsolation,
    /// What a transaction has written keeps nobody else from reading. Where it does, reads wait
    /// until the transaction has ended.
    ReadsBesideWriter,
}

impl Capability {
    /// All of them.
    pub const ALL: [Self; 16] = [
        Self::SqlFunctions,
        Self::BoundedPool,
        Self::HeldLock,
        Self::Server,
        Self::CallerThread,
        Self::SpawnsReads,
        Self::DecodesElsewhere,
        Self::WithoutSockets,
        Self::LooseColumns,
        Self::Unsigned64,
        Self::NulInText,
        Self::Infinity,
        Self::WideDecimals,
        Self::RowLocks,
        Self::WeakIsolation,
        Self::ReadsBesideWriter,
    ];
}

impl fmt::Display for Capability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::SqlFunctions => "functions callable from SQL",
            Self::BoundedPool => "a bounded pool",
            Self::HeldLock => "a lock that reads wait for",
            Self::Server => "a server",
            Self::CallerThread => "blocking reads on the caller's thread",
            Self::SpawnsReads => "asynchronous reads through the spawner",
            Self::DecodesElsewhere => "decoding rows away from the task",
            Self::WithoutSockets => "working without sockets",
            Self::LooseColumns => "columns that hold any type",
            Self::Unsigned64 => "unsigned integers of 64 bits",
            Self::NulInText => "the character U+0000 in text",
            Self::Infinity => "infinite numbers",
            Self::RowLocks => "several writing transactions at once",
            Self::WeakIsolation => "weaker isolation of transactions",
            Self::ReadsBesideWriter => "reads beside a transaction that writes",
            Self::WideDecimals => "decimal numbers of 38 digits",
        })
    }
}
