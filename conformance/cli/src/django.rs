//! Django's answers to its own expressions, beside ours.

use std::error::Error;
use std::fs;
use std::path::Path;

use clap::ValueEnum;
use queryset::Database;
use queryset::runtime::{Runtime, block_on};
use queryset_conformance::django::{Models, Reference, Report, read_cases, run as judge};
use queryset_servers::Database as ServerDatabase;
use queryset_sqlite::{InlineBudget, SqliteOptions};

use crate::args::Django;
use crate::backends::{Backend, Backends};

/// Whether every answer is Django's, or differs by a rule.
pub(crate) fn run(wanted: &Django) -> Result<bool, Box<dyn Error>> {
    let models = Models::read(&read(&wanted.fixtures)?)?;
    let mut cases = read_cases(&read(&wanted.cases)?)?;
    let asked = |area: &str| wanted.areas.iter().any(|prefix| area.starts_with(prefix));
    cases.retain(|case| wanted.areas.is_empty() || asked(&case.area));
    if cases.is_empty() {
        return Err(format!("no area starts with {}", wanted.areas.join(" or ")).into());
    }
    let mut findings = Vec::new();
    let mut is_good = true;
    let backends = Backends::start(&wanted.backends())?;
    for backend in wanted.backends() {
        for runtime in wanted.runtimes() {
            let running = runtime.under_test().start();
            let (db, reference, _kept) = open(&backends, backend, running.runtime())?;
            models.create(&db)?;
            let report = Report {
                backend: name(backend),
                runtime: name(runtime),
                findings: cases
                    .iter()
                    .map(|case| judge(case, &models, &db, reference))
                    .collect(),
            };
            db.close()?;
            println!("{report}");
            is_good &= report.is_ok();
            findings.extend(report.to_json());
        }
    }
    if let Some(path) = &wanted.json {
        fs::write(path, serde_json::to_string_pretty(&findings)?)
            .map_err(|error| format!("{}: {error}", path.display()))?;
    }
    Ok(is_good)
}

fn read(path: &Path) -> Result<String, Box<dyn Error>> {
    fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()).into())
}

/// A database, under which name the file has its answers, and what to keep for it.
type Opened = (Database, Reference<'static>, Option<ServerDatabase>);

fn open(
    backends: &Backends,
    backend: Backend,
    runtime: &Runtime,
) -> Result<Opened, Box<dyn Error>> {
    let created = match backends.server(backend)? {
        Some(server) => Some(server.create_database("django")?),
        None => None,
    };
    let url = created.as_ref().map_or("", ServerDatabase::url);
    let (db, database) = match backend {
        Backend::Sqlite | Backend::SqliteInline => {
            // The rows have decimals of more digits than SQLite keeps; Django lets it round them.
            let mut options = SqliteOptions::memory().round_decimals(true);
            if backend == Backend::SqliteInline {
                options = options.inline(InlineBudget::default());
            }
            (options.connect_blocking(runtime.clone())?, "sqlite")
        }
        Backend::Postgres => (
            block_on(queryset_postgres::connect(url, runtime))?,
            "postgresql",
        ),
        // Tables of ours compare letters as they are, so these are the answers to compare with.
        Backend::Mariadb => (
            block_on(queryset_mysql::connect(url, runtime))?,
            "mariadb_bin",
        ),
        Backend::Mysql => (
            block_on(queryset_mysql::connect(url, runtime))?,
            "mysql_bin",
        ),
    };
    Ok((db, Reference { database }, created))
}

/// The name on the command line.
fn name(value: impl ValueEnum) -> String {
    value
        .to_possible_value()
        .map(|value| value.get_name().to_owned())
        .unwrap_or_default()
}
