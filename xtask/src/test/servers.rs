//! The database servers that the steps share.

use std::path::PathBuf;

use queryset_servers::{Kind, Needs, Servers};

use crate::servers::text;

/// The servers of one run of the suite: started by the first step that needs them, and ended with
/// this value, or with the process, whatever ends that.
pub(super) struct Shared {
    without: Vec<Kind>,
    /// Started once, also if that failed: what could not be installed is no faster the second time.
    started: Option<Result<Started, String>>,
}

struct Started {
    servers: Servers,
    variable: Option<(&'static str, PathBuf)>,
}

impl Shared {
    pub(super) fn new(without: Vec<Kind>) -> Self {
        Self {
            without,
            started: None,
        }
    }

    /// The servers that were not left out.
    pub(super) fn needs(&self) -> Needs {
        let without = self.without.iter();
        without.fold(Needs::all(), |needs, kind| needs.without(*kind))
    }

    /// Has them run from now on, at the latest; an error that names what is missing.
    pub(super) fn start(&mut self) -> Result<(), String> {
        if self.started.is_none() {
            let begin = std::time::Instant::now();
            self.started = Some(start(self.needs()));
            println!("servers after {:.1} s", begin.elapsed().as_secs_f64());
        }
        match &self.started {
            Some(Err(error)) => Err(error.clone()),
            _ => Ok(()),
        }
    }

    /// The variable by which commands find them, if they run.
    pub(super) fn variable(&self) -> Option<&(&'static str, PathBuf)> {
        match &self.started {
            Some(Ok(started)) => started.variable.as_ref(),
            _ => None,
        }
    }

    /// A line about each for the report.
    pub(super) fn lines(&self) -> Vec<String> {
        let needs = self.needs();
        let line = |kind: Kind| match &self.started {
            _ if !needs.contains(kind) => format!("{kind:<12} left out"),
            Some(Ok(started)) => match started.servers.server(kind) {
                Ok(server) if server.is_own() => {
                    format!("{kind:<12} {}, somebody's own", server.version())
                }
                Ok(server) => format!("{kind:<12} {}", server.version()),
                Err(error) => format!("{kind:<12} {}", text(&error)),
            },
            Some(Err(_)) => format!("{kind:<12} NOT STARTED"),
            None => format!("{kind:<12} not needed"),
        };
        Kind::ALL.map(line).into()
    }
}

fn start(needs: Needs) -> Result<Started, String> {
    let start = || {
        let servers = Servers::start_with(needs, |line| println!("{line}"))?;
        let variable = servers.lend()?;
        Ok(Started { servers, variable })
    };
    start().map_err(|error| {
        format!(
            "{}\n`--without` and the name of a server leaves it out, and the report says so",
            text(&error)
        )
    })
}
