//! Every read method of queryset, blocking and asynchronous, on three runtimes in one process.
//!
//! Without an argument it makes a small library of books and reads it through a derived model.
//! With the path of any SQLite file it finds the file's tables and reads them as records.

mod answer;
mod book;
mod compare;
mod dynamic;
mod reading;
mod runtimes;
mod tables;
mod typed;

use std::env;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use compare::Verdict;

const USAGE: &str = "\
cargo run -p quickstart              makes a library of books and reads it
cargo run -p quickstart -- FILE.db   reads every table of a SQLite file, without changing it";

type AnyError = Box<dyn Error + Send + Sync>;

fn main() -> ExitCode {
    let result = match arguments() {
        Ok(None) => sample(),
        Ok(Some(file)) => existing(&file),
        Err(code) => return code,
    };
    match result {
        Ok(verdict) if verdict.is_equal() => ExitCode::SUCCESS,
        Ok(_) => {
            eprintln!("error: the runtimes do not agree");
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("error: {error}");
            let mut source = error.source();
            while let Some(cause) = source {
                eprintln!("  because: {cause}");
                source = cause.source();
            }
            ExitCode::FAILURE
        }
    }
}

/// The file to read, if one is given.
fn arguments() -> Result<Option<PathBuf>, ExitCode> {
    let mut arguments = env::args_os().skip(1);
    match (arguments.next(), arguments.next()) {
        (None, _) => Ok(None),
        (Some(help), None) if help == "--help" || help == "-h" => {
            println!("{USAGE}");
            Err(ExitCode::SUCCESS)
        }
        (Some(file), None) if !file.as_encoded_bytes().starts_with(b"-") => Ok(Some(file.into())),
        _ => {
            eprintln!("error: one file at most is expected\n{USAGE}");
            Err(ExitCode::FAILURE)
        }
    }
}

/// Makes a file of books and reads it, first through a derived model, then as anybody's file.
fn sample() -> Result<Verdict, AnyError> {
    let file = env::temp_dir().join(format!("queryset-quickstart-{}.db", std::process::id()));
    let _remove = RemoveAtEnd(&file);
    book::make(&file)?;
    println!("A small library of books, read through `#[derive(Model)] struct Book`:\n");
    let typed = compare::all(&file, &typed::readings())?;
    println!("\nThe same file as if it were anybody's, its tables found at run time:");
    Ok(typed & existing(&file)?)
}

/// Reads every table and view of a file.
fn existing(file: &Path) -> Result<Verdict, AnyError> {
    let tables = tables::find(file)?;
    if tables.is_empty() {
        println!("\n{} holds no tables", file.display());
    }
    let mut verdict = Verdict::EQUAL;
    for table in tables {
        println!("\n{table}\n");
        if let Ok(meta) = &table.meta {
            verdict = verdict & compare::all(file, &dynamic::readings(meta, table.example))?;
        }
    }
    Ok(verdict)
}

struct RemoveAtEnd<'f>(&'f Path);

impl Drop for RemoveAtEnd<'_> {
    fn drop(&mut self) {
        for ending in ["", "-wal", "-shm"] {
            let mut file = self.0.as_os_str().to_owned();
            file.push(ending);
            // A file that is not there needs no removing.
            let _ = std::fs::remove_file(file);
        }
    }
}
