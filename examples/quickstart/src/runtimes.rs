//! The same readings on three runtimes, each chosen by value.

use std::path::Path;

use queryset::Database;
use queryset::runtime::Runtime;
use queryset_async_std::AsyncStd;
use queryset_smol::Smol;
use queryset_sqlite::SqliteOptions;
use queryset_tokio::Tokio;

use crate::AnyError;
use crate::reading::Reading;

/// The answers of one runtime, in the order of the readings.
pub(crate) struct Answers {
    pub(crate) runtime: &'static str,
    pub(crate) blocking: Vec<String>,
    pub(crate) asynchronous: Vec<String>,
}

/// Runs every reading on each runtime, all in this process.
pub(crate) fn all(file: &Path, readings: &[Reading]) -> Result<Vec<Answers>, AnyError> {
    Ok(vec![
        on_tokio(file, readings)?,
        on_async_std(file, readings)?,
        on_smol(file, readings)?,
    ])
}

fn on_tokio(file: &Path, readings: &[Reading]) -> Result<Answers, AnyError> {
    let tokio = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let (db, asynchronous) = tokio.block_on(async {
        let db = open(file, Tokio::current()?).await?;
        let answers = asynchronous(&db, readings).await;
        Ok::<_, AnyError>((db, answers))
    })?;
    answers("tokio", &db, readings, asynchronous)
}

fn on_async_std(file: &Path, readings: &[Reading]) -> Result<Answers, AnyError> {
    let (db, asynchronous) = async_std::task::block_on(async {
        let db = open(file, AsyncStd).await?;
        let answers = asynchronous(&db, readings).await;
        Ok::<_, AnyError>((db, answers))
    })?;
    answers("async-std", &db, readings, asynchronous)
}

fn on_smol(file: &Path, readings: &[Reading]) -> Result<Answers, AnyError> {
    let (db, asynchronous) = smol::block_on(async {
        let db = open(file, Smol).await?;
        let answers = asynchronous(&db, readings).await;
        Ok::<_, AnyError>((db, answers))
    })?;
    answers("smol", &db, readings, asynchronous)
}

async fn open(file: &Path, runtime: impl Into<Runtime>) -> queryset::Result<Database> {
    // What is only looked at must not be changed.
    SqliteOptions::path(file)
        .read_only(true)
        .connect(runtime)
        .await
}

async fn asynchronous(db: &Database, readings: &[Reading]) -> Vec<String> {
    let mut answers = Vec::new();
    for reading in readings {
        answers.push(reading.asynchronous(db).await);
    }
    answers
}

/// The blocking twins, on this thread, which is in no runtime's task here.
fn answers(
    runtime: &'static str,
    db: &Database,
    readings: &[Reading],
    asynchronous: Vec<String>,
) -> Result<Answers, AnyError> {
    let blocking = readings
        .iter()
        .map(|reading| reading.blocking(db))
        .collect();
    db.close()?;
    Ok(Answers {
        runtime,
        blocking,
        asynchronous,
    })
}
