//! How large a small program becomes that reads rows of a SQLite file, with each library.

use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use clap::Parser;

/// Generates a program for each library, builds it, sees that all of them print the same rows, and
/// prints its size and how long all of it took to compile.
#[derive(Debug, Parser)]
struct Options {
    /// The libraries (default: all).
    #[arg(value_delimiter = ',')]
    library: Vec<String>,
}

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// A program to build.
struct Program {
    library: &'static str,
    dependencies: String,
    code: &'static str,
}

fn main() -> Result<()> {
    let options = Options::parse();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/binary-size");
    let (file, rows) = data(&root)?;
    println!("| library      | as built | stripped | compiling all of it |");
    println!("| ------------ | -------: | -------: | ------------------: |");
    for program in programs() {
        let chosen = &options.library;
        if !chosen.is_empty() && !chosen.iter().any(|name| name == program.library) {
            continue;
        }
        let (built, took) = program.build(&root.join(program.library))?;
        let printed = Command::new(&built).arg(&file).output()?;
        if String::from_utf8_lossy(&printed.stdout) != rows {
            let error = String::from_utf8_lossy(&printed.stderr);
            return Err(format!("{} reads other rows: {error}", program.library).into());
        }
        let stripped = built.with_extension("stripped");
        run(Command::new("strip").arg("-o").args([&stripped, &built]))?;
        let size = |file: &Path| -> Result<String> {
            Ok(format!(
                "{:.2} MiB",
                fs::metadata(file)?.len() as f64 / 1048576.0
            ))
        };
        println!(
            "| {:<12} | {:>8} | {:>8} | {:>17.1} s |",
            program.library,
            size(&built)?,
            size(&stripped)?,
            took.as_secs_f64()
        );
    }
    Ok(())
}

/// A file with rows, and what a program prints of them.
fn data(root: &Path) -> Result<(PathBuf, String)> {
    fs::create_dir_all(root)?;
    let file = root.join("items.db");
    if file.exists() {
        fs::remove_file(&file)?;
    }
    let connection = rusqlite::Connection::open(&file)?;
    connection.execute_batch(
        "CREATE TABLE items (id INTEGER PRIMARY KEY, name TEXT NOT NULL, qty INTEGER NOT NULL, price REAL NOT NULL)",
    )?;
    let mut rows = String::new();
    for id in 1..=40 {
        let (name, qty, price) = (format!("item {id}"), id % 9, f64::from(id) + 0.25);
        connection.execute(
            "INSERT INTO items VALUES (?, ?, ?, ?)",
            (id, &name, qty, price),
        )?;
        if qty <= 7 && rows.lines().count() < 10 {
            writeln!(rows, "{id} {name} {price}")?;
        }
    }
    Ok((file, rows))
}

impl Program {
    /// Builds it from nothing, but with the sources there; where it is, and how long that took.
    fn build(&self, folder: &Path) -> Result<(PathBuf, Duration)> {
        fs::create_dir_all(folder.join("src"))?;
        let manifest = format!(
            "[package]\nname = \"small\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[workspace]\n\n\
             [dependencies]\n{}\n",
            self.dependencies
        );
        fs::write(folder.join("Cargo.toml"), manifest)?;
        fs::write(folder.join("src/main.rs"), self.code)?;
        let target = folder.join("target");
        if target.exists() {
            fs::remove_dir_all(&target)?;
        }
        let cargo = || {
            let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or("cargo".into()));
            cargo.current_dir(folder).env("CARGO_TARGET_DIR", &target);
            cargo
        };
        run(cargo().args(["fetch", "--quiet"]))?;
        let start = Instant::now();
        run(cargo().args(["build", "--release", "--quiet"]))?;
        Ok((target.join("release/small"), start.elapsed()))
    }
}

fn run(command: &mut Command) -> Result<()> {
    match command.status()?.success() {
        true => Ok(()),
        false => Err(format!("{} failed", command.get_program().display()).into()),
    }
}

fn programs() -> [Program; 8] {
    let here = |path: &str| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
        format!("{{ path = {:?} }}", path.display().to_string())
    };
    let tokio = "tokio = { version = \"1\", features = [\"rt-multi-thread\", \"macros\"] }";
    [
        Program {
            library: "rusqlite",
            dependencies: "rusqlite = { version = \"0.41\", features = [\"bundled\"] }".into(),
            code: include_str!("programs/rusqlite.rs"),
        },
        Program {
            library: "queryset",
            dependencies: format!(
                "queryset = {}\nqueryset-sqlite = {}\nqueryset-tokio = {}\n{tokio}",
                here("../core"),
                here("../backends/sqlite"),
                here("../runtimes/tokio")
            ),
            code: include_str!("programs/queryset.rs"),
        },
        Program {
            library: "diesel",
            dependencies: "diesel = { version = \"2.3\", features = [\"sqlite\"] }\n\
                           libsqlite3-sys = { version = \"*\", features = [\"bundled\"] }"
                .into(),
            code: include_str!("programs/diesel.rs"),
        },
        Program {
            library: "diesel-async",
            dependencies: format!(
                "diesel = {{ version = \"2.3\", default-features = false, features = [\"sqlite\"] }}\n\
                 diesel-async = {{ version = \"0.9\", features = [\"sqlite\"] }}\n\
                 libsqlite3-sys = {{ version = \"*\", features = [\"bundled\"] }}\n{tokio}"
            ),
            code: include_str!("programs/diesel_async.rs"),
        },
        Program {
            library: "async-sqlite",
            dependencies: format!(
                "async-sqlite = {{ version = \"0.5.7\", features = [\"bundled\"] }}\n{tokio}"
            ),
            code: include_str!("programs/async_sqlite.rs"),
        },
        Program {
            library: "toasty",
            dependencies: format!(
                "toasty = {{ version = \"0.11\", default-features = false, \
                 features = [\"sqlite\"] }}\n{tokio}"
            ),
            code: include_str!("programs/toasty.rs"),
        },
        Program {
            library: "sqlx",
            dependencies: format!(
                "sqlx = {{ version = \"0.9\", default-features = false, \
                 features = [\"runtime-tokio\", \"sqlite\", \"derive\"] }}\n{tokio}"
            ),
            code: include_str!("programs/sqlx.rs"),
        },
        Program {
            library: "sea-orm",
            dependencies: format!(
                "sea-orm = {{ version = \"2.0\", default-features = false, \
                 features = [\"macros\", \"runtime-tokio\", \"sqlx-sqlite\"] }}\n{tokio}"
            ),
            code: include_str!("programs/sea_orm.rs"),
        },
    ]
}
