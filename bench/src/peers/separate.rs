//! The other end of a peer in a process of its own.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde::de::DeserializeOwned;

use crate::separate::{Answer, PLACE, Ready};
use crate::{Backend, Batch, Outcome, Peer, Place, Result, Workload};

pub(super) struct Separate {
    child: Child,
    /// Present until the end.
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
    lacks: Vec<(Workload, &'static str)>,
}

impl Separate {
    /// Builds the package of that name under `separate`, as this program was built, and starts it.
    pub(super) fn open(name: &str, backend: Backend, place: &Place) -> Result<Self> {
        let program = build(name)?;
        let mut child = Command::new(program)
            .arg(backend.name())
            .env(PLACE, place.as_os_str())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let input = child.stdin.take();
        let output = child.stdout.take().ok_or("a process without an output")?;
        let mut output = BufReader::new(output);
        let ready: Ready = heard(&mut output)?;
        Ok(Self {
            child,
            input,
            output,
            lacks: ready
                .lacks
                .into_iter()
                .map(|(workload, reason)| (workload, &*reason.leak()))
                .collect(),
        })
    }
}

/// The program, built with the profile that this program was built with and beside it.
fn build(name: &str) -> Result<PathBuf> {
    let own = std::env::current_exe()?;
    let folder = own.parent().ok_or("a program without a folder")?;
    let profile = match folder.file_name().and_then(|name| name.to_str()) {
        Some("debug") | None => "dev",
        Some(profile) => profile,
    };
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("separate")
        .join(name)
        .join("Cargo.toml");
    // The same as this program's: what both need is built once.
    let target = folder.parent().ok_or("a program without a target")?;
    let status = Command::new(std::env::var_os("CARGO").unwrap_or("cargo".into()))
        .args(["build", "--quiet", "--locked", "--profile", profile])
        .arg("--manifest-path")
        .arg(manifest)
        .arg("--target-dir")
        .arg(target)
        // Its output is this program's table.
        .stdout(Stdio::null())
        .status()?;
    if !status.success() {
        return Err(format!("{name} could not be built").into());
    }
    Ok(folder.join(format!("queryset-bench-{name}")))
}

fn heard<T: DeserializeOwned>(output: &mut BufReader<ChildStdout>) -> Result<T> {
    let mut line = String::new();
    if output.read_line(&mut line)? == 0 {
        return Err("a peer's process ended".into());
    }
    Ok(serde_json::from_str(&line)?)
}

impl Peer for Separate {
    fn run(&mut self, batch: &Batch) -> Result<Outcome> {
        let mut line = serde_json::to_vec(batch)?;
        line.push(b'\n');
        let input = self.input.as_mut().ok_or("a process without an input")?;
        input.write_all(&line)?;
        input.flush()?;
        match heard(&mut self.output)? {
            Answer::Done(outcome) => Ok(outcome),
            Answer::Failed(error) => Err(error.into()),
        }
    }

    fn lacks(&self, workload: Workload) -> Option<&'static str> {
        let lack = self.lacks.iter().find(|(lack, _)| *lack == workload);
        lack.map(|(_, reason)| *reason)
    }

    fn process(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Separate {
    fn drop(&mut self) {
        // The end of its input ends it.
        drop(self.input.take());
        // Nobody is there to be told.
        let _ = self.child.wait();
    }
}
