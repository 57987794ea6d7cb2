//! How long the compiler works on fifty models of twenty fields, beside what other libraries ask for
//! the same tables.

use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use clap::Parser;

/// Compiles generated crates in turn, each with its dependencies built before, and prints medians.
#[derive(Debug, Parser)]
struct Options {
    /// How many models each crate has.
    #[arg(long, default_value_t = 50)]
    models: usize,
    /// How many fields each model has, its key included.
    #[arg(long, default_value_t = 20)]
    fields: usize,
    /// How often each crate is compiled.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// The other libraries; SeaORM is the unit and always there.
    #[arg(long, value_delimiter = ',', default_value = "diesel,sqlx,toasty")]
    library: Vec<String>,
}

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// A crate to compile.
struct Contestant {
    name: &'static str,
    folder: PathBuf,
}

/// What is done to a crate: its types are checked, or it is compiled for development.
const MODES: [&str; 2] = ["check", "build"];

fn main() -> Result<()> {
    let options = Options::parse();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/compile-time");
    let mut contestants = vec![queryset(&root.join("queryset"), &options)?];
    for library in &options.library {
        let folder = root.join(library);
        contestants.push(match library.as_str() {
            "diesel" => diesel(&folder, &options)?,
            "sqlx" => sqlx(&folder, &options)?,
            "toasty" => toasty(&folder, &options)?,
            _ => return Err(format!("nothing is generated for {library}").into()),
        });
    }
    contestants.push(sea_orm(&root.join("sea-orm"), &options)?);
    println!(
        "{} models of {} fields, {} rounds; medians of the last crate alone",
        options.models, options.fields, options.rounds
    );
    for mode in MODES {
        let mut times = vec![Vec::new(); contestants.len()];
        for contestant in &contestants {
            // The dependencies, and what is never measured: a first time.
            compile(contestant, mode)?;
        }
        for round in 0..options.rounds {
            for turn in 0..contestants.len() {
                let place = (round + turn) % contestants.len();
                times[place].push(compile(&contestants[place], mode)?);
            }
        }
        let medians: Vec<Duration> = times.iter_mut().map(|times| median(times)).collect();
        let unit = medians[contestants.len() - 1];
        for (contestant, median) in contestants.iter().zip(&medians) {
            let ratio = median.as_secs_f64() / unit.as_secs_f64();
            println!(
                "cargo {mode:<6} {:<9} {median:>8.2?}  {ratio:.2}",
                contestant.name
            );
        }
    }
    Ok(())
}

/// Compiles the crate's own code again.
fn compile(contestant: &Contestant, mode: &str) -> Result<Duration> {
    let lib = contestant.folder.join("src/lib.rs");
    // Cargo looks at the time of the file only.
    fs::write(&lib, fs::read(&lib)?)?;
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or("cargo".into()));
    command
        .args([mode, "--quiet"])
        .current_dir(&contestant.folder);
    // Each crate has a folder of its own, whatever this program was built in.
    command.env("CARGO_TARGET_DIR", contestant.folder.join("target"));
    command.env("CARGO_INCREMENTAL", "0");
    let start = Instant::now();
    let status = command.status()?;
    let took = start.elapsed();
    match status.success() {
        true => Ok(took),
        false => Err(format!("{} did not compile", contestant.name).into()),
    }
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

/// The types of the fields behind the key, in turn.
const TYPES: [&str; 10] = [
    "String",
    "i32",
    "Option<String>",
    "i64",
    "f64",
    "Option<i32>",
    "bool",
    "Option<f64>",
    "Option<i64>",
    "Vec<u8>",
];

fn fields(options: &Options) -> String {
    let mut fields = String::new();
    for number in 1..options.fields {
        let ty = TYPES[number % TYPES.len()];
        let _ = writeln!(fields, "        pub field_{number}: {ty},");
    }
    fields
}

fn queryset(folder: &Path, options: &Options) -> Result<Contestant> {
    let core = Path::new(env!("CARGO_MANIFEST_DIR")).join("../core");
    let mut code = String::new();
    for number in 0..options.models {
        let _ = writeln!(
            code,
            "pub mod table_{number} {{\n    #[derive(Clone, Debug, PartialEq, queryset::Model)]\n    \
             #[model(table = \"table_{number}\")]\n    pub struct Model {{\n        \
             #[model(primary_key)]\n        pub id: i64,\n{}    }}\n}}\n",
            fields(options)
        );
    }
    let dependency = format!("queryset = {{ path = {:?} }}", core.display().to_string());
    write(folder, "queryset", &dependency, &code)
}

/// The table and the row; a program has one struct more for what it inserts.
fn diesel(folder: &Path, options: &Options) -> Result<Contestant> {
    let mut code = String::new();
    for number in 0..options.models {
        let mut columns = String::new();
        for field in 1..options.fields {
            let ty = match TYPES[field % TYPES.len()] {
                "String" => "Text",
                "i32" => "Integer",
                "Option<String>" => "Nullable<Text>",
                "i64" => "BigInt",
                "f64" => "Double",
                "Option<i32>" => "Nullable<Integer>",
                "bool" => "Bool",
                "Option<f64>" => "Nullable<Double>",
                "Option<i64>" => "Nullable<BigInt>",
                _ => "Binary",
            };
            let _ = writeln!(columns, "            field_{field} -> {ty},");
        }
        let _ = writeln!(
            code,
            "pub mod table_{number} {{\n    diesel::table! {{\n        table_{number} (id) {{\n            \
             id -> BigInt,\n{columns}        }}\n    }}\n\n    \
             #[derive(Clone, Debug, PartialEq, diesel::Identifiable, diesel::Queryable, \
             diesel::Selectable)]\n    #[diesel(table_name = table_{number})]\n    \
             pub struct Model {{\n        pub id: i64,\n{}    }}\n}}\n",
            fields(options)
        );
    }
    let dependency = "diesel = { version = \"2.3\", default-features = false, features = [\"32-column-tables\"] }";
    write(folder, "diesel", dependency, &code)
}

/// Rows alone: the statements are texts.
fn sqlx(folder: &Path, options: &Options) -> Result<Contestant> {
    let mut code = String::new();
    for number in 0..options.models {
        let _ = writeln!(
            code,
            "pub mod table_{number} {{\n    #[derive(Clone, Debug, PartialEq, sqlx::FromRow)]\n    \
             pub struct Model {{\n        pub id: i64,\n{}    }}\n}}\n",
            fields(options)
        );
    }
    let dependency =
        "sqlx = { version = \"0.9\", default-features = false, features = [\"derive\"] }";
    write(folder, "sqlx", dependency, &code)
}

fn toasty(folder: &Path, options: &Options) -> Result<Contestant> {
    let mut code = String::new();
    for number in 0..options.models {
        let _ = writeln!(
            code,
            "pub mod table_{number} {{\n    #[derive(Clone, Debug, PartialEq, toasty::Model)]\n    \
             #[table = \"table_{number}\"]\n    pub struct Model {{\n        #[key]\n        \
             pub id: i64,\n{}    }}\n}}\n",
            fields(options)
        );
    }
    let dependency = "toasty = { version = \"0.11\", default-features = false }";
    write(folder, "toasty", dependency, &code)
}

fn sea_orm(folder: &Path, options: &Options) -> Result<Contestant> {
    let mut code = String::new();
    for number in 0..options.models {
        let _ = writeln!(
            code,
            "pub mod table_{number} {{\n    use sea_orm::entity::prelude::*;\n\n    \
             #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]\n    \
             #[sea_orm(table_name = \"table_{number}\")]\n    pub struct Model {{\n        \
             #[sea_orm(primary_key)]\n        pub id: i64,\n{}    }}\n\n    \
             #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]\n    pub enum Relation {{}}\n\n    \
             impl ActiveModelBehavior for ActiveModel {{}}\n}}\n",
            fields(options)
        );
    }
    let dependency =
        "sea-orm = { version = \"2.0\", default-features = false, features = [\"macros\"] }";
    write(folder, "sea-orm", dependency, &code)
}

fn write(folder: &Path, name: &'static str, dependency: &str, code: &str) -> Result<Contestant> {
    fs::create_dir_all(folder.join("src"))?;
    let manifest = format!(
        "[package]\nname = \"models-of-{name}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n\
         [workspace]\n\n[dependencies]\n{dependency}\n"
    );
    fs::write(folder.join("Cargo.toml"), manifest)?;
    fs::write(folder.join("src/lib.rs"), code)?;
    Ok(Contestant {
        name,
        folder: folder.to_owned(),
    })
}
