//! Searches that run away from the window's thread.

use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

use queryset::{CancelToken, Database, Error, ErrorKind, Model, RawQuery, Result, raw};

/// A book of the program's file.
#[derive(Model, Debug)]
#[model(table = "book", ordering("title"))]
struct Book {
    #[model(primary_key)]
    id: i64,
    title: String,
}

/// The program's database.
pub(crate) struct Library {
    db: Database,
}

/// What somebody searches for.
pub(crate) struct Search {
    what: What,
    timeout: Duration,
}

enum What {
    Titles(String),
    /// Stands for a query over far too many rows.
    Endless,
}

/// A search under way: its results to come, and its button.
pub(crate) struct Running {
    pub(crate) results: Receiver<Result<Vec<String>>>,
    pub(crate) cancel: CancelToken,
}

impl Library {
    /// Fills the database with some books.
    pub(crate) fn new(db: Database) -> Result<Self> {
        db.create_table::<Book>()?;
        let titles = ["Emma", "Solaris", "100% Lem", "Lemon Cakes"];
        for (id, title) in (1..).zip(titles) {
            let title = title.to_owned();
            db.create(&Book { id, title })?;
        }
        Ok(Self { db })
    }

    /// Starts a search and returns at once.
    pub(crate) fn find(&self, search: Search) -> Result<Running> {
        let (sender, results) = mpsc::channel();
        let cancel = CancelToken::new();
        let (db, token) = (self.db.clone(), cancel.clone());
        let task = self.db.runtime().spawn(async move {
            let found = search.run(&db, &token).await;
            // A window that was closed meanwhile wants nothing any more.
            let _ = sender.send(found);
        });
        // Dropping the handle lets the task go on: its results come through the channel.
        drop(task.map_err(|error| {
            Error::new(ErrorKind::Runtime, "the search could not be started").with_source(error)
        })?);
        Ok(Running { results, cancel })
    }

    /// Closes the database.
    pub(crate) fn close(self) -> Result<()> {
        self.db.close()
    }
}

impl Search {
    /// The books whose titles contain a text, whatever its case.
    pub(crate) fn titles(text: &str) -> Self {
        Self::new(What::Titles(text.to_owned()))
    }

    /// A search that never ends by itself.
    pub(crate) fn endless() -> Self {
        Self::new(What::Endless)
    }

    fn new(what: What) -> Self {
        let timeout = Duration::from_secs(60);
        Self { what, timeout }
    }

    /// The search with a deadline of its own.
    pub(crate) fn within(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    async fn run(self, db: &Database, token: &CancelToken) -> Result<Vec<String>> {
        match self.what {
            What::Titles(text) => {
                let books = Book::objects()
                    .filter(|b| b.title.icontains(&text))
                    .timeout(self.timeout)
                    .cancel_with(token)
                    .alist(db)
                    .await?;
                Ok(books.into_iter().map(|book| book.title).collect())
            }
            What::Endless => {
                let rows = endless()
                    .timeout(self.timeout)
                    .cancel_with(token)
                    .alist(db)
                    .await?;
                Ok(rows.into_iter().map(|(count,)| count.to_string()).collect())
            }
        }
    }
}

fn endless() -> RawQuery<(i64,)> {
    let sql = "WITH RECURSIVE number(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number) \
               SELECT count(*) FROM number";
    raw(sql, Vec::new())
}
