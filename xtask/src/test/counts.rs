//! How many instructions operations on SQLite take, beside what the checkout says.
//!
//! Times tell nothing on a machine that others use; the number of instructions is the same on an
//! idle machine and on a busy one, so that a small margin shows a change of the code.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use super::step::Run;
use crate::cargo::{cargo, output, root};
use crate::servers::text;

/// What the counts may differ by, in parts of a hundred. Where memory is laid out otherwise, hash
/// tables and the copying of memory take a few instructions more or less, some parts of a thousand.
const MARGIN: f64 = 3.0;

/// The same where another compiler wrote the instructions, which makes more of a difference.
const OTHER_COMPILER: f64 = 15.0;

/// How often an operation runs, and how often in the second run: what is not the operation's
/// cancels out.
const OPERATIONS: [(&str, u64); 3] = [("get", 1_000), ("load1000", 10), ("build", 4_000)];

/// Counts, and compares with the file of the checkout, or writes it.
pub(super) fn compare(run: &mut Run<'_>, target: &Path, update: bool) -> Result<(), String> {
    let valgrind = queryset_servers::program("valgrind", "valgrind", |line| println!("{line}"))
        .map_err(|error| {
            format!(
                "{}\n`--without counts` leaves this step out, and the report says so",
                text(&error)
            )
        })?;
    let mut build = cargo([
        "build",
        "--quiet",
        "--locked",
        "--package",
        "queryset-counts",
        "--profile",
        "counts",
    ]);
    // Code for this processor alone would be other code elsewhere.
    build.env_remove("RUSTFLAGS");
    run.command(build)?;
    let program = target.join("counts").join("queryset-counts");
    let now = Counts {
        place: Place::here()?,
        instructions: instructions(run, &valgrind, &program)?,
    };
    let file = root().join("bench/counts/counts.json");
    if update {
        return write(&file, &now);
    }
    let text = fs::read_to_string(&file)
        .map_err(|error| format!("cannot read {}: {error}", file.display()))?;
    let before = Counts::parse(&text)
        .ok_or_else(|| format!("{} is not what `--update` writes", file.display()))?;
    before.judge(&now)
}

/// The counts, by workload, and what they depend on.
#[derive(Debug, PartialEq)]
struct Counts {
    place: Place,
    instructions: BTreeMap<String, f64>,
}

#[derive(Debug, PartialEq)]
struct Place {
    arch: String,
    rustc: String,
    cc: String,
}

impl Place {
    fn here() -> Result<Self, String> {
        let first = |text: String| text.lines().next().unwrap_or_default().trim().to_owned();
        let ask = |program: &str| {
            let mut command = Command::new(program);
            command.arg("--version");
            output(command).map(first)
        };
        let tool = |variable: &str, default: &str| {
            std::env::var(variable).unwrap_or_else(|_| default.to_owned())
        };
        Ok(Self {
            arch: std::env::consts::ARCH.to_owned(),
            rustc: ask(&tool("RUSTC", "rustc"))?,
            cc: ask(&tool("CC", "cc"))?,
        })
    }
}

impl Counts {
    fn parse(text: &str) -> Option<Self> {
        let value: Value = serde_json::from_str(text).ok()?;
        let word = |name: &str| value[name].as_str().map(str::to_owned);
        let instructions = value["instructions"].as_object()?.iter();
        Some(Self {
            place: Place {
                arch: word("arch")?,
                rustc: word("rustc")?,
                cc: word("cc")?,
            },
            instructions: instructions
                .map(|(name, count)| Some((name.clone(), count.as_f64()?)))
                .collect::<Option<_>>()?,
        })
    }

    fn text(&self) -> Result<String, String> {
        let Place { arch, rustc, cc } = &self.place;
        let counts = &self.instructions;
        let value = json!({ "arch": arch, "rustc": rustc, "cc": cc, "instructions": counts });
        serde_json::to_string_pretty(&value)
            .map(|text| text + "\n")
            .map_err(|error| error.to_string())
    }

    /// Prints both, and finds what differs by more than the margin.
    fn judge(&self, now: &Self) -> Result<(), String> {
        if self.place.arch != now.place.arch {
            println!(
                "the counts of the checkout are for {}, and this is {}: nothing is compared",
                self.place.arch, now.place.arch
            );
            return Ok(());
        }
        let margin = match self.place == now.place {
            true => MARGIN,
            false => {
                println!(
                    "the counts of the checkout are of other compilers, so that {OTHER_COMPILER} % \
                     are allowed:\n  {}, {}\n  {}, {}",
                    self.place.rustc, self.place.cc, now.place.rustc, now.place.cc
                );
                OTHER_COMPILER
            }
        };
        println!("{:<20} {:>12} {:>12} {:>8}", "", "before", "now", "change");
        let mut wrong = Vec::new();
        for (name, count) in &now.instructions {
            let Some(before) = self.instructions.get(name) else {
                wrong.push(format!("{name} is not in the file"));
                continue;
            };
            let change = (count / before - 1.0) * 100.0;
            println!("{name:<20} {before:>12.0} {count:>12.0} {change:>+7.2}%");
            if change > margin {
                wrong.push(format!("{name} takes {change:.1} % more instructions"));
            } else if change < -margin {
                wrong.push(format!(
                    "{name} takes {:.1} % fewer instructions, which is good to know and to keep",
                    -change
                ));
            }
        }
        for name in self.instructions.keys() {
            if !now.instructions.contains_key(name) {
                wrong.push(format!("{name} is not counted any more"));
            }
        }
        match wrong.as_slice() {
            [] => Ok(()),
            wrong => Err(format!(
                "{}\n`cargo xtask test --only counts --update` writes bench/counts/counts.json anew",
                wrong.join("\n")
            )),
        }
    }
}

fn write(file: &Path, now: &Counts) -> Result<(), String> {
    fs::write(file, now.text()?)
        .map_err(|error| format!("cannot write {}: {error}", file.display()))?;
    println!("{} is written anew", file.display());
    Ok(())
}

/// The instructions of one operation of each workload.
fn instructions(
    run: &mut Run<'_>,
    valgrind: &Path,
    program: &Path,
) -> Result<BTreeMap<String, f64>, String> {
    let names = output(Command::new(program))?;
    let mut instructions = BTreeMap::new();
    for name in names.lines() {
        let once = OPERATIONS
            .iter()
            .find(|(start, _)| name.starts_with(start))
            .map(|(_, operations)| *operations)
            .ok_or_else(|| format!("how often is {name} to run?"))?;
        let file = program.with_file_name(format!("callgrind.{name}"));
        let mut count = |operations| total(run, valgrind, program, &file, name, operations);
        let (first, second) = (count(once)?, count(2 * once)?);
        let each = second.saturating_sub(first) as f64 / once as f64;
        instructions.insert(name.to_owned(), each.round());
    }
    Ok(instructions)
}

fn total(
    run: &mut Run<'_>,
    valgrind: &Path,
    program: &Path,
    file: &PathBuf,
    name: &str,
    operations: u64,
) -> Result<u64, String> {
    let mut out = std::ffi::OsString::from("--callgrind-out-file=");
    out.push(file);
    let mut command = Command::new(valgrind);
    command
        .args(["--tool=callgrind", "--quiet"])
        .arg(out)
        .arg(program)
        .args([name, &operations.to_string()]);
    run.command(command)?;
    let text = fs::read_to_string(file)
        .map_err(|error| format!("cannot read {}: {error}", file.display()))?;
    let totals = text.lines().find_map(|line| line.strip_prefix("totals: "));
    totals
        .and_then(|totals| totals.trim().parse().ok())
        .ok_or_else(|| format!("{} has no total", file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(rustc: &str, get: f64) -> Counts {
        Counts {
            place: Place {
                arch: "x86_64".to_owned(),
                rustc: rustc.to_owned(),
                cc: "cc 1".to_owned(),
            },
            instructions: [("get".to_owned(), get)].into(),
        }
    }

    #[test]
    fn a_file_is_read_as_it_was_written() {
        let written = counts("rustc 1", 12_345.0);
        assert_eq!(Counts::parse(&written.text().unwrap()), Some(written));
        assert_eq!(Counts::parse("{}"), None);
    }

    #[test]
    fn only_a_real_change_crosses_the_margin() {
        let before = counts("rustc 1", 10_000.0);
        assert_eq!(before.judge(&counts("rustc 1", 10_290.0)), Ok(()));
        let more = before.judge(&counts("rustc 1", 10_400.0)).unwrap_err();
        assert!(
            more.starts_with("get takes 4.0 % more instructions\n"),
            "{more}"
        );
        let fewer = before.judge(&counts("rustc 1", 9_000.0)).unwrap_err();
        assert!(fewer.contains("10.0 % fewer"), "{fewer}");
        assert_eq!(before.judge(&counts("rustc 2", 9_000.0)), Ok(()));
        assert!(before.judge(&counts("rustc 2", 12_000.0)).is_err());
    }

    #[test]
    fn no_workload_is_forgotten() {
        let mut more = counts("rustc 1", 1.0);
        more.instructions.insert("load".to_owned(), 1.0);
        let less = counts("rustc 1", 1.0);
        assert!(less.judge(&more).unwrap_err().contains("not in the file"));
        assert!(
            more.judge(&less)
                .unwrap_err()
                .contains("not counted any more")
        );
    }
}
