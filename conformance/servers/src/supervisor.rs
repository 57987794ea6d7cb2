//! The process that starts the servers, and ends them when we end.

use std::ffi::OsStr;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Mutex, PoisonError};

use crate::{Error, Result, folder};

/// A shell that holds the servers as its children.
///
/// They are not ours, since nothing of ours runs any more when we are killed, while a pipe closes
/// whatever happens to us. A shell, and not a program of this crate, since the crate is linked into
/// other programs and has none.
#[derive(Debug)]
pub(crate) struct Supervisor {
    folder: PathBuf,
    child: Mutex<Child>,
    /// None once the servers shall end.
    pipes: Mutex<Option<Pipes>>,
}

#[derive(Debug)]
struct Pipes {
    commands: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Supervisor {
    /// Starts it for a folder that it will remove in the end.
    pub(crate) fn start(folder: PathBuf) -> Result<Self> {
        let mut command = Command::new("sh");
        command
            .arg("-c")
            .arg(include_str!("supervisor/supervisor.sh"))
            .arg("queryset-servers")
            .arg(&folder)
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        own_group(&mut command);
        let mut child = command
            .spawn()
            .map_err(|error| Error::io("cannot start the servers' supervisor", error))?;
        let pipes = match (child.stdin.take(), child.stdout.take()) {
            (Some(commands), Some(answers)) => Some(Pipes {
                commands,
                answers: BufReader::new(answers),
            }),
            _ => return Err(Error::new("the servers' supervisor has no pipes")),
        };
        Ok(Self {
            folder,
            child: Mutex::new(child),
            pipes: Mutex::new(pipes),
        })
    }

    /// Says by which command a server starts.
    pub(crate) fn prepare(&self, name: &str, command: &Command) -> Result<()> {
        folder::write(&self.folder.join(name).join("run"), &script(command)?)
    }

    /// Starts a server and returns its process id; `end` is the signal that it is to end by.
    pub(crate) fn launch(&self, name: &str, end: &str) -> Result<u32> {
        let answer = self.ask(&format!("start {name} {end}"))?;
        answer
            .strip_prefix("started ")
            .and_then(|pid| pid.parse().ok())
            .ok_or_else(|| Error::new(format!("the servers' supervisor said '{answer}'")))
    }

    pub(crate) fn kill(&self, name: &str) -> Result<()> {
        self.ask(&format!("kill {name}")).map(drop)
    }

    pub(crate) fn pause(&self, name: &str) -> Result<()> {
        self.ask(&format!("pause {name}")).map(drop)
    }

    pub(crate) fn resume(&self, name: &str) -> Result<()> {
        self.ask(&format!("resume {name}")).map(drop)
    }

    fn ask(&self, line: &str) -> Result<String> {
        let mut pipes = self.pipes.lock().unwrap_or_else(PoisonError::into_inner);
        let lost = |error| Error::io("the servers' supervisor is gone", error);
        let Some(pipes) = pipes.as_mut() else {
            return Err(Error::new("the servers are ending"));
        };
        writeln!(pipes.commands, "{line}").map_err(lost)?;
        pipes.commands.flush().map_err(lost)?;
        let mut answer = String::new();
        pipes.answers.read_line(&mut answer).map_err(lost)?;
        match answer.trim_end() {
            "" => Err(Error::new("the servers' supervisor is gone")),
            answer => Ok(answer.to_owned()),
        }
    }
}

impl Drop for Supervisor {
    fn drop(&mut self) {
        // Closing the pipe is what ends it, and the servers; whoever drops them may rely on it.
        drop(
            self.pipes
                .get_mut()
                .unwrap_or_else(PoisonError::into_inner)
                .take(),
        );
        let _ = self
            .child
            .get_mut()
            .unwrap_or_else(PoisonError::into_inner)
            .wait();
    }
}

/// Whether a process that the supervisor holds has not ended.
pub(crate) fn is_running(pid: u32) -> bool {
    // It stays as a zombie until it is killed, which is what it then is.
    let path = Path::new("/proc").join(pid.to_string()).join("stat");
    std::fs::read_to_string(path).is_ok_and(|stat| !stat.contains(") Z "))
}

/// A shell script that becomes the command, in the command's environment alone.
fn script(command: &Command) -> Result<Vec<u8>> {
    let mut script = String::from("exec env -i");
    for (name, value) in command.get_envs() {
        if let Some(value) = value {
            let _ = write!(script, " {}={}", text(name)?, quoted(text(value)?));
        }
    }
    for word in std::iter::once(command.get_program()).chain(command.get_args()) {
        let _ = write!(script, " {}", quoted(text(word)?));
    }
    script.push('\n');
    Ok(script.into_bytes())
}

fn text(word: &OsStr) -> Result<&str> {
    word.to_str()
        .ok_or_else(|| Error::new(format!("{} is not UTF-8", word.display())))
}

fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(unix)]
fn own_group(command: &mut Command) {
    use std::os::unix::process::CommandExt;

    // The terminal's Ctrl-C goes to a whole group.
    command.process_group(0);
}

#[cfg(not(unix))]
fn own_group(_: &mut Command) {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_scripts_that_the_shell_reads_as_meant() {
        let mut command = Command::new("printf");
        command
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("WORD", "it's");
        command.args(["%s|", "two words", "it's", "$HOME", "\\n"]);
        let script = String::from_utf8(script(&command).unwrap()).unwrap();
        let output = Command::new("sh").arg("-c").arg(script).output().unwrap();
        assert_eq!(
            String::from_utf8_lossy(&output.stdout),
            "two words|it's|$HOME|\\n|"
        );
    }
}
