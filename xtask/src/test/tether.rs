//! Ending a command with this process, whatever ends that: after a `kill -9` nobody is left to do it.

use std::process::{Child, Command, Stdio};

/// Ends a process group when it is dropped with its process: a shell that reads a pipe which the
/// kernel closes then. Dropped otherwise, it leaves the group alone.
pub(super) struct Tether(Option<Child>);

impl Tether {
    /// Ties a group to this process. Without a shell it is not tied, which only a `kill -9` shows.
    #[cfg(unix)]
    pub(super) fn of(group: u32) -> Self {
        use std::os::unix::process::CommandExt;

        let ends = r#"read -r _; kill -s KILL -- "-$1" 2>/dev/null"#;
        let shell = Command::new("sh")
            .args(["-c", ends, "sh", &group.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // What ends our group is not to end the one that sees to it.
            .process_group(0)
            .spawn();
        Self(shell.ok())
    }

    #[cfg(not(unix))]
    pub(super) fn of(_: u32) -> Self {
        Self(None)
    }
}

impl Drop for Tether {
    fn drop(&mut self) {
        if let Some(mut shell) = self.0.take() {
            let _ = shell.kill();
            let _ = shell.wait();
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::process::{CommandExt, ExitStatusExt};
    use std::time::{Duration, Instant};

    use super::*;

    fn sleeper() -> Child {
        let mut command = Command::new("sleep");
        command.arg("600").process_group(0).spawn().unwrap()
    }

    #[test]
    fn ends_the_group_when_the_pipe_is_closed() {
        let mut sleeper = sleeper();
        let mut tether = Tether::of(sleeper.id());
        // As the kernel does when this process is killed.
        drop(tether.0.as_mut().unwrap().stdin.take());
        let patience = Instant::now() + Duration::from_secs(60);
        let status = loop {
            if let Some(status) = sleeper.try_wait().unwrap() {
                break status;
            }
            if Instant::now() > patience {
                sleeper.kill().unwrap();
                panic!("the command goes on");
            }
            std::thread::sleep(Duration::from_millis(5));
        };
        assert_eq!(status.signal(), Some(9));
    }

    #[test]
    fn leaves_the_group_alone_when_it_is_dropped() {
        let mut sleeper = sleeper();
        drop(Tether::of(sleeper.id()));
        assert!(sleeper.try_wait().unwrap().is_none());
        sleeper.kill().unwrap();
        sleeper.wait().unwrap();
    }
}
