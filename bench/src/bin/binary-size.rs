//! How large a small program becomes that reads rows of a SQLite file, with each library.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use clap::Parser;

/// Generates a program for each library, builds it and prints its size, and how long all of it took
/// to compile.
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
    println!("| library     | as built | stripped | compiling all of it |");
    println!("| ----------- | -------: | -------: | ------------------: |");
    for program in programs() {
        let chosen = &options.library;
        if !chosen.is_empty() && !chosen.iter().any(|name| name == program.library) {
            continue;
        }
        let (built, took) = program.build(&root.join(program.library))?;
        let stripped = built.with_extension("stripped");
        run(Command::new("strip").arg("-o").args([&stripped, &built]))?;
        let size = |file: &Path| -> Result<String> {
            Ok(format!(
                "{:.2} MiB",
                fs::metadata(file)?.len() as f64 / 1048576.0
            ))
        };
        println!(
            "| {:<11} | {:>8} | {:>8} | {:>17.1} s |",
            program.library,
            size(&built)?,
            size(&stripped)?,
            took.as_secs_f64()
        );
    }
    Ok(())
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

fn programs() -> [Program; 5] {
    let here = |path: &str| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
        format!("{{ path = {:?} }}", path.display().to_string())
    };
    let tokio = "tokio = { version = \"1\", features = [\"rt-multi-thread\", \"macros\"] }";
    [
        Program {
            library: "rusqlite",
            dependencies: "rusqlite = { version = \"0.41\", features = [\"bundled\"] }".into(),
            code: RUSQLITE,
        },
        Program {
            library: "queryset",
            dependencies: format!(
                "queryset = {}\nqueryset-sqlite = {}\nqueryset-tokio = {}\n{tokio}",
                here("../core"),
                here("../backends/sqlite"),
                here("../runtimes/tokio")
            ),
            code: QUERYSET,
        },
        Program {
            library: "diesel",
            dependencies: "diesel = { version = \"2.3\", features = [\"sqlite\"] }\n\
                           libsqlite3-sys = { version = \"*\", features = [\"bundled\"] }"
                .into(),
            code: DIESEL,
        },
        Program {
            library: "sqlx",
            dependencies: format!(
                "sqlx = {{ version = \"0.9\", default-features = false, \
                 features = [\"runtime-tokio\", \"sqlite\", \"derive\"] }}\n{tokio}"
            ),
            code: SQLX,
        },
        Program {
            library: "sea-orm",
            dependencies: format!(
                "sea-orm = {{ version = \"2.0\", default-features = false, \
                 features = [\"macros\", \"runtime-tokio\", \"sqlx-sqlite\"] }}\n{tokio}"
            ),
            code: SEA_ORM,
        },
    ]
}

const RUSQLITE: &str = r#"use rusqlite::Connection;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let file = std::env::args().nth(1).ok_or("no file")?;
    let connection = Connection::open(file)?;
    let mut statement =
        connection.prepare("SELECT id, name, price FROM items WHERE qty <= ? ORDER BY id LIMIT 10")?;
    let rows = statement.query_map([7], |row| {
        Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?, row.get::<_, f64>(2)?))
    })?;
    for row in rows {
        let (id, name, price) = row?;
        println!("{id} {name} {price}");
    }
    Ok(())
}
"#;

const QUERYSET: &str = r#"use queryset::Model;
use queryset_tokio::Tokio;

#[derive(Model)]
#[model(table = "items")]
struct Item {
    #[model(primary_key)]
    id: i64,
    name: String,
    qty: i32,
    price: f64,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let file = std::env::args().nth(1).ok_or("no file")?;
    let db = queryset_sqlite::connect(&format!("sqlite:{file}"), Tokio::current()?).await?;
    let few = Item::objects().filter(|item| item.qty.lte(7)).order_by(|item| item.id.asc());
    for item in few.limit(10).alist(&db).await? {
        println!("{} {} {}", item.id, item.name, item.price);
    }
    Ok(())
}
"#;

const DIESEL: &str = r#"use diesel::prelude::*;

diesel::table! {
    items (id) {
        id -> BigInt,
        name -> Text,
        qty -> Integer,
        price -> Double,
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let file = std::env::args().nth(1).ok_or("no file")?;
    let mut connection = SqliteConnection::establish(&file)?;
    let rows: Vec<(i64, String, f64)> = items::table
        .filter(items::qty.le(7))
        .order(items::id)
        .limit(10)
        .select((items::id, items::name, items::price))
        .load(&mut connection)?;
    for (id, name, price) in rows {
        println!("{id} {name} {price}");
    }
    Ok(())
}
"#;

const SQLX: &str = r#"use sqlx::sqlite::SqlitePool;

#[derive(sqlx::FromRow)]
struct Item {
    id: i64,
    name: String,
    price: f64,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let file = std::env::args().nth(1).ok_or("no file")?;
    let pool = SqlitePool::connect(&format!("sqlite:{file}")).await?;
    let few = "SELECT id, name, price FROM items WHERE qty <= ? ORDER BY id LIMIT 10";
    for item in sqlx::query_as::<_, Item>(few).bind(7).fetch_all(&pool).await? {
        println!("{} {} {}", item.id, item.name, item.price);
    }
    Ok(())
}
"#;

const SEA_ORM: &str = r#"use sea_orm::{ColumnTrait, Database, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

mod item {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "items")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        pub name: String,
        pub qty: i32,
        pub price: f64,
    }

    #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let file = std::env::args().nth(1).ok_or("no file")?;
    let db = Database::connect(format!("sqlite:{file}")).await?;
    let few = item::Entity::find()
        .filter(item::Column::Qty.lte(7))
        .order_by_asc(item::Column::Id);
    for item in few.limit(10).all(&db).await? {
        println!("{} {} {}", item.id, item.name, item.price);
    }
    Ok(())
}
"#;
