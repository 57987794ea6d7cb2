//! Starting all servers that somebody needs.

use std::env;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;
use std::time::Instant;

use crate::client::Client;
use crate::identity::Identity;
use crate::mysql::{self, Tree};
use crate::private::Place;
use crate::programs::{self, find};
use crate::supervisor::Supervisor;
use crate::url::Url;
use crate::{
    Error, Kind, Needs, Result, Server, Tls, folder, lent, mariadb, packages, pgbouncer, postgres,
    random,
};

/// Running servers, which end when this is dropped or its process ends.
pub struct Servers {
    servers: Vec<Server>,
    /// Held by each private server too, but others' need none.
    supervisor: Option<(Arc<Supervisor>, PathBuf)>,
}

impl Servers {
    /// Finds or installs what is needed and starts the servers, side by side.
    ///
    /// Takes a few seconds; the first time on a machine about a minute more, for MySQL. A program
    /// that shall be told what takes so long uses [`start_with`](Self::start_with).
    ///
    /// # Errors
    /// A server is missing and can't be installed, or does not start; the message names each, with
    /// the end of its log. Those that did start are ended.
    pub fn start(needs: Needs) -> Result<Self> {
        Self::start_with(needs, |_| {})
    }

    /// As [`start`](Self::start), and passes on a line about each thing that happens.
    ///
    /// # Errors
    /// As for [`start`](Self::start).
    pub fn start_with(needs: Needs, notify: impl Fn(&str) + Sync) -> Result<Self> {
        let mut own = Vec::new();
        let mut private = Vec::new();
        for kind in needs.kinds() {
            match own_url(kind) {
                Some(url) => own.push(own_server(kind, &url)?),
                None => private.push(kind),
            }
        }
        for server in &own {
            notify(&format!(
                "{} {} is somebody's own",
                server.kind(),
                server.version()
            ));
        }
        if let Some(lent) = lent::servers()? {
            let needed = |server: &Server| private.contains(&server.kind());
            own.extend(lent.into_iter().filter(needed));
            own.sort_by_key(Server::kind);
            private.clear();
        }
        Self::complete(own, &private, &notify)
    }

    /// Starts servers that nobody else uses, whatever the environment says: they can be killed and
    /// paused.
    ///
    /// # Errors
    /// As for [`start`](Self::start).
    pub fn start_apart(needs: Needs) -> Result<Self> {
        let private: Vec<_> = needs.kinds().collect();
        Self::complete(Vec::new(), &private, &|_| {})
    }

    fn complete(
        own: Vec<Server>,
        private: &[Kind],
        notify: &(dyn Fn(&str) + Sync),
    ) -> Result<Self> {
        if private.is_empty() {
            return Ok(Self {
                servers: own,
                supervisor: None,
            });
        }
        if !cfg!(target_os = "linux") {
            let kinds: Vec<_> = private.iter().map(|kind| kind.name()).collect();
            return Err(Error::new(format!(
                "private servers ({}) are started on Linux only; name servers of your own by {}",
                kinds.join(", "),
                private
                    .iter()
                    .filter_map(|kind| kind.variable())
                    .collect::<Vec<_>>()
                    .join(", ")
            )));
        }
        let mysql = private
            .contains(&Kind::Mysql)
            .then(|| {
                mysql::Programs::of_system().or_else(|| Tree::find().map(mysql::Programs::Tree))
            })
            .flatten();
        packages::complete(&packages::parts(private, mysql.is_none()), notify)?;
        let run = Run::create()?;
        let supervisor = (Arc::clone(&run.supervisor), run.folder.clone());
        let mut servers = run.start_all(private, mysql, own, notify)?;
        servers.sort_by_key(Server::kind);
        Ok(Self {
            servers,
            supervisor: Some(supervisor),
        })
    }

    /// The environment variable, with its value, by which processes that we start use these
    /// servers instead of starting their own; none if none of these is private.
    ///
    /// For such a process what is not among these servers was left out: it starts none but by
    /// [`start_apart`](Self::start_apart).
    ///
    /// # Errors
    /// The description of the servers can't be written into their folder.
    pub fn lend(&self) -> Result<Option<(&'static str, PathBuf)>> {
        let Some((_, folder)) = &self.supervisor else {
            return Ok(None);
        };
        lent::lend(self.servers.iter(), &folder.join("servers.json")).map(Some)
    }

    /// Postgres.
    ///
    /// # Errors
    /// It was not among the needs.
    pub fn postgres(&self) -> Result<&Server> {
        self.server(Kind::Postgres)
    }

    /// PgBouncer, before [`postgres`](Self::postgres).
    ///
    /// # Errors
    /// It was not among the needs.
    pub fn pgbouncer(&self) -> Result<&Server> {
        self.server(Kind::Pgbouncer)
    }

    /// MariaDB.
    ///
    /// # Errors
    /// It was not among the needs.
    pub fn mariadb(&self) -> Result<&Server> {
        self.server(Kind::Mariadb)
    }

    /// MySQL.
    ///
    /// # Errors
    /// It was not among the needs.
    pub fn mysql(&self) -> Result<&Server> {
        self.server(Kind::Mysql)
    }

    /// The server of a kind.
    ///
    /// # Errors
    /// It was not among the needs.
    pub fn server(&self, kind: Kind) -> Result<&Server> {
        let mut servers = self.servers.iter();
        servers
            .find(|server| server.kind() == kind)
            .ok_or_else(|| Error::new(format!("{kind} was left out")))
    }

    /// All servers.
    pub fn iter(&self) -> impl Iterator<Item = &Server> {
        self.servers.iter()
    }
}

impl fmt::Debug for Servers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.servers).finish()
    }
}

/// What the servers of one run share.
pub(crate) struct Run {
    pub(crate) folder: PathBuf,
    pub(crate) password: String,
    pub(crate) tls: Tls,
    pub(crate) supervisor: Arc<Supervisor>,
    identity: Identity,
}

impl Run {
    fn create() -> Result<Self> {
        let identity = Identity::find()?;
        let folder = folder::of_run(&identity)?;
        // At once, so that the folder goes whatever happens next.
        let supervisor = Arc::new(Supervisor::start(folder.clone())?);
        let openssl = find("openssl").ok_or_else(|| Error::new("there is no openssl"))?;
        Ok(Self {
            tls: Tls::create(folder.join("tls"), &openssl)?,
            password: random::word(),
            folder,
            supervisor,
            identity,
        })
    }

    pub(crate) fn place(&self, kind: Kind) -> Result<Place> {
        Place::create(&self.folder, kind, self.identity)
    }

    /// Starts the servers, each in a thread, and returns them with the others.
    fn start_all(
        &self,
        kinds: &[Kind],
        mysql: Option<mysql::Programs>,
        mut others: Vec<Server>,
        notify: &(dyn Fn(&str) + Sync),
    ) -> Result<Vec<Server>> {
        let timed = |start: &dyn Fn() -> Result<Server>| {
            let begin = Instant::now();
            let server = start()?;
            notify(&format!(
                "{} {} is ready after {:.1} s",
                server.kind(),
                server.version(),
                begin.elapsed().as_secs_f64()
            ));
            Ok(server)
        };
        let own_postgres = others
            .iter()
            .position(|server| server.kind() == Kind::Postgres);
        let own_postgres = own_postgres.map(|index| others.swap_remove(index));
        let postgres = || {
            let mut started = match own_postgres {
                Some(own) => vec![own],
                None if kinds.contains(&Kind::Postgres) => vec![timed(&|| {
                    let programs =
                        programs::Postgres::find().ok_or_else(|| gone(Kind::Postgres))?;
                    postgres::start(self, &programs)
                })?],
                None => Vec::new(),
            };
            if let (Some(postgres), true) = (started.first(), kinds.contains(&Kind::Pgbouncer)) {
                let pgbouncer = timed(&|| {
                    let program = find("pgbouncer").ok_or_else(|| gone(Kind::Pgbouncer))?;
                    pgbouncer::start(self, &program, postgres)
                })?;
                started.push(pgbouncer);
            }
            Ok(started)
        };
        let mariadb = || match kinds.contains(&Kind::Mariadb) {
            true => Ok(vec![timed(&|| {
                let programs = programs::Mariadb::find().ok_or_else(|| gone(Kind::Mariadb))?;
                mariadb::start(self, &programs)
            })?]),
            false => Ok(Vec::new()),
        };
        let mysql = || match kinds.contains(&Kind::Mysql) {
            true => {
                let programs = match mysql {
                    Some(programs) => programs,
                    None => mysql::Programs::Tree(Tree::fetch(notify)?),
                };
                Ok(vec![timed(&|| mysql::start(self, &programs))?])
            }
            false => Ok(Vec::new()),
        };
        let results = thread::scope(|scope| {
            let starts = [
                scope.spawn(postgres),
                scope.spawn(mariadb),
                scope.spawn(mysql),
            ];
            starts.map(|start| {
                start
                    .join()
                    .unwrap_or_else(|_| Err(Error::new("a server's start panicked")))
            })
        });
        let mut errors = Vec::new();
        for result in results {
            match result {
                Ok(started) => others.extend(started),
                Err(error) => errors.push(error),
            }
        }
        match errors.len() {
            0 => Ok(others),
            1 => Err(errors.remove(0)),
            _ => {
                let all: Vec<_> = errors.iter().map(Error::full).collect();
                Err(Error::new(all.join("\n")))
            }
        }
    }
}

/// It was there a moment ago.
fn gone(kind: Kind) -> Error {
    Error::new(format!("the programs of {kind} are gone"))
}

fn own_url(kind: Kind) -> Option<String> {
    let url = env::var(kind.variable()?).ok()?;
    (!url.is_empty()).then_some(url)
}

fn own_server(kind: Kind, url: &str) -> Result<Server> {
    let variable = kind.variable().unwrap_or_default();
    let url = Url::parse(url)
        .map_err(|error| Error::new(format!("{variable} can't be read: {error}")))?;
    let names: &[_] = match kind {
        Kind::Postgres | Kind::Pgbouncer => &["psql"],
        Kind::Mariadb => &["mariadb", "mysql"],
        Kind::Mysql => &["mysql", "mariadb"],
    };
    let program = names.iter().find_map(|name| find(name)).ok_or_else(|| {
        Error::new(format!(
            "{variable} is set, but {} is not installed, by which we create databases there",
            names.join(" or ")
        ))
    })?;
    let client = Client {
        kind,
        is_mariadb: mysql::is_mariadb(&program) == Some(true),
        program: vec![program],
        url,
        home: env::temp_dir(),
    };
    let version = client
        .run(&client.url.database, "select version();")
        .map_err(|error| Error::new(format!("{variable} is of no use: {}", error.full())))?;
    Ok(Server::own(client, version.trim()))
}
