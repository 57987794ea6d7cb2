//! What ran, how it went and how long it took.

use std::time::Duration;

use super::step::Said;
use super::tally::Tally;

/// How a step ended.
pub(super) enum Outcome {
    Passed,
    Failed(String),
    LeftOut,
}

/// The steps so far.
#[derive(Default)]
pub(super) struct Report {
    rows: Vec<Row>,
}

struct Row {
    name: &'static str,
    outcome: Outcome,
    took: Duration,
    results: Vec<String>,
    failures: Vec<String>,
}

impl Report {
    pub(super) fn add(&mut self, name: &'static str, outcome: Outcome, took: Duration, said: Said) {
        self.rows.push(Row {
            name,
            outcome,
            took,
            results: said.results,
            failures: said.failures.into_lines(),
        });
    }

    /// Prints the test binaries' own summaries once more, the servers, the table, and every
    /// failure; an error if there is one.
    pub(super) fn print(&self, servers: &[String]) -> Result<(), String> {
        let title = |text: &str| println!("\n=== {text}");
        title("what the test binaries said");
        for row in &self.rows {
            for line in &row.results {
                println!("{:<12} {line}", row.name);
            }
        }
        title("servers");
        servers.iter().for_each(|line| println!("{line}"));
        title("steps");
        println!("{:<12} {:<9} {:>8}  tests", "step", "outcome", "time");
        for row in &self.rows {
            let outcome = match row.outcome {
                Outcome::Passed => "ok",
                Outcome::Failed(_) => "FAILED",
                Outcome::LeftOut => "left out",
            };
            let tally = Tally::of(row.results.iter().map(String::as_str));
            let tests = match (tally.passed, tally.failed) {
                (0, 0) => String::new(),
                (passed, 0) => format!("{passed} passed"),
                (passed, failed) => format!("{passed} passed, {failed} FAILED"),
            };
            let line = format!(
                "{:<12} {outcome:<9} {:>7.1}s  {tests}",
                row.name,
                row.took.as_secs_f64()
            );
            println!("{}", line.trim_end());
        }
        let all = Tally::of(
            self.rows
                .iter()
                .flat_map(|row| row.results.iter().map(String::as_str)),
        );
        let took: Duration = self.rows.iter().map(|row| row.took).sum();
        println!(
            "{:<12} {:<9} {:>7.1}s  {} passed, {} failed",
            "all",
            "",
            took.as_secs_f64(),
            all.passed,
            all.failed
        );
        for row in self.rows.iter().filter(|row| !row.failures.is_empty()) {
            title(&format!("what failed in {}", row.name));
            row.failures.iter().for_each(|line| println!("{line}"));
        }
        self.failures()
    }

    fn failures(&self) -> Result<(), String> {
        let mut failed = Vec::new();
        for row in &self.rows {
            if let Outcome::Failed(error) = &row.outcome {
                failed.push(format!("step '{}' failed: {error}", row.name));
            }
        }
        if failed.is_empty() {
            Ok(())
        } else {
            Err(failed.join("\nerror: "))
        }
    }
}
