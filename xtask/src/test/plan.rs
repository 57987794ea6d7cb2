//! The steps, in order.

use std::path::Path;
use std::time::Duration;

use super::step::{Run, Step, Work};
use super::tally::Tally;
use super::{ends, readme, toolchain};
use crate::cargo::{Workspace, cargo};

/// The crates whose integration tests start servers of their own; here only their unit tests run.
const NEED_SERVERS: [&str; 3] = ["queryset-mysql", "queryset-postgres", "queryset-servers"];

const APART: &str = "not run here: the tests of queryset-mysql, queryset-postgres and queryset-servers \
     on real servers, which they find or install; run them by `cargo test --package NAME`";

/// Every step of the suite.
pub(super) fn steps(workspace: &Workspace) -> Vec<Step> {
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
    vec![
        step(
            "toolchain",
            "a C compiler, which SQLite is built with",
            2,
            Box::new(move |run| toolchain::c_compiler(run, &probe)),
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
            Box::new(|run| {
                println!("{APART}");
                let apart = NEED_SERVERS.iter().flat_map(|name| ["--exclude", name]);
                let here: Vec<_> = ["--workspace", "--no-fail-fast"]
                    .into_iter()
                    .chain(apart)
                    .collect();
                tests(run, &here)?;
                let libraries = NEED_SERVERS.iter().flat_map(|name| ["--package", name]);
                let units: Vec<_> = ["--lib"].into_iter().chain(libraries).collect();
                tests(run, &units)
            }),
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
            15,
            Box::new(move |run| matrix(run, &target)),
        ),
        step(
            "broken",
            "the conformance suite catches each broken backend and runtime",
            15,
            Box::new(|run| run.command(conformance(&["broken"]))),
        ),
        step(
            "readme",
            "the commands that the README tells to type",
            5,
            Box::new(move |run| readme::commands(run, &shared)),
        ),
        step(
            "examples",
            "each example runs",
            5,
            Box::new(|run| {
                for example in ["desktop", "dynamic"] {
                    run.command(cargo(["run", "--quiet", "--locked", "--package", example]))?;
                }
                Ok(())
            }),
        ),
        step(
            "rusqlite",
            "the SQLite backend with the oldest and the newest rusqlite that it allows",
            20,
            Box::new(move |run| ends::test(run, &old)),
        ),
    ]
}

/// Runs `cargo test`, and trusts it only if tests ran and none was passed over.
fn tests(run: &mut Run, arguments: &[&str]) -> Result<(), String> {
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

fn each_feature(run: &mut Run, features: &[String]) -> Result<(), String> {
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

fn matrix(run: &mut Run, target: &Path) -> Result<(), String> {
    let file = |ending: &str| {
        let path = target.join(format!("conformance.{ending}"));
        path.to_string_lossy().into_owned()
    };
    let (json, junit, html) = (file("json"), file("xml"), file("html"));
    run.command(conformance(&[
        "matrix", "--json", &json, "--junit", &junit, "--html", &html,
    ]))?;
    println!("the results are in {json}, {junit} and {html}");
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
