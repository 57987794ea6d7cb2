//! One read method, in both its forms.

use queryset::runtime::BoxFuture;
use queryset::{Database, Result};

use crate::answer::Answer;

/// A read method with its two twins, ready to be run on any database.
pub(crate) struct Reading {
    /// The name of the blocking form; the asynchronous one has an `a` before it.
    pub(crate) method: &'static str,
    /// The same in Django.
    pub(crate) django: String,
    blocking: Box<Blocking>,
    asynchronous: Box<Asynchronous>,
}

type Blocking = dyn Fn(&Database) -> String;
type Asynchronous = dyn Fn(Database) -> BoxFuture<'static, String>;

/// A reading whose forms answer in the same type.
pub(crate) fn reading<T, F>(
    method: &'static str,
    django: impl Into<String>,
    blocking: impl Fn(&Database) -> Result<T> + 'static,
    asynchronous: impl Fn(Database) -> F + 'static,
) -> Reading
where
    T: Answer,
    F: Future<Output = Result<T>> + Send + 'static,
{
    Reading {
        method,
        django: django.into(),
        blocking: Box::new(move |db| text(blocking(db))),
        asynchronous: Box::new(move |db| {
            let answer = asynchronous(db);
            Box::pin(async move { text(answer.await) })
        }),
    }
}

impl Reading {
    /// The answer of the blocking form, an error in words included.
    pub(crate) fn blocking(&self, db: &Database) -> String {
        (self.blocking)(db)
    }

    /// The answer of the asynchronous form, an error in words included.
    pub(crate) async fn asynchronous(&self, db: &Database) -> String {
        (self.asynchronous)(db.clone()).await
    }
}

fn text<T: Answer>(answer: Result<T>) -> String {
    match answer {
        Ok(answer) => answer.text(),
        Err(error) => format!("{:?} error: {error}", error.kind()),
    }
}
