//! Running the cases.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use crate::case::{Case, Report, Setting};
use crate::runtime::RuntimeUnderTest;
use crate::{BackendUnderTest, cases};

/// The cases to run, and where.
///
/// Every case runs on every backend and every runtime; each on a database and a runtime of its
/// own, so that they can run side by side.
#[derive(Clone, Debug)]
pub struct Suite {
    backends: Vec<Arc<dyn BackendUnderTest>>,
    runtimes: Vec<Arc<dyn RuntimeUnderTest>>,
    prefixes: Vec<String>,
    jobs: usize,
    patience: Duration,
    endurance: Duration,
}

impl Suite {
    /// All cases on this backend, on no runtime yet.
    pub fn new(backend: impl BackendUnderTest) -> Self {
        Self::default().backend(Arc::new(backend))
    }

    /// On this backend too.
    #[must_use]
    pub fn backend(mut self, backend: Arc<dyn BackendUnderTest>) -> Self {
        self.backends.push(backend);
        self
    }

    /// On this runtime too.
    #[must_use]
    pub fn runtime(mut self, runtime: Arc<dyn RuntimeUnderTest>) -> Self {
        self.runtimes.push(runtime);
        self
    }

    /// Only the cases whose names start like this, or with another prefix that was given.
    #[must_use]
    pub fn only(mut self, prefix: impl Into<String>) -> Self {
        self.prefixes.push(prefix.into());
        self
    }

    /// How many cases run side by side; as many as there are processors unless it is said.
    #[must_use]
    pub fn jobs(mut self, jobs: usize) -> Self {
        self.jobs = jobs.max(1);
        self
    }

    /// How long a case may wait for what it waits for; a minute unless it is said.
    #[must_use]
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// How long the cases that put a load on the database do so; two seconds unless it is said.
    #[must_use]
    pub fn endurance(mut self, endurance: Duration) -> Self {
        self.endurance = endurance;
        self
    }

    /// Where each case runs.
    pub fn settings(&self) -> Vec<Setting> {
        let mut settings = Vec::new();
        for backend in &self.backends {
            for runtime in &self.runtimes {
                settings.push(Setting {
                    backend: Arc::clone(backend),
                    runtime: Arc::clone(runtime),
                    patience: self.patience,
                    endurance: self.endurance,
                });
            }
        }
        settings
    }

    /// The cases that were asked for, in the order of a report.
    pub fn cases(&self) -> Vec<Case> {
        let wanted = |case: &Case| {
            let starts = |prefix: &String| case.name().starts_with(prefix.as_str());
            self.prefixes.is_empty() || self.prefixes.iter().any(starts)
        };
        cases().into_iter().filter(wanted).collect()
    }

    /// Runs everything, and tells of each case as it ends; the reports in the order of the cases.
    ///
    /// Those that measure the process run first, one at a time.
    pub fn run(&self, mut ended: impl FnMut(&[Report])) -> Vec<Report> {
        let settings = self.settings();
        let cases = self.cases();
        let all = settings
            .iter()
            .flat_map(|setting| cases.iter().map(move |case| (*case, setting.clone())))
            .enumerate();
        let (alone, together): (Vec<_>, Vec<_>) = all.partition(|(_, (case, _))| case.is_alone());
        // First, since memory that earlier cases gave back to the allocator would hide growth.
        let mut reports = run_beside(alone, 1, &mut ended);
        reports.extend(run_beside(together, self.jobs, &mut ended));
        reports.sort_by_key(|(position, _)| *position);
        reports
            .into_iter()
            .flat_map(|(_, reports)| reports)
            .collect()
    }
}

impl Default for Suite {
    /// All cases, on no backend and no runtime yet.
    fn default() -> Self {
        Self {
            backends: Vec::new(),
            runtimes: Vec::new(),
            prefixes: Vec::new(),
            jobs: thread::available_parallelism().map_or(1, usize::from),
            patience: Duration::from_secs(60),
            endurance: Duration::from_secs(2),
        }
    }
}

type Work = (usize, (Case, Setting));

fn run_beside(
    work: Vec<Work>,
    jobs: usize,
    ended: &mut impl FnMut(&[Report]),
) -> Vec<(usize, Vec<Report>)> {
    let next = AtomicUsize::new(0);
    let (sender, reports) = mpsc::channel();
    thread::scope(|scope| {
        for _ in 0..jobs.min(work.len()) {
            let (sender, next, work) = (sender.clone(), &next, &work);
            scope.spawn(move || {
                while let Some((position, (case, setting))) =
                    work.get(next.fetch_add(1, Ordering::Relaxed))
                {
                    let reports = case.run(setting);
                    if sender.send((*position, reports)).is_err() {
                        break;
                    }
                }
            });
        }
        drop(sender);
        reports
            .iter()
            .inspect(|(_, reports)| ended(reports))
            .collect()
    })
}
