//! Opening a connection.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;
use std::time::{Duration, Instant};

use queryset::runtime::{BoxFuture, Runtime};
use queryset::{Error, ErrorKind, Result};
use tokio_postgres::config::{LoadBalanceHosts, SslMode, TargetSessionAttrs};
use tokio_postgres::{Config, SimpleQueryMessage};

use super::target::{Address, Target, targets};
use super::{Connection, Driver, Opening, Phase, PostgresConnection};
use crate::error;
use crate::options::PostgresOptions;
use crate::statement::{Cache, CustomTypes};
use crate::stream::{Grouped, Grouping, Stream};
use crate::tls::{self, Tls};

impl Opening {
    /// Reads the certificates, which are files.
    pub(crate) fn new(mut options: PostgresOptions, runtime: Runtime) -> Result<Self> {
        let tls = tls::client_config(&options.tls)?;
        session_settings(&mut options)?;
        Ok(Self {
            options,
            runtime,
            types: CustomTypes::default(),
            tls,
        })
    }
}

/// Puts the settings of a session where they cost no round trip: into the start-up message.
fn session_settings(options: &mut PostgresOptions) -> Result<()> {
    if !options.named_statements && options.pipelining > 1 {
        return Err(Error::new(
            ErrorKind::NotSupported,
            "`pipelining` sends statements by their names, which `named_statements(false)` does \
             without",
        ));
    }
    if !options.named_statements {
        return match options.statement_timeout {
            None => Ok(()),
            Some(_) => Err(Error::new(
                ErrorKind::NotSupported,
                "`statement_timeout` is a setting of a session, which \
                 `named_statements(false)` does not count on: set it on the role, by ALTER ROLE",
            )),
        };
    }
    // As Django: the texts that the server makes of instants are in UTC.
    let mut settings = String::from("-c TimeZone=UTC");
    if let Some(timeout) = options.statement_timeout {
        // Zero would switch it off.
        let millis = timeout.as_millis().clamp(1, i32::MAX as u128);
        settings.push_str(&format!(" -c statement_timeout={millis}"));
    }
    // The last one holds.
    if let Some(own) = options.config.get_options() {
        settings.push(' ');
        settings.push_str(own);
    }
    options.config.options(settings);
    Ok(())
}

pub(super) fn open(opening: Arc<Opening>) -> BoxFuture<'static, Result<Box<Connection>>> {
    Box::pin(async move {
        let config = &opening.options.config;
        let targets = targets(config);
        let random = config.get_load_balance_hosts() == LoadBalanceHosts::Random;
        let mut failures = Vec::new();
        for target in &targets {
            let addresses = match target.resolve(&opening.runtime, random).await {
                Ok(addresses) => addresses,
                Err(error) => {
                    let message = format!("postgres: the host {} was not found", target.host);
                    failures.push(Error::new(ErrorKind::Connection, message).with_source(error));
                    continue;
                }
            };
            for address in addresses {
                let limit = opening.options.connect_timeout;
                let attempt = Box::pin(attempt(&opening, target, &address));
                match within(&opening.runtime, limit, attempt).await {
                    Some(Ok(connection)) => return Ok(connection),
                    Some(Err(error)) => failures.push(error),
                    None => {
                        let message =
                            format!("postgres: {address} did not let us in within {limit:?}");
                        failures.push(Error::new(ErrorKind::Connection, message));
                    }
                }
            }
        }
        Err(failed(failures))
    })
}

async fn attempt(
    opening: &Arc<Opening>,
    target: &Target,
    address: &Address,
) -> Result<Box<Connection>> {
    let tcp = &opening.options.tcp;
    let link = address.connect(&opening.runtime, tcp).await;
    let link = link.map_err(|error| {
        let kind = match error.kind() {
            std::io::ErrorKind::Unsupported => ErrorKind::Runtime,
            _ => ErrorKind::Connection,
        };
        Error::new(kind, format!("postgres: cannot connect to {address}")).with_source(error)
    })?;
    let options = &opening.options;
    let unencrypted;
    let config = if target.is_unix() && options.config.get_ssl_mode() != SslMode::Disable {
        let mut without = options.config.clone();
        without.ssl_mode(SslMode::Disable);
        unencrypted = without;
        &unencrypted
    } else {
        &options.config
    };
    let (plain, secured) = (Grouping::default(), Grouping::default());
    let tls = Tls::new(opening.tls.clone(), Arc::clone(&target.host)).grouping(secured.clone());
    let stream = Stream::new(link.clone());
    let emptied = stream.emptied();
    let stream = Grouped::new(stream, plain.clone());
    let (client, raw) = config
        .connect_raw(stream, tls)
        .await
        .map_err(error::from_driver)?;
    let grouping = match secured.is_secured() {
        true => secured,
        false => plain,
    };
    if options.pipelining > 1 {
        grouping.begin();
    }
    let mut connection = Box::new(Connection {
        client,
        driver: Driver::new(raw, link, emptied, grouping),
        statements: Cache::new(options.statement_cache),
        knows_types: false,
        begins: false,
        answered: false,
        phase: Phase::Busy,
        streams: false,
        standing: super::Standing::default(),
        address: address.clone(),
        host: Arc::clone(&target.host),
        opener: Arc::clone(opening),
    });
    connection.check_target(&options.config, address).await?;
    if !options.named_statements {
        // The proxy keeps this setting for its client.
        let set = connection.batch("SET TIME ZONE 'UTC'").await;
        set.map_err(|stopped| stopped.error)?;
    }
    for hook in &options.on_connect {
        hook(PostgresConnection {
            connection: &mut connection,
        })
        .await?;
    }
    connection.end();
    Ok(connection)
}

impl Connection {
    async fn check_target(&mut self, config: &Config, address: &Address) -> Result<()> {
        let wanted = match config.get_target_session_attrs() {
            TargetSessionAttrs::ReadWrite => "off",
            TargetSessionAttrs::ReadOnly => "on",
            _ => return Ok(()),
        };
        let sql = "SHOW transaction_read_only";
        let Self { client, driver, .. } = self;
        let shown = driver.drive(pin!(client.simple_query(sql))).await;
        let shown = match shown {
            Ok(Ok(messages)) => messages,
            Ok(Err(error)) => return Err(self.stop(error, sql).error),
            Err(lost) => return Err(self.lost(lost).error),
        };
        let read_only = shown.iter().find_map(|message| match message {
            SimpleQueryMessage::Row(row) => row.get(0),
            _ => None,
        });
        if read_only == Some(wanted) {
            return Ok(());
        }
        let what = if wanted == "off" {
            "reads only"
        } else {
            "takes writes"
        };
        Err(Error::new(
            ErrorKind::Connection,
            format!("postgres: the server at {address} {what}, which target_session_attrs refuses"),
        ))
    }
}

/// The future's result, unless the time is up first.
///
/// The clock is looked at as well as the timer: a future that is woken again and again, as one is
/// that reads a long result, keeps the timers of a runtime with one thread from their turn.
pub(super) async fn within<F: Future + Unpin>(
    runtime: &Runtime,
    limit: Duration,
    mut future: F,
) -> Option<F::Output> {
    let begun = Instant::now();
    let mut sleep = runtime.timer().sleep(limit);
    poll_fn(|context| {
        if let Poll::Ready(output) = Pin::new(&mut future).poll(context) {
            return Poll::Ready(Some(output));
        }
        if sleep.as_mut().poll(context).is_ready() || begun.elapsed() >= limit {
            return Poll::Ready(None);
        }
        Poll::Pending
    })
    .await
}

/// One error of several attempts: the last, which names the others.
fn failed(mut failures: Vec<Error>) -> Error {
    let Some(last) = failures.pop() else {
        return Error::new(ErrorKind::Connection, "postgres: the host has no address");
    };
    if failures.is_empty() {
        return last;
    }
    let others: Vec<String> = failures.iter().map(ToString::to_string).collect();
    let message = format!(
        "postgres: none of {} addresses let us in ({})",
        failures.len() + 1,
        others.join("; ")
    );
    Error::new(last.kind(), message).with_source(last)
}
