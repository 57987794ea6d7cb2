//! Taking away what the cases leave on a server.

use std::sync::Mutex;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::Duration;

use queryset::Database;

/// How long the last of it may take: a server that does not answer must not keep the report.
const PATIENCE: Duration = Duration::from_secs(60);

/// Runs statements behind the cases, on a thread of its own: a run of the whole suite would leave
/// gigabytes of tables, and no case should wait for another's being removed.
#[derive(Debug)]
pub(crate) struct Cleaner {
    /// None once no more statements come.
    statements: Option<Sender<String>>,
    ended: Mutex<Receiver<()>>,
}

impl Cleaner {
    /// With a database that is opened for this alone, when there is a first statement.
    pub(crate) fn start(
        open: impl FnOnce() -> queryset::Result<Database> + Send + 'static,
    ) -> std::io::Result<Self> {
        let (statements, wanted) = mpsc::channel::<String>();
        let (over, ended) = mpsc::channel();
        thread::Builder::new()
            .name("cleaner".to_owned())
            .spawn(move || {
                let mut open = Some(open);
                let mut database = None;
                for statement in wanted {
                    if let Some(open) = open.take() {
                        database = open().ok();
                    }
                    if let Some(database) = &database {
                        // What cannot be removed goes with the server or its whole database.
                        let _ = database.execute(statement, vec![]);
                    }
                }
                if let Some(database) = database {
                    let _ = database.close();
                }
                drop(over);
            })?;
        Ok(Self {
            statements: Some(statements),
            ended: Mutex::new(ended),
        })
    }

    /// Runs a statement some time.
    pub(crate) fn run(&self, statement: String) {
        if let Some(statements) = &self.statements {
            let _ = statements.send(statement);
        }
    }
}

impl Drop for Cleaner {
    fn drop(&mut self) {
        self.statements = None;
        if let Ok(ended) = self.ended.get_mut() {
            let _: Result<(), RecvTimeoutError> = ended.recv_timeout(PATIENCE);
        }
    }
}
