//! A server that is ours: its folder, its start, its end.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::client::Client;
use crate::identity::Identity;
use crate::supervisor::{Supervisor, is_running};
use crate::{Error, Kind, Result, folder, packages, port};

/// How long a server may take until it answers.
const READY: Duration = Duration::from_secs(120);

/// How often it is asked.
const PAUSE: Duration = Duration::from_millis(20);

/// How many ports are tried, should others take them at the same moment.
const PORTS: u32 = 5;

/// Where a server's files are, and who it runs as.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) kind: Kind,
    pub(crate) folder: PathBuf,
    identity: Identity,
}

impl Place {
    pub(crate) fn create(run: &Path, kind: Kind, identity: Identity) -> Result<Self> {
        let folder = run.join(kind.name());
        folder::private(&folder, &identity)?;
        Ok(Self {
            kind,
            folder,
            identity,
        })
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// A command as the server's user, that does not outlive us.
    pub(crate) fn command(&self, program: &Path) -> Command {
        self.identity.command(program, &self.folder, self.end())
    }

    /// Writes a file for the server.
    pub(crate) fn file(&self, name: &str, bytes: &[u8]) -> Result<()> {
        folder::write_private(&self.folder.join(name), bytes, &self.identity)
    }

    /// Runs a command to its end.
    pub(crate) fn run(&self, mut command: Command) -> Result<()> {
        let output = command
            .current_dir("/")
            .output()
            .map_err(|error| Error::io(format!("cannot run {command:?}"), error))?;
        match output.status.success() {
            true => Ok(()),
            false => Err(Error::new(format!(
                "{} could not be initialised:\n{}",
                self.kind,
                packages::last_lines(&output)
            ))),
        }
    }

    /// The signal that ends the server for good. Postgres has memory outside of its folder, which
    /// it gives back if it is let; the others have nothing that outlives them.
    fn end(&self) -> &'static str {
        match self.kind {
            Kind::Postgres => "QUIT",
            _ => "KILL",
        }
    }
}

/// A server that is ours.
#[derive(Debug)]
pub(crate) struct Private {
    place: Place,
    supervisor: Arc<Supervisor>,
    port: u16,
    pid: AtomicU32,
}

impl Private {
    /// Starts a server on a free port and waits until it answers `client`'s statements.
    pub(crate) fn start(
        place: Place,
        supervisor: Arc<Supervisor>,
        command: impl Fn(u16) -> Result<Command>,
        client: impl Fn(u16) -> Client,
    ) -> Result<(Self, Client)> {
        for last in (0..PORTS).map(|attempt| attempt + 1 == PORTS) {
            let port = port::free()?;
            supervisor.prepare(place.kind.name(), &command(port)?)?;
            let server = Self {
                port,
                pid: AtomicU32::new(0),
                place: place.clone(),
                supervisor: supervisor.clone(),
            };
            let client = client(port);
            server.launch()?;
            match server.wait(&client) {
                Ok(()) => return Ok((server, client)),
                Err(_) if !last && !server.is_running() && server.was_late() => {
                    // It was free a moment ago. The supervisor must forget the one that failed.
                    server.kill()?;
                }
                Err(error) => return Err(error),
            }
        }
        Err(Error::new(format!("{} found no port", place.kind)))
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.place.folder
    }

    /// All that the server has said.
    pub(crate) fn log(&self) -> String {
        let log = fs::read(self.place.folder.join("log")).unwrap_or_default();
        String::from_utf8_lossy(&log).into_owned()
    }

    pub(crate) fn is_running(&self) -> bool {
        match self.pid.load(Ordering::SeqCst) {
            0 => false,
            pid => is_running(pid),
        }
    }

    pub(crate) fn kill(&self) -> Result<()> {
        self.supervisor.kill(self.place.kind.name())?;
        self.pid.store(0, Ordering::SeqCst);
        Ok(())
    }

    pub(crate) fn start_again(&self, client: &Client) -> Result<()> {
        let until = Instant::now() + READY;
        loop {
            // Also takes away one that ended by itself.
            self.kill()?;
            self.launch()?;
            match self.wait(client) {
                Ok(()) => return Ok(()),
                // The last processes of a Postgres that was killed may not be gone yet, and it
                // does not start beside them.
                Err(_) if !self.is_running() && Instant::now() < until => thread::sleep(PAUSE),
                Err(error) => return Err(error),
            }
        }
    }

    pub(crate) fn pause(&self) -> Result<()> {
        self.supervisor.pause(self.place.kind.name())
    }

    pub(crate) fn resume(&self) -> Result<()> {
        self.supervisor.resume(self.place.kind.name())
    }

    fn launch(&self) -> Result<()> {
        let pid = self
            .supervisor
            .launch(self.place.kind.name(), self.place.end())?;
        self.pid.store(pid, Ordering::SeqCst);
        Ok(())
    }

    /// Waits until the server lets one in with this run's password, which no other server would.
    fn wait(&self, client: &Client) -> Result<()> {
        let until = Instant::now() + READY;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, self.port));
        loop {
            // Before the question: an end after it is seen in the next round.
            let running = self.is_running();
            let answer = match TcpStream::connect_timeout(&address, Duration::from_secs(1)) {
                Ok(_) => client.run(&client.url.database, "select 1;"),
                Err(error) => Err(Error::io("its port does not answer", error)),
            };
            match answer {
                Ok(_) if running => return Ok(()),
                Ok(_) => return Err(self.failed("ended at once")),
                Err(_) if !running => return Err(self.failed("ended at once")),
                Err(error) if Instant::now() >= until => {
                    let reason = format!(
                        "was not ready after {} s: {}",
                        READY.as_secs(),
                        error.full()
                    );
                    return Err(self.failed(&reason));
                }
                Err(_) => thread::sleep(PAUSE),
            }
        }
    }

    /// Whether somebody else had the port, perhaps for a moment only.
    fn was_late(&self) -> bool {
        !port::is_free(self.port) || self.log().contains("Address already in use")
    }

    fn failed(&self, reason: &str) -> Error {
        let log = self.log();
        let lines: Vec<_> = log.lines().collect();
        let end = lines[lines.len().saturating_sub(30)..].join("\n");
        Error::new(format!(
            "{} {reason}; the end of its log:\n{end}",
            self.place.kind
        ))
    }
}
