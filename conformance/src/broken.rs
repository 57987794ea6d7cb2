//! Backends that are broken on purpose, which show that the cases can tell right from wrong.
//!
//! Each is a wrapper over a sound backend that spoils one thing: the text of statements, the
//! rows on their way, or how an operation is carried out. It sees nothing but the public seams,
//! so that it can spoil any backend.

mod rewrite;
mod rows;
mod sound;
mod transaction;
mod wrapper;

use std::sync::Arc;

use queryset::Statement;
use queryset::runtime::BoxFuture;

use crate::{BackendUnderTest, Capability, Form, Opened, Opening};
use rows::Chunk;
pub use sound::Sound;
use wrapper::Wrapper;

/// A backend that is broken in one way, and the case that must catch it.
#[derive(Clone, Debug)]
pub struct BrokenBackend {
    /// What is wrong with it.
    pub name: &'static str,
    /// The case that must fail.
    pub caught_by: &'static str,
    /// The form of it in which the fault can show; both if it is `None`.
    pub form: Option<Form>,
    /// The backend.
    pub under_test: Arc<dyn BackendUnderTest>,
}

/// The broken backends over a sound one.
pub fn broken_backends(sound: &Arc<dyn BackendUnderTest>) -> Vec<BrokenBackend> {
    let faults = rewrite::FAULTS.iter().chain(rows::FAULTS).chain(CONDUCT);
    faults
        .filter(|fault| fault.needs.iter().all(|need| sound.lacks(*need).is_none()))
        .map(|fault| BrokenBackend {
            name: fault.name,
            caught_by: fault.caught_by,
            form: fault.form,
            under_test: Arc::new(Broken {
                sound: Arc::clone(sound),
                fault: *fault,
            }),
        })
        .collect()
}

/// One way to break a backend.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fault {
    name: &'static str,
    caught_by: &'static str,
    needs: &'static [Capability],
    form: Option<Form>,
    manner: Manner,
}

impl Fault {
    pub(crate) const fn new(name: &'static str, caught_by: &'static str, manner: Manner) -> Self {
        Self {
            name,
            caught_by,
            needs: &[],
            form: None,
            manner,
        }
    }

    /// Shows in the asynchronous form alone.
    const fn asynchronous(mut self) -> Self {
        self.form = Some(Form::Async);
        self
    }

    const fn needing(mut self, needs: &'static [Capability]) -> Self {
        self.needs = needs;
        self
    }
}

/// What a fault spoils.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Manner {
    /// Statements on their way to the database.
    Statement(fn(Statement) -> Statement),
    /// Rows on their way back.
    Rows(fn(&mut Chunk)),
    /// How an operation is carried out.
    Conduct(Conduct),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Conduct {
    /// A read answers with what the one before it answered.
    Stale,
    /// An error is an empty result.
    ErrorAsEmpty,
    /// Every error is just an operational one.
    KindLost,
    /// A read that is given up goes on.
    CancelIgnored,
    /// Giving a read up hits the one that comes next.
    CancelLate,
    /// The read that comes after one that was given up gets the rows of another.
    MixedUp,
    /// A read that is given up before its first row keeps its connection.
    ConnectionKept,
    /// Closing does nothing.
    CloseIgnored,
    /// All rows are read at once.
    ReadsEverything,
    /// What follows the first chunk is lost.
    RestLost,
    /// A cursor that is dropped keeps its connection.
    CursorLeaked,
    /// Blocking reads run on a thread of their own.
    OtherThread,
    /// Writes are not carried out.
    WritesForgotten,
    /// Writes are carried out twice.
    WritesTwice,
    /// One row too many is said to have changed.
    Miscounted,
    /// A commit rolls back.
    CommitForgotten,
    /// A rollback commits.
    RollbackCommits,
    /// Rolling back to a savepoint rolls everything back.
    SavepointTakesAll,
    /// Rolling back to a savepoint undoes nothing.
    SavepointIgnored,
    /// Every transaction has the isolation that the database gives unasked.
    IsolationIgnored,
    /// A transaction that only reads may write.
    ReadOnlyIgnored,
    /// Statements of a transaction run beside it.
    NotPinned,
    /// A transaction that is dropped is committed.
    DropCommits,
    /// A transaction that is dropped stays open.
    DropLeaks,
    /// A transaction is said to be open whatever happened to it.
    AlwaysOpen,
    /// It says that it lacks what it has.
    Denies(Capability),
}

const fn conduct(name: &'static str, caught_by: &'static str, conduct: Conduct) -> Fault {
    Fault::new(name, caught_by, Manner::Conduct(conduct))
}

const CONDUCT: &[Fault] = &[
    conduct("stale result", "read.get.repeated", Conduct::Stale),
    conduct(
        "error as empty result",
        "error.every_method",
        Conduct::ErrorAsEmpty,
    ),
    conduct("kind of error lost", "error.unique", Conduct::KindLost),
    conduct(
        "cancellation ignored",
        "cancel.token",
        Conduct::CancelIgnored,
    )
    .needing(&[Capability::SqlFunctions]),
    conduct(
        "dropped read goes on",
        "drop.executing",
        Conduct::CancelIgnored,
    )
    .needing(&[Capability::SqlFunctions]),
    conduct(
        "read that was given up runs on",
        "cancel.state.executing",
        Conduct::CancelIgnored,
    )
    .needing(&[Capability::Server]),
    conduct(
        "connection kept while queued",
        "cancel.state.queued",
        Conduct::ConnectionKept,
    )
    .needing(&[Capability::Server])
    .asynchronous(),
    conduct(
        "connection kept while connecting",
        "cancel.state.connecting",
        Conduct::ConnectionKept,
    )
    .needing(&[Capability::Server])
    .asynchronous(),
    conduct(
        "connection kept while executing",
        "cancel.state.executing",
        Conduct::ConnectionKept,
    )
    .needing(&[Capability::Server])
    .asynchronous(),
    conduct(
        "connection kept while streaming",
        "cancel.state.streaming",
        Conduct::CursorLeaked,
    )
    .needing(&[Capability::BoundedPool]),
    conduct(
        "sessions left open",
        "cancel.state.queued",
        Conduct::CloseIgnored,
    )
    .needing(&[Capability::Server]),
    conduct(
        "cancellation of one queued hits the next",
        "cancel.state.queued",
        Conduct::CancelLate,
    )
    .needing(&[Capability::BoundedPool]),
    conduct(
        "cancellation of one connecting hits the next",
        "cancel.state.connecting",
        Conduct::CancelLate,
    )
    .needing(&[Capability::Server]),
    conduct(
        "cancellation of one executing hits the next",
        "cancel.state.executing",
        Conduct::CancelLate,
    )
    .needing(&[Capability::Server]),
    conduct(
        "cancellation of one streaming hits the next",
        "cancel.state.streaming",
        Conduct::CancelLate,
    )
    .needing(&[Capability::BoundedPool]),
    conduct(
        "cancellation of one decoding hits the next",
        "cancel.state.decoding",
        Conduct::CancelLate,
    )
    .needing(&[Capability::BoundedPool]),
    conduct(
        "next after one queued gets its rows",
        "cancel.state.queued",
        Conduct::MixedUp,
    )
    .needing(&[Capability::BoundedPool]),
    conduct(
        "next after one connecting gets its rows",
        "cancel.state.connecting",
        Conduct::MixedUp,
    )
    .needing(&[Capability::Server]),
    conduct(
        "next after one executing gets its rows",
        "cancel.state.executing",
        Conduct::MixedUp,
    )
    .needing(&[Capability::Server]),
    conduct(
        "next after one streaming gets its rows",
        "cancel.state.streaming",
        Conduct::MixedUp,
    )
    .needing(&[Capability::BoundedPool]),
    conduct(
        "next after one decoding gets its rows",
        "cancel.state.decoding",
        Conduct::MixedUp,
    )
    .needing(&[Capability::BoundedPool]),
    conduct("close ignored", "close.refuses", Conduct::CloseIgnored),
    conduct(
        "everything read at once",
        "cancel.iteration",
        Conduct::ReadsEverything,
    ),
    conduct(
        "memory grows with the result",
        "memory.iter",
        Conduct::ReadsEverything,
    ),
    conduct(
        "rest after the first chunk lost",
        "read.iter.slice",
        Conduct::RestLost,
    ),
    conduct(
        "dropped cursor keeps its connection",
        "read.iter.stops_early",
        Conduct::CursorLeaked,
    ),
    conduct(
        "blocking reads on another thread",
        "seam.caller_thread",
        Conduct::OtherThread,
    )
    .needing(&[Capability::SqlFunctions, Capability::CallerThread]),
    conduct("writes forgotten", "write.create", Conduct::WritesForgotten),
    conduct("writes sent twice", "write.execute", Conduct::WritesTwice),
    conduct(
        "changed rows miscounted",
        "write.execute.params",
        Conduct::Miscounted,
    ),
    conduct(
        "commit that rolls back",
        "transaction.commit",
        Conduct::CommitForgotten,
    ),
    conduct(
        "rollback that commits",
        "transaction.rollback",
        Conduct::RollbackCommits,
    ),
    conduct(
        "savepoint that takes all back",
        "transaction.savepoint",
        Conduct::SavepointTakesAll,
    ),
    conduct(
        "savepoint that takes nothing back",
        "transaction.savepoint.dropped",
        Conduct::SavepointIgnored,
    ),
    conduct(
        "isolation ignored",
        "transaction.isolation",
        Conduct::IsolationIgnored,
    )
    .needing(&[Capability::WeakIsolation]),
    conduct(
        "read-only ignored",
        "transaction.read_only",
        Conduct::ReadOnlyIgnored,
    ),
    conduct(
        "statements beside their transaction",
        "transaction.rollback",
        Conduct::NotPinned,
    )
    .needing(&[Capability::RowLocks]),
    conduct(
        "dropped transaction committed",
        "transaction.dropped",
        Conduct::DropCommits,
    ),
    conduct(
        "dropped transaction left open",
        "transaction.one_connection",
        Conduct::DropLeaks,
    )
    .needing(&[Capability::BoundedPool]),
    conduct(
        "broken transaction said to be open",
        "transaction.deadlock",
        Conduct::AlwaysOpen,
    )
    .needing(&[Capability::RowLocks]),
    conduct(
        "lack declared that is none",
        "seam.caller_thread",
        Conduct::Denies(Capability::SqlFunctions),
    )
    .needing(&[Capability::SqlFunctions, Capability::CallerThread]),
];

/// A sound backend with a fault.
#[derive(Debug)]
struct Broken {
    sound: Arc<dyn BackendUnderTest>,
    fault: Fault,
}

impl BackendUnderTest for Broken {
    fn name(&self) -> &str {
        self.sound.name()
    }

    fn open(&self, opening: Opening) -> BoxFuture<'static, queryset::Result<Opened>> {
        let (opened, manner) = (self.sound.open(opening), self.fault.manner);
        Box::pin(async move {
            Ok(opened
                .await?
                .map(|database| Wrapper::over(&database, manner)))
        })
    }

    fn lacks(&self, capability: Capability) -> Option<&str> {
        match self.fault.manner {
            Manner::Conduct(Conduct::Denies(denied)) if denied == capability => {
                Some("it says so, though it is not true")
            }
            _ => self.sound.lacks(capability),
        }
    }
}
