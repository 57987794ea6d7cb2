//! Running a command in a process group of its own, so that all of it can be ended.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use super::tether::Tether;

/// The group of the command that runs; 0 for none.
static GROUP: AtomicU32 = AtomicU32::new(0);

/// How often a silent command is asked whether it has ended.
const PAUSE: Duration = Duration::from_millis(25);

/// How long the last output may take to arrive once the command has ended: something that it left
/// behind may hold its output open for ever.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// Ends the running command when this program is interrupted: a group of its own hears nothing of
/// the terminal's Ctrl-C.
pub(super) fn stop_with_us() {
    // Without the handler an interrupt leaves the command running, which is no reason not to test.
    let _ = ctrlc::set_handler(|| {
        end_group(GROUP.load(Ordering::SeqCst));
        std::process::exit(130);
    });
}

/// Runs a command without standard input and passes its output on, line by line, to our own and
/// to `line`. At `until` its whole group is killed.
///
/// # Errors
/// It could not be started, or ran out of time.
pub(super) fn run(
    mut command: Command,
    until: Instant,
    mut line: impl FnMut(&str),
) -> Result<ExitStatus, String> {
    own_group(&mut command);
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| format!("cannot be started: {error}"))?;
    GROUP.store(child.id(), Ordering::SeqCst);
    let tether = Tether::of(child.id());
    let result = watch(&mut child, until, &mut line);
    drop(tether);
    // Also what a command that ended well has left behind.
    end_group(child.id());
    GROUP.store(0, Ordering::SeqCst);
    let _ = child.kill();
    let _ = child.wait();
    result
}

fn watch(
    child: &mut Child,
    until: Instant,
    line: &mut impl FnMut(&str),
) -> Result<ExitStatus, String> {
    let (sender, lines) = mpsc::channel::<Vec<u8>>();
    if let Some(output) = child.stdout.take() {
        let mut output = BufReader::new(output);
        thread::spawn(move || {
            loop {
                let mut bytes = Vec::new();
                match output.read_until(b'\n', &mut bytes) {
                    Ok(0) | Err(_) => break,
                    Ok(_) if sender.send(bytes).is_err() => break,
                    Ok(_) => {}
                }
            }
        });
    }
    let mut ended: Option<(ExitStatus, Instant)> = None;
    let mut open = true;
    loop {
        match lines.recv_timeout(PAUSE) {
            Ok(bytes) => {
                let _ = std::io::stdout().write_all(&bytes);
                line(String::from_utf8_lossy(&bytes).trim_end());
                if Instant::now() < until {
                    continue;
                }
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => {
                open = false;
                thread::sleep(PAUSE);
            }
        }
        if ended.is_none() {
            let status = child
                .try_wait()
                .map_err(|error| format!("was lost: {error}"))?;
            ended = status.map(|status| (status, Instant::now()));
        }
        match ended {
            Some((status, at)) if !open || at.elapsed() > LAST_WORDS => return Ok(status),
            Some(_) => {}
            None if Instant::now() >= until => {
                return Err("was killed with all its processes: its time was over".into());
            }
            None => {}
        }
    }
}

#[cfg(unix)]
fn own_group(command: &mut Command) {
    use std::os::unix::process::CommandExt;

    command.process_group(0);
}

#[cfg(not(unix))]
fn own_group(_: &mut Command) {}

#[cfg(unix)]
fn end_group(group: u32) {
    use rustix::process::{Pid, Signal, kill_process_group};

    let pid = i32::try_from(group).ok().and_then(Pid::from_raw);
    if let Some(pid) = pid {
        // An empty group is what one hopes for.
        let _ = kill_process_group(pid, Signal::KILL);
    }
}

#[cfg(not(unix))]
fn end_group(_: u32) {}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    fn soon(seconds: u64) -> Instant {
        Instant::now() + Duration::from_secs(seconds)
    }

    #[test]
    fn passes_lines_on_and_the_status() {
        let mut lines = Vec::new();
        let status = run(shell("echo one; echo two; exit 3"), soon(60), |line| {
            lines.push(line.to_owned());
        });
        assert_eq!(status.unwrap().code(), Some(3));
        assert_eq!(lines, ["one", "two"]);
    }

    #[test]
    fn kills_what_hangs_with_its_children() {
        let mut child = None;
        let error = run(shell("sleep 600 & echo $!; wait"), soon(1), |line| {
            child = line.parse::<i32>().ok();
        });
        assert!(error.unwrap_err().contains("time was over"));
        let child = rustix::process::Pid::from_raw(child.unwrap()).unwrap();
        let patience = soon(60);
        while is_running(child) {
            assert!(Instant::now() < patience, "the command's child lives on");
            thread::sleep(PAUSE);
        }
    }

    #[test]
    fn does_not_wait_for_what_a_command_leaves_behind() {
        let status = run(shell("sleep 600 & exit 0"), soon(300), |_| {});
        assert!(status.unwrap().success());
    }

    /// A killed child whose parent is gone may stay as a zombie, where nobody reaps it.
    fn is_running(pid: rustix::process::Pid) -> bool {
        if rustix::process::test_kill_process(pid).is_err() {
            return false;
        }
        let state = std::fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero()));
        state.is_ok_and(|stat| !stat.contains(") Z "))
    }
}
