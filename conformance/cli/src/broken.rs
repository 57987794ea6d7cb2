//! The deliberately broken backends and runtimes, and which case catches each.

use std::error::Error;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::thread;

use queryset_conformance::runtime::{self, broken_runtimes};
use queryset_conformance::{BrokenBackend, Outcome, Setting, Sound, Suite, broken_backends};

use crate::args::Broken;
use crate::backends::Backends;

/// Whether each was caught.
pub(crate) fn run(wanted: &Broken) -> Result<bool, Box<dyn Error>> {
    let names = wanted.backends();
    let servers = Backends::start(&names)?;
    let backends: Vec<_> = names
        .iter()
        .map(|backend| servers.under_test(*backend))
        .collect::<Result<_, _>>()?;
    let mut trials = Vec::new();
    for runtime in wanted.place.runtimes() {
        let runtime = runtime.under_test();
        for backend in &backends {
            let sound = Arc::new(Sound::new(Setting {
                backend: Arc::clone(backend),
                runtime: Arc::clone(&runtime),
                patience: wanted.place.patience(),
                endurance: wanted.place.endurance(),
            }));
            let broken = broken_backends(backend).into_iter();
            let broken = broken.filter(|broken| wants(wanted, broken.name));
            trials.extend(broken.map(|broken| of_backend(wanted, &sound, broken)));
        }
        let broken = broken_runtimes(&runtime).into_iter();
        for broken in broken.filter(|broken| wants(wanted, broken.name)) {
            trials.push(Trial {
                name: format!("-/{}  {}", runtime.name(), broken.name),
                alone: false,
                run: Box::new(move || {
                    runtime::catches(&broken).map(|()| broken.caught_by.to_owned())
                }),
            });
        }
    }
    if trials.is_empty() {
        return Err(format!("nothing broken is named {}", wanted.only.join(" or ")).into());
    }
    let tally = run_all(trials, wanted.place.jobs());
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

/// One broken thing to be caught.
struct Trial {
    name: String,
    /// Nothing else may run beside it.
    alone: bool,
    /// What caught it.
    run: Box<dyn FnOnce() -> Result<String, String> + Send>,
}

fn of_backend(wanted: &Broken, sound: &Arc<Sound>, broken: BrokenBackend) -> Trial {
    let (sound, all_cases) = (Arc::clone(sound), wanted.all_cases);
    let Setting {
        backend, runtime, ..
    } = sound.setting();
    Trial {
        name: format!("{}/{}  {}", backend.name(), runtime.name(), broken.name),
        alone: broken.is_alone(),
        run: Box::new(move || {
            let caught = sound.tells(&broken);
            if !all_cases {
                return caught;
            }
            let others = failing(&broken, sound.setting());
            let counted = |text| format!("[{others} cases fail] {text}");
            caught.map(counted).map_err(counted)
        }),
    }
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

/// Runs the trials, some side by side: most of what a broken backend does is to keep its case
/// waiting.
fn run_all(trials: Vec<Trial>, jobs: usize) -> Tally {
    let tally = Mutex::new(Tally::default());
    let trials = Mutex::new(trials.into_iter());
    // Those that measure the process wait for the others, and these for them.
    let turns = RwLock::new(());
    thread::scope(|scope| {
        for _ in 0..jobs {
            scope.spawn(|| {
                let next = || trials.lock().unwrap_or_else(PoisonError::into_inner).next();
                while let Some(trial) = next() {
                    let Trial { name, alone, run } = trial;
                    let caught = match alone {
                        true => {
                            let _own = turns.write().unwrap_or_else(PoisonError::into_inner);
                            run()
                        }
                        false => {
                            let _shared = turns.read().unwrap_or_else(PoisonError::into_inner);
                            run()
                        }
                    };
                    say(&tally, &name, caught);
                }
            });
        }
    });
    tally.into_inner().unwrap_or_else(PoisonError::into_inner)
}

fn say(tally: &Mutex<Tally>, name: &str, caught: Result<String, String>) {
    let mut tally = tally.lock().unwrap_or_else(PoisonError::into_inner);
    match caught {
        Ok(by) => {
            tally.caught += 1;
            let by: String = by.chars().take(160).collect();
            println!("caught    {name}: {by}");
        }
        Err(why) => {
            tally.survived += 1;
            println!("SURVIVED  {name}: {why}");
        }
    }
}
