//! Opening connections.

use std::io;
use std::net::{IpAddr, ToSocketAddrs};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use futures_util::future::{Either, select};
use mysql_async::prelude::Queryable;
use mysql_async::{ClientIdentity, Conn, DriverError, Opts, OptsBuilder, SslOpts};
use queryset::runtime::Runtime;
use queryset::{Error, ErrorKind, Result};

use super::place::Place;
use super::{Abandoned, Connection, MysqlConnection, Server, Session};
use crate::error;
use crate::options::{MysqlOptions, TlsMode};

/// What opens the connections of a database.
#[derive(Clone, Debug)]
pub(crate) struct Opener {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    options: MysqlOptions,
    runtime: Runtime,
    /// With the files of TLS in it, which are read once.
    opts: OnceLock<Opts>,
    /// The name in the server's certificate, where it may be any.
    name: Mutex<Option<String>>,
}

impl Opener {
    pub(crate) fn new(options: MysqlOptions, runtime: Runtime) -> Self {
        Self {
            shared: Arc::new(Shared {
                options,
                runtime,
                opts: OnceLock::new(),
                name: Mutex::default(),
            }),
        }
    }

    pub(crate) fn runtime(&self) -> &Runtime {
        &self.shared.runtime
    }

    fn options(&self) -> &MysqlOptions {
        &self.shared.options
    }

    /// A connection, set up for the pool.
    pub(crate) async fn open(&self) -> Result<Connection> {
        self.in_time(self.set_up()).await
    }

    /// A connection for a message about another.
    pub(super) async fn side(&self, place: &Place) -> Result<Conn> {
        self.in_time(self.dial(place)).await
    }

    async fn set_up(&self) -> Result<Connection> {
        let place = Place::current()?;
        let conn = self.dial(&place).await?;
        let options = self.options();
        let mut connection = MysqlConnection {
            conn,
            server: Server::new(String::new()),
        };
        let version = connection.conn.query_first("SELECT VERSION()").await;
        let version: Option<String> = version.map_err(error::from_driver)?;
        connection.server = Server::new(version.unwrap_or_default());
        let mut setup = format!(
            "SET NAMES utf8mb4; SET SESSION time_zone = '+00:00', autocommit = 1, sql_mode = '{}'",
            options.sql_mode.replace('\'', "''")
        );
        if let Some(timeout) = options.statement_timeout {
            setup.push_str("; ");
            setup.push_str(&connection.server.statement_timeout(timeout));
        }
        connection.execute(&setup).await?;
        for hook in &options.on_connect {
            hook(&mut connection).await?;
        }
        let MysqlConnection { conn, server } = connection;
        let abandoned = Abandoned::default();
        let session = Session::new(conn, options.statement_cache, server, abandoned.clone());
        Ok(Connection::new(
            Box::new(session),
            abandoned,
            self.runtime().clone(),
            place,
        ))
    }

    async fn in_time<T>(&self, opening: impl Future<Output = Result<T>>) -> Result<T> {
        let timeout = self.options().connect_timeout;
        let sleep = self.runtime().timer().sleep(timeout);
        match select(std::pin::pin!(opening), sleep).await {
            Either::Left((result, _)) => result,
            Either::Right(_) => Err(Error::new(
                ErrorKind::Connection,
                format!(
                    "mysql: {} did not answer within {timeout:?}",
                    self.address()
                ),
            )),
        }
    }

    /// A connection as the server makes it.
    async fn dial(&self, place: &Place) -> Result<Conn> {
        let opts = self.opts().await?;
        let opts = match self.options().socket {
            Some(_) => opts,
            None => {
                let addresses = self.resolve().await?;
                OptsBuilder::from_opts(opts)
                    .resolved_ips(Some(addresses))
                    .into()
            }
        };
        let dialled = match (
            place.run(Conn::new(opts.clone())).await?,
            self.options().tls.mode,
        ) {
            (
                Err(mysql_async::Error::Driver(DriverError::NoClientSslFlagFromServer)),
                TlsMode::Prefer,
            ) => {
                let plain: Opts = OptsBuilder::from_opts(opts).ssl_opts(None).into();
                place.run(Conn::new(plain)).await?
            }
            (Err(error), TlsMode::VerifyCa) => match self.by_own_name(&opts, &error) {
                Some(opts) => place.run(Conn::new(opts)).await?,
                None => Err(error),
            },
            (dialled, _) => dialled,
        };
        dialled.map_err(|error| match error {
            mysql_async::Error::Io(mysql_async::IoError::Io(error)) => match error.get_ref() {
                Some(inner) if inner.is::<rustls::Error>() => error::tls().with_source(error),
                _ => self.unreachable(error),
            },
            other => error::from_driver(other),
        })
    }

    /// The same by the name that is in the server's certificate, if it was refused for its name
    /// alone: an authority that we know has signed it, which is looked at before the name.
    ///
    /// The driver's own switch has no effect: it looks for a word in the error's text that is not
    /// there. The next connections take the name at once.
    fn by_own_name(&self, opts: &Opts, error: &mysql_async::Error) -> Option<Opts> {
        let mysql_async::Error::Io(mysql_async::IoError::Io(error)) = error else {
            return None;
        };
        let refused = error.get_ref()?.downcast_ref::<rustls::Error>()?;
        let rustls::Error::InvalidCertificate(rustls::CertificateError::NotValidForNameContext {
            presented,
            ..
        }) = refused
        else {
            return None;
        };
        let name = presented.iter().find_map(|name| certified_name(name))?;
        let mut known = self
            .shared
            .name
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        *known = Some(name.clone());
        let tls = opts.ssl_opts()?.clone();
        let tls = tls.with_danger_tls_hostname_override(Some(name));
        Some(OptsBuilder::from_opts(opts.clone()).ssl_opts(tls).into())
    }

    /// What the driver needs to know, but for the addresses of a host.
    async fn opts(&self) -> Result<Opts> {
        if let Some(opts) = self.shared.opts.get() {
            let name = self
                .shared
                .name
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            return Ok(match (&*name, opts.ssl_opts()) {
                (Some(name), Some(tls)) => {
                    let tls = tls
                        .clone()
                        .with_danger_tls_hostname_override(Some(name.clone()));
                    OptsBuilder::from_opts(opts.clone()).ssl_opts(tls).into()
                }
                _ => opts.clone(),
            });
        }
        let options = self.options();
        let encrypted = options.tls.mode != TlsMode::Disable && options.socket.is_none();
        let tls = match encrypted {
            true => {
                let same = self.clone();
                Some(self.on_thread(move || same.tls()).await??)
            }
            false => None,
        };
        let mut builder = OptsBuilder::default()
            .ip_or_hostname(options.host.as_str())
            .tcp_port(options.port)
            .user(options.user.as_deref())
            .pass(options.password.as_deref())
            .db_name(options.database.as_deref())
            .ssl_opts(tls)
            // It would leave the address that was asked for.
            .prefer_socket(false)
            .socket(options.socket.as_deref().map(path_text).transpose()?)
            .tcp_keepalive(options.keepalive)
            // The session keeps them.
            .stmt_cache_size(0)
            // As on the other databases: a row that is set to what it was is changed too.
            .client_found_rows(true);
        if let Some(name) = &options.application_name {
            builder = builder.connect_attribute("program_name", name);
        }
        Ok(self.shared.opts.get_or_init(|| builder.into()).clone())
    }

    /// Reads the files of TLS.
    fn tls(&self) -> Result<SslOpts> {
        // Where several providers are linked and none is chosen, rustls panics.
        if rustls::crypto::CryptoProvider::get_default().is_none() {
            // Another thread may have been faster.
            let _ = rustls::crypto::ring::default_provider().install_default();
        }
        let tls = &self.options().tls;
        let mut opts = SslOpts::default();
        if matches!(tls.mode, TlsMode::VerifyCa | TlsMode::VerifyFull) {
            let roots = match &tls.root {
                Some(file) => vec![read(file)?],
                None => native_roots()?,
            };
            let roots = roots.into_iter().map(Into::into).collect();
            opts = opts
                .with_root_certs(roots)
                .with_disable_built_in_roots(true);
        } else {
            opts = opts.with_danger_accept_invalid_certs(true);
        }
        if let (Some(certificate), Some(key)) = (&tls.certificate, &tls.key) {
            let identity = ClientIdentity::new(read(certificate)?.into(), read(key)?.into());
            opts = opts.with_client_identity(Some(identity));
        }
        Ok(opts)
    }

    /// The host's addresses; the operating system is asked on a thread that may block.
    async fn resolve(&self) -> Result<Vec<IpAddr>> {
        let options = self.options();
        if let Ok(address) = options.host.parse() {
            return Ok(vec![address]);
        }
        let host = (options.host.clone(), options.port);
        let resolved = self.on_thread(move || host.to_socket_addrs()).await?;
        let addresses = resolved.map_err(|error| self.unreachable(error))?;
        let addresses: Vec<IpAddr> = addresses.map(|address| address.ip()).collect();
        match addresses.is_empty() {
            true => Err(self.unreachable(io::ErrorKind::NotFound.into())),
            false => Ok(addresses),
        }
    }

    async fn on_thread<T: Send + 'static>(
        &self,
        job: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T> {
        let gone = || Error::new(ErrorKind::Runtime, "the runtime did not run a blocking job");
        let job = self.runtime().spawn_blocking(job);
        let job = job.map_err(|error| gone().with_source(error))?;
        job.await.map_err(|error| gone().with_source(error))
    }

    fn address(&self) -> String {
        let options = self.options();
        match &options.socket {
            Some(path) => path.display().to_string(),
            None if options.host.contains(':') => format!("[{}]:{}", options.host, options.port),
            None => format!("{}:{}", options.host, options.port),
        }
    }

    #[cold]
    fn unreachable(&self, error: io::Error) -> Error {
        let message = format!("mysql: {} cannot be reached", self.address());
        Error::new(ErrorKind::Connection, message).with_source(error)
    }
}

/// A name that the certificate is for, of how rustls writes those that it found there:
/// `DnsName("a.example")`, `IpAddress(1.2.3.4)`.
fn certified_name(presented: &str) -> Option<String> {
    let (kind, name) = presented.strip_suffix(')')?.split_once('(')?;
    match kind {
        "DnsName" => {
            let name = name.trim_matches('"');
            // Any name below will do.
            Some(match name.strip_prefix("*.") {
                Some(domain) => format!("any.{domain}"),
                None => name.to_owned(),
            })
        }
        "IpAddress" => Some(name.to_owned()),
        _ => None,
    }
}

fn native_roots() -> Result<Vec<Vec<u8>>> {
    let found = rustls_native_certs::load_native_certs();
    if found.certs.is_empty() {
        let mut error = Error::new(
            ErrorKind::Connection,
            "the operating system has no authorities to verify the server by; name a file",
        );
        if let Some(source) = found.errors.into_iter().next() {
            error = error.with_source(source);
        }
        return Err(error);
    }
    Ok(found
        .certs
        .iter()
        .map(|certificate| certificate.to_vec())
        .collect())
}

fn read(file: &PathBuf) -> Result<Vec<u8>> {
    std::fs::read(file).map_err(|error| {
        let message = format!("{} cannot be read", file.display());
        Error::new(ErrorKind::Connection, message).with_source(error)
    })
}

fn path_text(path: &Path) -> Result<&str> {
    path.to_str().ok_or_else(|| {
        let message = format!("the path {} is not UTF-8", path.display());
        Error::new(ErrorKind::Value, message)
    })
}

#[cfg(test)]
mod tests {
    use super::certified_name;

    #[test]
    fn names_are_those_of_the_certificate() {
        for (presented, name) in [
            ("DnsName(\"db.example\")", Some("db.example")),
            ("DnsName(\"*.example\")", Some("any.example")),
            ("IpAddress(10.0.0.1)", Some("10.0.0.1")),
            ("DirectoryName", None),
            ("UniformResourceIdentifier(\"x\")", None),
        ] {
            assert_eq!(certified_name(presented).as_deref(), name, "{presented}");
        }
    }
}
