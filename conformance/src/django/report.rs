//! What came of a run, for people and for programs.

use std::collections::BTreeMap;
use std::fmt::{self, Write};

use serde_json::{Value as Json, json};

use super::run::{Finding, Outcome};

/// All findings on one backend and one runtime.
#[derive(Clone, Debug)]
pub struct Report {
    /// The backend's name.
    pub backend: String,
    /// The runtime's name.
    pub runtime: String,
    /// The findings, in the order of the cases.
    pub findings: Vec<Finding>,
}

/// The outcomes, in the order of the table's columns.
const WORDS: [&str; 7] = [
    "pass",
    "deviation",
    "fail",
    "error",
    "unsupported",
    "later",
    "out_of_scope",
];

impl Report {
    /// Whether nothing failed and nothing went wrong.
    pub fn is_ok(&self) -> bool {
        !self
            .findings
            .iter()
            .any(|finding| matches!(finding.outcome, Outcome::Fail | Outcome::Error))
    }

    /// How many cases ended with this word.
    pub fn count(&self, word: &str) -> usize {
        self.findings
            .iter()
            .filter(|finding| finding.outcome.word() == word)
            .count()
    }

    /// The findings as objects.
    pub fn to_json(&self) -> Vec<Json> {
        self.findings
            .iter()
            .map(|finding| {
                json!({
                    "id": finding.id,
                    "area": finding.area,
                    "backend": self.backend,
                    "runtime": self.runtime,
                    "outcome": finding.outcome.word(),
                    "detail": finding.detail,
                })
            })
            .collect()
    }

    fn row(out: &mut String, name: &str, counts: [usize; 7]) {
        let _ = write!(out, "{name:<18}");
        for (word, count) in WORDS.iter().zip(counts) {
            let width = word.len().max(5) + 2;
            let shown = match count {
                0 => "·".to_owned(),
                count => count.to_string(),
            };
            let _ = write!(out, "{shown:>width$}");
        }
        out.push('\n');
    }
}

/// A table by area, the counts by rule, and what failed.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut areas: BTreeMap<&str, [usize; 7]> = BTreeMap::new();
        let mut all = [0; 7];
        let mut rules: BTreeMap<(&str, &str), (usize, &str)> = BTreeMap::new();
        for finding in &self.findings {
            let word = finding.outcome.word();
            if let Some(column) = WORDS.iter().position(|own| *own == word) {
                areas.entry(&finding.area).or_default()[column] += 1;
                all[column] += 1;
            }
            if let Some(rule) = finding.outcome.rule() {
                rules.entry((word, rule.name)).or_insert((0, rule.reason)).0 += 1;
            }
        }
        let mut out = format!("Django's answers on {}, {}\n\n", self.backend, self.runtime);
        let _ = write!(out, "{:<18}", "area");
        for word in WORDS {
            let width = word.len().max(5) + 2;
            let _ = write!(out, "{word:>width$}");
        }
        out.push('\n');
        for (area, counts) in areas {
            Self::row(&mut out, area, counts);
        }
        Self::row(&mut out, "all", all);
        out.push('\n');
        for ((word, name), (count, reason)) in rules {
            let _ = writeln!(out, "{count:>5}  {word}: {name} ({reason})");
        }
        for finding in &self.findings {
            if matches!(
                finding.outcome,
                Outcome::Fail | Outcome::Error | Outcome::Unsupported
            ) {
                let word = finding.outcome.word();
                let _ = writeln!(out, "{word} {}: {}", finding.id, finding.detail);
            }
        }
        f.write_str(&out)
    }
}
