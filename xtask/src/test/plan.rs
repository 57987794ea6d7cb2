//! The steps, in order.

use std::path::Path;
use std::time::Duration;

use queryset_servers::{Kind, Needs};

use super::step::{Run, Step, Work};
use super::tally::Tally;
use super::{counts, docs, ends, readme, toolchain};
use crate::cargo::{Workspace, cargo};

/// Every step of the suite.
pub(super) fn steps(workspace: &Workspace, update: bool) -> Vec<Step> {
    let target = workspace.target();
    let features: Vec<String> = workspace
        .features("queryset")
        .into_iter()
        .map(str::to_owned)
        .collect();
    let step = |name, about, minutes: u64, work: Work| Step {
        name,
        about,
        deadline: Duration::from_secs(60 * minutes),
        work,
    };
    let (probe, old, shared) = (target.clone(), target.clone(), target.clone());
    let (pages, counted) = (target.clone(), target.clone());
    vec![
        step(
            "toolchain",
            "a C compiler, which SQLite is built with",
            2,
            Box::new(move |run| toolchain::c_compiler(run, &probe)),
        ),
        step(
            "servers",
            "finds or installs the database servers, and starts private ones",
            20,
            Box::new(|run| run.servers().map(drop)),
        ),
        // Apart from running them, so that a slow build does not use up the tests' time.
        step(
            "build",
            "builds every crate and its tests",
            30,
            Box::new(|run| run.command(cargo(["test", "--workspace", "--locked", "--no-run"]))),
        ),
        step(
            "workspace",
            "the tests of every crate, their documentation's examples and the README's",
            20,
            Box::new(whole_workspace),
        ),
        step(
            "features",
            "the core with each of its features alone, without any, and with all",
            20,
            Box::new(move |run| each_feature(run, &features)),
        ),
        step(
            "matrix",
            "every case of the conformance suite, on every backend and runtime",
            30,
            Box::new(move |run| matrix(run, &target, update)),
        ),
        step(
            "survey",
            "what each database makes of each type, as the documentation has it",
            10,
            Box::new(move |run| survey(run, &pages, update)),
        ),
        step(
            "broken",
            "the conformance suite catches each broken backend and runtime",
            20,
            Box::new(broken),
        ),
        step(
            "readme",
            "the commands that the README tells to type",
            5,
            Box::new(move |run| readme::commands(run, &shared)),
        ),
        step("examples", "each example runs", 5, Box::new(examples)),
        step(
            "counts",
            "how many instructions operations on SQLite take, beside what they took",
            15,
            Box::new(move |run| counts::compare(run, &counted, update)),
        ),
        step(
            "rusqlite",
            "the SQLite backend with the oldest and the newest rusqlite that it allows",
            20,
            Box::new(move |run| ends::test(run, &old)),
        ),
    ]
}

/// What cannot be tested without some of the servers.
fn left_out(servers: Needs) -> Vec<&'static str> {
    let has = |kind| servers.contains(kind);
    let mut left_out = Vec::new();
    if !has(Kind::Postgres) {
        left_out.push("queryset-postgres");
    }
    if !has(Kind::Mariadb) && !has(Kind::Mysql) {
        left_out.push("queryset-mysql");
    }
    if !Kind::ALL.into_iter().all(has) {
        left_out.push("queryset-servers");
    }
    left_out
}

fn whole_workspace(run: &mut Run<'_>) -> Result<(), String> {
    let servers = run.servers()?;
    let mut words = vec!["--workspace", "--no-fail-fast"];
    for package in left_out(servers) {
        println!("left out with the servers that it needs: {package}");
        words.extend(["--exclude", package]);
    }
    if !servers.contains(Kind::Pgbouncer) {
        println!("left out: the tests through PgBouncer");
        words.extend(["--", "--skip", "bouncer::"]);
    }
    tests(run, &words)
}

/// The conformance suite's backends on these servers.
fn backends(servers: Needs) -> String {
    let kinds = [Kind::Postgres, Kind::Mariadb, Kind::Mysql].into_iter();
    let names = kinds.filter(|kind| servers.contains(*kind)).map(Kind::name);
    let names: Vec<_> = ["sqlite"].into_iter().chain(names).collect();
    names.join(",")
}

fn examples(run: &mut Run<'_>) -> Result<(), String> {
    let servers = run.servers()?;
    for example in ["desktop", "dynamic", "several"] {
        let needed = [Kind::Postgres, Kind::Mysql];
        if example == "several" && !needed.into_iter().all(|kind| servers.contains(kind)) {
            println!("left out with the servers that it needs: {example}");
            continue;
        }
        run.command(cargo(["run", "--quiet", "--locked", "--package", example]))?;
    }
    Ok(())
}

/// On SQLite with every runtime. What a backend's mistake looks like does not depend on the runtime,
/// so one is enough where each case waits for a server.
fn broken(run: &mut Run<'_>) -> Result<(), String> {
    let backends = backends(run.servers()?);
    run.command(conformance(&["broken", "--backend", "sqlite"]))?;
    let Some(on_servers) = backends.strip_prefix("sqlite,") else {
        return Ok(());
    };
    let words = ["broken", "--backend", on_servers, "--runtime", "tokio"];
    run.command(conformance(&words))
}

/// Runs `cargo test`, and trusts it only if tests ran and none was passed over.
fn tests(run: &mut Run<'_>, arguments: &[&str]) -> Result<(), String> {
    let before = run.results().len();
    let words = ["test", "--locked"]
        .into_iter()
        .chain(arguments.iter().copied());
    run.command(cargo(words))?;
    let tally = Tally::of(run.results()[before..].iter().map(String::as_str));
    match (tally.passed, tally.ignored) {
        (0, _) => Err(format!(
            "no test ran in `cargo test {}`",
            arguments.join(" ")
        )),
        (_, 0) => Ok(()),
        (_, ignored) => Err(format!("{ignored} tests were ignored, and none may be")),
    }
}

fn each_feature(run: &mut Run<'_>, features: &[String]) -> Result<(), String> {
    let core = ["--package", "queryset"];
    let check = |features: &str| {
        let words = [
            "check",
            "--locked",
            "--all-targets",
            "--no-default-features",
            "--features",
        ];
        cargo(words.into_iter().chain([features]).chain(core))
    };
    for feature in features {
        run.command(check(feature))?;
    }
    // The documentation's examples derive their models.
    let without = ["--no-default-features", "--lib", "--tests"];
    tests(run, &[core.as_slice(), &without].concat())?;
    tests(run, &[core.as_slice(), &["--all-features"]].concat())
}

fn matrix(run: &mut Run<'_>, target: &Path, update: bool) -> Result<(), String> {
    let file = |ending: &str| {
        let path = target.join(format!("conformance.{ending}"));
        path.to_string_lossy().into_owned()
    };
    let (json, junit, html) = (file("json"), file("xml"), file("html"));
    let servers = run.servers()?;
    let backends = backends(servers);
    let folder = docs::folder(target)?;
    let docs = folder.to_string_lossy();
    let files = [
        "--json", &json, "--junit", &junit, "--html", &html, "--docs", &docs,
    ];
    // Some cases wait once for a thousand rounds, of which a busy machine makes few a second.
    let words = ["matrix", "--patience", "120", "--backend", &backends];
    run.command(conformance(&[&words, files.as_slice()].concat()))?;
    println!("the results are in {json}, {junit} and {html}");
    compare(
        servers,
        &folder,
        &["conformance.md", "conformance.html"],
        update,
    )
}

fn survey(run: &mut Run<'_>, target: &Path, update: bool) -> Result<(), String> {
    let servers = run.servers()?;
    let folder = docs::folder(target)?;
    let backends = backends(servers);
    let words = ["survey", "--backend", &backends, "--docs"];
    run.command(conformance(
        &[&words, [&*folder.to_string_lossy()].as_slice()].concat(),
    ))?;
    compare(servers, &folder, &["types.md", "differences.md"], update)
}

/// Compares what was written about all databases; about some of them it is another page.
fn compare(servers: Needs, folder: &Path, pages: &[&str], update: bool) -> Result<(), String> {
    let needed = [Kind::Postgres, Kind::Mariadb, Kind::Mysql];
    if needed.into_iter().all(|kind| servers.contains(kind)) {
        return docs::compare(folder, pages, update);
    }
    println!("docs/ is not compared, since servers were left out");
    Ok(())
}

fn conformance(arguments: &[&str]) -> std::process::Command {
    let words = [
        "run",
        "--quiet",
        "--locked",
        "--package",
        "conformance",
        "--",
    ];
    cargo(words.into_iter().chain(arguments.iter().copied()))
}
