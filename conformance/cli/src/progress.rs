//! What is seen while the cases run: a bar on a terminal, lines elsewhere.

use std::io::{IsTerminal, stderr};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use queryset_conformance::Report;

/// How often a line is printed where there is no terminal.
const PAUSE: Duration = Duration::from_secs(10);

pub(crate) struct Progress {
    bar: Option<ProgressBar>,
    total: usize,
    ended: usize,
    failed: usize,
    last: Instant,
}

impl Progress {
    /// For a number of cases that are going to run.
    pub(crate) fn new(total: usize) -> Self {
        let bar = stderr().is_terminal().then(|| {
            let bar = ProgressBar::new(total as u64);
            let template = "{bar:30} {pos}/{len} {elapsed} {wide_msg}";
            if let Ok(style) = ProgressStyle::with_template(template) {
                bar.set_style(style);
            }
            bar
        });
        Self {
            bar,
            total,
            ended: 0,
            failed: 0,
            last: Instant::now(),
        }
    }

    /// A case ended, in its forms.
    pub(crate) fn ended(&mut self, reports: &[Report]) {
        self.ended += 1;
        for report in reports.iter().filter(|report| !report.outcome.is_ok()) {
            self.failed += 1;
            self.say(&format!(
                "{:<5} {}",
                report.outcome.word().to_uppercase(),
                line(report)
            ));
        }
        if let (Some(bar), Some(report)) = (&self.bar, reports.last()) {
            bar.set_position(self.ended as u64);
            bar.set_message(format!("{} failed, {}", self.failed, report.case));
        } else if self.last.elapsed() >= PAUSE {
            self.last = Instant::now();
            self.say(&format!(
                "{} of {} cases, {} failed",
                self.ended, self.total, self.failed
            ));
        }
    }

    pub(crate) fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }

    fn say(&self, text: &str) {
        match &self.bar {
            Some(bar) => bar.println(text),
            None => eprintln!("{text}"),
        }
    }
}

/// A report that did not pass, in one line.
pub(crate) fn line(report: &Report) -> String {
    format!(
        "{} ({}) on {}/{}: {}",
        report.case, report.method, report.backend, report.runtime, report.detail
    )
}
