//! The deliberately broken backends and runtimes, and which case catches each.

use std::error::Error;
use std::sync::Arc;

use queryset_conformance::runtime::{self, broken_runtimes};
use queryset_conformance::{BrokenBackend, Outcome, Setting, Suite, broken_backends, catches};

use crate::args::Broken;
use crate::backends::Backends;

/// Whether each was caught.
pub(crate) fn run(wanted: &Broken) -> Result<bool, Box<dyn Error>> {
    let mut tally = Tally::default();
    let names = wanted.backends();
    let servers = Backends::start(&names)?;
    let backends: Vec<_> = names
        .iter()
        .map(|backend| servers.under_test(*backend))
        .collect::<Result<_, _>>()?;
    for runtime in wanted.place.runtimes() {
        let runtime = runtime.under_test();
        for backend in &backends {
            let sound = Setting {
                backend: Arc::clone(backend),
                runtime: Arc::clone(&runtime),
                patience: wanted.place.patience(),
                endurance: wanted.place.endurance(),
            };
            for broken in broken_backends(&sound.backend) {
                if wants(wanted, broken.name) {
                    let caught = catches(&broken, &sound);
                    let others = wanted.all_cases.then(|| failing(&broken, &sound));
                    tally.say(
                        sound.backend.name(),
                        runtime.name(),
                        broken.name,
                        caught,
                        others,
                    );
                }
            }
        }
        for broken in broken_runtimes(&runtime) {
            if wants(wanted, broken.name) {
                let caught = runtime::catches(&broken).map(|()| broken.caught_by.to_owned());
                tally.say("-", runtime.name(), broken.name, caught, None);
            }
        }
    }
    if tally.caught + tally.survived == 0 {
        return Err(format!("nothing broken is named {}", wanted.only.join(" or ")).into());
    }
    println!("{} caught, {} survived", tally.caught, tally.survived);
    Ok(tally.survived == 0)
}

fn wants(wanted: &Broken, name: &str) -> bool {
    wanted.only.is_empty()
        || wanted
            .only
            .iter()
            .any(|prefix| name.starts_with(prefix.as_str()))
}

/// How many of all cases do not pass on it.
fn failing(broken: &BrokenBackend, sound: &Setting) -> usize {
    let suite = Suite::default()
        .backend(Arc::clone(&broken.under_test))
        .runtime(Arc::clone(&sound.runtime))
        .patience(sound.patience);
    let reports = suite.run(|_| ());
    let mut failing: Vec<&str> = reports
        .iter()
        .filter(|report| matches!(report.outcome, Outcome::Fail(_) | Outcome::Error(_)))
        .map(|report| report.case)
        .collect();
    failing.dedup();
    failing.len()
}

#[derive(Default)]
struct Tally {
    caught: usize,
    survived: usize,
}

impl Tally {
    fn say(
        &mut self,
        backend: &str,
        runtime: &str,
        name: &str,
        caught: Result<String, String>,
        others: Option<usize>,
    ) {
        let others = others.map_or(String::new(), |count| format!(" [{count} cases fail]"));
        match caught {
            Ok(by) => {
                self.caught += 1;
                let by: String = by.chars().take(160).collect();
                println!("caught    {backend}/{runtime}  {name}{others}: {by}");
            }
            Err(why) => {
                self.survived += 1;
                println!("SURVIVED  {backend}/{runtime}  {name}{others}: {why}");
            }
        }
    }
}
