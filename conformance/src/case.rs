//! One case, and how it is run.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::failure::{Failure, Verdict};
use crate::runtime::RuntimeUnderTest;
use crate::stage::{Stage, Trace};
use crate::{BackendUnderTest, Capability, Form, Method, Outcome, runtime, within};

/// One case: a name, the method that it is about, and what to do.
///
/// A case runs once for each form of its method: the blocking one on a plain thread, the
/// asynchronous one in a task of the runtime. Both are held to the same expectations, and then
/// what they answered is compared.
#[derive(Clone, Copy)]
pub struct Case {
    name: &'static str,
    method: Method,
    forms: &'static [Form],
    needs: &'static [Capability],
    runtime_needs: &'static [runtime::Capability],
    alone: bool,
    about_sockets: bool,
    body: fn(&Stage) -> Verdict,
}

/// Where a case runs: a backend on a runtime.
#[derive(Clone, Debug)]
pub struct Setting {
    /// The backend.
    pub backend: Arc<dyn BackendUnderTest>,
    /// The runtime.
    pub runtime: Arc<dyn RuntimeUnderTest>,
    /// How long a case may take. What did not happen by then counts as not happening.
    pub patience: Duration,
    /// How long the cases that put a load on the database do so, beyond their patience.
    pub endurance: Duration,
}

impl Setting {
    /// This backend on this runtime, with patience for a minute and loads of two seconds.
    pub fn new(backend: Arc<dyn BackendUnderTest>, runtime: Arc<dyn RuntimeUnderTest>) -> Self {
        Self {
            backend,
            runtime,
            patience: Duration::from_secs(60),
            endurance: Duration::from_secs(2),
        }
    }
}

/// What came of one form of a case in a setting.
#[derive(Clone, Debug)]
pub struct Report {
    /// The case's name.
    pub case: &'static str,
    /// The method's name in this form, such as `aget`.
    pub method: &'static str,
    /// Which form it was.
    pub form: Form,
    /// The backend's name.
    pub backend: String,
    /// The runtime's name.
    pub runtime: String,
    /// How it ended.
    pub outcome: Outcome,
    /// What there is to say: why it did not pass, or what a pass measured.
    pub detail: String,
    /// How long it took.
    pub took: Duration,
}

impl Case {
    pub(crate) const fn new(
        name: &'static str,
        method: Method,
        body: fn(&Stage) -> Verdict,
    ) -> Self {
        Self {
            name,
            method,
            forms: &Form::BOTH,
            needs: &[],
            runtime_needs: &[],
            alone: false,
            about_sockets: false,
            body,
        }
    }

    pub(crate) const fn needing(mut self, needs: &'static [Capability]) -> Self {
        self.needs = needs;
        self
    }

    pub(crate) const fn needing_of_runtime(
        mut self,
        needs: &'static [runtime::Capability],
    ) -> Self {
        self.runtime_needs = needs;
        self
    }

    pub(crate) const fn only(mut self, forms: &'static [Form]) -> Self {
        self.forms = forms;
        self
    }

    /// Nothing else may run beside it, since it measures the process.
    pub(crate) const fn alone(mut self) -> Self {
        self.alone = true;
        self
    }

    /// It is about a runtime without sockets, and so runs on one whatever the backend needs.
    pub(crate) const fn about_sockets(mut self) -> Self {
        self.about_sockets = true;
        self
    }

    /// Its name, such as `read.get.multiple`.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The method that it is about.
    pub fn method(&self) -> Method {
        self.method
    }

    /// The forms in which it runs.
    pub fn forms(&self) -> &'static [Form] {
        self.forms
    }

    /// What it needs of the backend.
    pub fn needs(&self) -> &'static [Capability] {
        self.needs
    }

    /// Whether it must run by itself: it measures the process's memory.
    pub fn is_alone(&self) -> bool {
        self.alone
    }

    /// Runs every form of it, each on a fresh database and a fresh runtime.
    pub fn run(&self, setting: &Setting) -> Vec<Report> {
        let mut reports = Vec::with_capacity(self.forms.len());
        let mut earlier: Option<Trace> = None;
        for &form in self.forms {
            let started = Instant::now();
            let (mut outcome, note, trace) = self.run_form(setting, form);
            if let (Outcome::Pass, Some(earlier)) = (&outcome, &earlier)
                && let Some(difference) = trace.difference(earlier)
            {
                outcome = Outcome::Fail(format!("the twins differ: {difference}"));
            }
            if outcome == Outcome::Pass {
                earlier = Some(trace);
            }
            let detail = match outcome {
                Outcome::Pass => note,
                _ => outcome.detail(),
            };
            reports.push(Report {
                case: self.name,
                method: self.method.name(form),
                form,
                backend: setting.backend.name().to_owned(),
                runtime: setting.runtime.name().to_owned(),
                outcome,
                detail,
                took: started.elapsed(),
            });
        }
        reports
    }

    fn run_form(&self, setting: &Setting, form: Form) -> (Outcome, String, Trace) {
        let body = self.body;
        let left = Arc::new(Mutex::new((String::new(), Trace::default())));
        let (case_setting, kept) = (setting.clone(), Arc::clone(&left));
        // Twice as long as each single wait of the case: those say more, and some cases have hundreds.
        let limit = 2 * setting.patience + setting.endurance;
        let outcome = within(limit, self.name, move || {
            let stage = Stage::new(case_setting, form);
            let outcome = match body(&stage) {
                Ok(()) => Outcome::Pass,
                Err(Failure {
                    message,
                    preparing: false,
                }) => Outcome::Fail(message),
                Err(Failure { message, .. }) => Outcome::Error(message),
            };
            *kept.lock().unwrap_or_else(PoisonError::into_inner) = stage.finish();
            outcome
        });
        let (note, trace) =
            std::mem::take(&mut *left.lock().unwrap_or_else(PoisonError::into_inner));
        let outcome = match (self.lack(setting), outcome) {
            (None, outcome) => outcome,
            (Some((capability, _)), Outcome::Pass) => {
                Outcome::Fail(format!("declares that it lacks {capability}, but has it"))
            }
            (Some((capability, reason)), _) => Outcome::Unsupported { capability, reason },
        };
        (outcome, note, trace)
    }

    /// What the setting declares that it lacks of what the case needs, and why.
    fn lack(&self, setting: &Setting) -> Option<(String, String)> {
        let of_backend = |capability: Capability| {
            let reason = setting.backend.lacks(capability)?;
            Some((capability.to_string(), reason.to_owned()))
        };
        let of_runtime = |capability: runtime::Capability| {
            let reason = setting.runtime.lacks(capability)?;
            Some((capability.to_string(), reason.to_owned()))
        };
        if !self.about_sockets
            && of_runtime(runtime::Capability::Tcp).is_some()
            && let Some(lack) = of_backend(Capability::WithoutSockets)
        {
            return Some(lack);
        }
        let backend = self.needs.iter().find_map(|&need| of_backend(need));
        backend.or_else(|| self.runtime_needs.iter().find_map(|&need| of_runtime(need)))
    }
}

impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Case")
            .field("name", &self.name)
            .field("method", &self.method)
            .finish_non_exhaustive()
    }
}
