//! The driver's connection, and the operations on it.
//!
//! They may only be dropped together with the session: each runs inside the future that owns it.

use std::num::NonZero;
use std::sync::Arc;
use std::task::Poll;

use foldhash::fast::RandomState;
use lru::LruCache;
use mysql_async::consts::StatusFlags;
use mysql_async::prelude::{Protocol, Queryable};
use mysql_async::{BinaryProtocol, Conn, Params, QueryResult, Row, Statement, TextProtocol, Value};
use queryset::{Error, ErrorKind, Result, RowSink};

use super::{Abandoned, Server, Standing};
use crate::error;
use crate::row::Rows;

/// "This command is not supported in the prepared statement protocol yet."
const NOT_PREPARABLE: u16 = 1295;
/// "Query execution was interrupted."
const INTERRUPTED: u16 = 1317;
/// "Unknown prepared statement handler", and "Prepared statement needs to be re-prepared".
const STALE: [u16; 2] = [1243, 1615];

/// An open connection of the driver.
pub(crate) struct Session {
    conn: Conn,
    /// By their text. The driver would look each text through for names of parameters before it
    /// looks the statement up.
    statements: LruCache<Arc<str>, Statement, RandomState>,
    server: Server,
    state: State,
    /// Whether the open result came as text.
    text: bool,
    /// Whether the server has answered the last statement.
    answered: bool,
    /// The first row that was not handed over.
    ahead: Option<Row>,
    abandoned: Abandoned,
    standing: Standing,
}

/// What the next statement would find.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// Nothing that is left.
    Clean,
    /// Rows that were not read.
    Open,
    /// Nobody knows.
    Broken,
}

/// What an operation ends with.
pub(crate) enum Outcome {
    /// A fetch: the sink, and whether rows are left.
    Fetched(Box<dyn RowSink>, Result<bool>),
    /// Another statement: the number of rows changed.
    Executed(Result<u64>),
}

impl Session {
    pub(super) fn new(
        conn: Conn,
        statement_cache: NonZero<usize>,
        server: Server,
        abandoned: Abandoned,
    ) -> Self {
        Self {
            conn,
            statements: LruCache::with_hasher(statement_cache, RandomState::default()),
            server,
            state: State::Clean,
            text: false,
            answered: false,
            ahead: None,
            abandoned,
            standing: Standing::default(),
        }
    }

    /// The transaction that has the session to itself from now on, if there is one.
    pub(super) fn join_transaction(&mut self, standing: Standing) {
        self.standing = standing;
    }

    pub(super) fn id(&self) -> u32 {
        self.conn.id()
    }

    pub(super) fn server(&self) -> &Server {
        &self.server
    }

    pub(super) fn has_answered(&self) -> bool {
        self.answered
    }

    pub(super) fn state(&self) -> State {
        self.state
    }

    /// Says goodbye, which spares the server an entry in its log.
    pub(super) async fn close(self) {
        let _ = self.conn.disconnect().await;
    }

    /// Sends a statement and hands its first rows, at most `max_rows`, to the sink; whether rows
    /// are left.
    pub(crate) async fn fetch(
        &mut self,
        sql: &Arc<str>,
        params: Vec<Value>,
        sink: &mut dyn RowSink,
        max_rows: usize,
    ) -> Result<bool> {
        self.refuse_ended()?;
        let read = match self.send(sql, params).await {
            Ok(()) => self.pull(sink, max_rows).await,
            Err(error) => Err(error),
        };
        match read {
            Ok(more) => Ok(more),
            failed => self.note_failure(failed).await,
        }
    }

    /// Hands the next rows of the open result, at most `max_rows`, to the sink.
    pub(crate) async fn go_on(&mut self, sink: &mut dyn RowSink, max_rows: usize) -> Result<bool> {
        let read = self.pull(sink, max_rows).await;
        self.note_failure(read).await
    }

    async fn pull(&mut self, sink: &mut dyn RowSink, max_rows: usize) -> Result<bool> {
        let more = match self.text {
            true => self.rows::<TextProtocol>(sink, max_rows).await?,
            false => self.rows::<BinaryProtocol>(sink, max_rows).await?,
        };
        if !more && !self.settles() {
            Box::pin(self.leave_transaction()).await?;
        }
        Ok(more)
    }

    /// Runs a statement, or several if there are no values, to the end; the number of rows that
    /// they changed.
    pub(crate) async fn execute(&mut self, sql: &Arc<str>, params: Vec<Value>) -> Result<u64> {
        self.refuse_ended()?;
        let executed = self.run(sql, params).await;
        if !self.standing.is_none() {
            return self.note_failure(executed).await;
        }
        // An error does not tell whether it came in the middle of a transaction.
        if executed.is_err()
            && self.state == State::Clean
            && begins(sql)
            && self.conn.query_drop("ROLLBACK").await.is_err()
        {
            self.state = State::Broken;
        }
        executed
    }

    /// Begins a transaction, which the session has joined.
    pub(crate) async fn begin_transaction(&mut self, sql: &Arc<str>) -> Result<u64> {
        let begun = self.run(sql, Vec::new()).await;
        self.note_failure(begun).await
    }

    async fn run(&mut self, sql: &Arc<str>, params: Vec<Value>) -> Result<u64> {
        let mut changed = 0;
        if params.is_empty() {
            // One way to the server and back, and nothing to be kept there.
            self.begin(true);
            let sent = self.conn.query_iter(&**sql).await.map(drop);
            sent.map_err(|error| self.failed(error, sql))?;
        } else {
            self.send(sql, params).await?;
        }
        let read = match self.text {
            true => results::<TextProtocol>(&mut self.conn, &mut changed).await,
            false => results::<BinaryProtocol>(&mut self.conn, &mut changed).await,
        };
        read.map_err(|error| self.failed(error, sql))?;
        if !self.settles() {
            self.leave_transaction().await?;
        }
        Ok(changed)
    }

    /// Reads what is left of the open result, and throws it away.
    pub(super) async fn drain(&mut self) {
        self.ahead = None;
        if self.state != State::Open {
            return;
        }
        let read = match self.text {
            true => results::<TextProtocol>(&mut self.conn, &mut 0).await,
            false => results::<BinaryProtocol>(&mut self.conn, &mut 0).await,
        };
        // An error of the statement ends its result as well as its last row does.
        self.state = match read {
            Err(error) if error::is_fatal(&error) => State::Broken,
            _ => State::Clean,
        };
    }

    /// Lets a cancellation that came too late for its statement hit one that nobody needs.
    pub(super) async fn absorb(&mut self) {
        for _ in 0..3 {
            match self.conn.query_drop("DO 0").await {
                Ok(()) => return,
                Err(mysql_async::Error::Server(error)) if error.code == INTERRUPTED => {}
                Err(_) => break,
            }
        }
        self.state = State::Broken;
    }

    /// Whether the server's last answer told of an open transaction.
    fn tells_of_transaction(&self) -> bool {
        let status = self
            .conn
            .last_ok_packet()
            .map(|packet| packet.status_flags());
        status.is_some_and(|status| status.contains(StatusFlags::SERVER_STATUS_IN_TRANS))
    }

    /// Refuses what belongs to a transaction that is over: it would take effect by itself.
    fn refuse_ended(&self) -> Result<()> {
        match self.standing.is_ended() {
            false => Ok(()),
            true => Err(Error::new(
                ErrorKind::Transaction,
                "the transaction is not open any more: a statement ended it, or the server rolled \
                 it back for an error of an operation that was given up",
            )),
        }
    }

    /// Asks how the transaction stands after an error, which does not tell.
    async fn note_failure<T>(&mut self, result: Result<T>) -> Result<T> {
        if result.is_err() && self.state == State::Clean && !self.standing.is_none() {
            self.ask_standing().await;
        }
        result
    }

    /// Asks the server whether the transaction is still open.
    pub(super) async fn ask_standing(&mut self) {
        match self.conn.query_drop("DO 0").await {
            Ok(()) => self.standing.note(self.tells_of_transaction()),
            Err(_) => self.state = State::Broken,
        }
    }

    /// Notes that a statement has ended, and with it maybe a transaction; false if it left one open
    /// that is nobody's.
    fn settles(&mut self) -> bool {
        self.state = State::Clean;
        let is_open = self.tells_of_transaction();
        if self.standing.is_none() {
            return !is_open;
        }
        self.standing.note(is_open);
        true
    }

    /// Ends a transaction that was left open; an error tells that there was one.
    pub(super) async fn leave_transaction(&mut self) -> Result<()> {
        let joined = !std::mem::take(&mut self.standing).is_none();
        if !joined && !self.tells_of_transaction() {
            return Ok(());
        }
        match self.conn.query_drop("ROLLBACK").await {
            Ok(()) => Err(Error::new(
                ErrorKind::Programming,
                "the statement left a transaction open, which was rolled back: a connection of \
                 the pool serves others after each operation",
            )),
            Err(error) => {
                self.state = State::Broken;
                Err(error::from_driver(error))
            }
        }
    }

    fn begin(&mut self, text: bool) {
        self.state = State::Open;
        self.text = text;
        self.answered = false;
        self.ahead = None;
    }

    /// Sends a statement, prepared; as text if it is of the few that cannot be prepared.
    async fn send(&mut self, sql: &Arc<str>, params: Vec<Value>) -> Result<()> {
        self.begin(false);
        // The one that ran last most often runs again, and is known by where its text lies.
        let again = self.statements.peek_mru();
        let again = again.filter(|(text, _)| Arc::ptr_eq(text, sql));
        let known = match again {
            Some((_, statement)) => Some(statement),
            None => self.statements.get(&**sql),
        };
        let statement = match known {
            Some(statement) => statement.clone(),
            // In a box, as what is rare should not make every read's future larger: over a kilobyte
            // the allocator takes its time.
            None => match Box::pin(self.prepare(sql)).await {
                Ok(statement) => statement,
                Err(mysql_async::Error::Server(error))
                    if error.code == NOT_PREPARABLE && params.is_empty() =>
                {
                    self.text = true;
                    let sent = Box::pin(self.conn.query_iter(&**sql)).await.map(drop);
                    return sent.map_err(|error| self.failed(error, sql));
                }
                Err(error) => return Err(self.failed(error, sql)),
            },
        };
        // Asked by the driver the question costs the connection.
        if usize::from(statement.num_params()) != params.len() {
            self.state = State::Clean;
            return Err(error::wrong_count(
                statement.num_params(),
                params.len(),
                sql,
            ));
        }
        let params = match params.is_empty() {
            true => Params::Empty,
            false => Params::Positional(params),
        };
        // Only now: the statement may have been prepared long ago.
        let sent = self.conn.exec_iter(statement, params).await.map(drop);
        self.answered = sent.is_ok();
        sent.map_err(|error| {
            if is_stale(&error) {
                self.statements.pop(&**sql);
            }
            self.failed(error, sql)
        })
    }

    async fn prepare(
        &mut self,
        sql: &Arc<str>,
    ) -> std::result::Result<Statement, mysql_async::Error> {
        let statement = self.conn.prep(&**sql).await?;
        let removed = self.statements.push(Arc::clone(sql), statement.clone());
        if let Some((_, removed)) = removed {
            self.conn.close(removed).await?;
        }
        Ok(statement)
    }

    /// Steps through at most `max_rows` rows, and to the one behind them: so a result that ends
    /// there gives its connection back now, and not with the next call.
    async fn rows<P: Protocol>(&mut self, sink: &mut dyn RowSink, max_rows: usize) -> Result<bool> {
        let mut result = QueryResult::<P>::new(&mut self.conn);
        let mut next = match self.ahead.take() {
            Some(row) => Some(row),
            None => match result.next().await {
                Ok(row) => row,
                Err(error) => return Err(self.failed(error, "")),
            },
        };
        let mut taken = 0;
        let mut rows = Rows::new(next.as_ref().map(Row::columns).unwrap_or_default());
        while let Some(row) = next {
            if taken == max_rows || self.abandoned.is_set() {
                self.ahead = Some(row);
                return Ok(true);
            }
            // What is left unread after an error is drained when the connection comes back.
            rows.hand_over(row, sink)?;
            taken += 1;
            next = match result.next().await {
                Ok(row) => row,
                Err(error) => return Err(self.failed(error, "")),
            };
        }
        let rest = match result.columns() {
            // What the driver has kept back, as below.
            None => result.next().await.map(drop),
            // A procedure's other results are nobody's.
            Some(_) => Box::pin(results::<P>(&mut self.conn, &mut 0)).await,
        };
        rest.map_err(|error| self.failed(error, ""))?;
        Ok(false)
    }

    #[cold]
    fn failed(&mut self, error: mysql_async::Error, sql: &str) -> Error {
        self.ahead = None;
        self.state = match error::is_fatal(&error) {
            true => State::Broken,
            false => State::Clean,
        };
        error::in_statement(error, sql)
    }
}

/// Whether the server does not know a prepared statement any more, so that the next run has to
/// prepare it anew.
fn is_stale(error: &mysql_async::Error) -> bool {
    matches!(error, mysql_async::Error::Server(error) if STALE.contains(&error.code))
}

/// Whether a statement may open a transaction. A word that only looks like it costs one more
/// question to the server, after an error.
fn begins(sql: &str) -> bool {
    let mut words = sql.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
    words.any(|word| {
        ["begin", "start", "autocommit"]
            .iter()
            .any(|begin| word.eq_ignore_ascii_case(begin))
    })
}

/// Reads all results to their ends, and adds up the rows that their statements changed.
async fn results<P: Protocol>(
    conn: &mut Conn,
    changed: &mut u64,
) -> std::result::Result<(), mysql_async::Error> {
    let mut result = QueryResult::<P>::new(conn);
    while let Some(columns) = result.columns() {
        if columns.is_empty() {
            *changed += result.affected_rows();
        }
        let mut rows = 0_u32;
        while result.next().await?.is_some() {
            rows = rows.wrapping_add(1);
            if rows.is_multiple_of(TURN) {
                let_others_on().await;
            }
        }
    }
    // The error of a statement behind the first is kept back by the driver, for whoever reads on.
    result.next().await.map(drop)
}

/// The rows after which reading what nobody wants lets other futures of the task have a turn:
/// where the server is faster than we are, there is always one more.
const TURN: u32 = 256;

async fn let_others_on() {
    let mut first = true;
    std::future::poll_fn(|context| {
        if std::mem::take(&mut first) {
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(())
    })
    .await;
}
