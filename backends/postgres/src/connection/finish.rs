//! The end of an operation whose caller went away, and of a connection.

use std::future::poll_fn;
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use queryset::runtime::BoxFuture;
use tokio::io::{AsyncRead, ReadBuf};

use super::open::within;
use super::{Connection, Phase};
use crate::stream::Stream;
use crate::tls::Tls;

/// Most of what is dropped is nearly done: it is read to its end in less time than a request to
/// cancel takes, for which the server starts a process.
const GRACE: Duration = Duration::from_millis(2);
/// How long the rest of a result is read and thrown away, in a transaction, before it is cancelled.
const STREAM: Duration = Duration::from_secs(1);
/// The pause before the next request to cancel: one is lost when it comes before the server begins
/// with the statement, which then would go on.
const PAUSE: Duration = Duration::from_millis(100);
/// No more requests are made with pauses longer than this.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
/// How long cancelling and reading the rest may take before the connection is given up.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long a server gets to take our leave.
const GOODBYE: Duration = Duration::from_secs(2);

/// Ends the statement under way, reads what is left of its answer, and rolls back what a
/// transaction left open.
pub(super) async fn finish(mut connection: Box<Connection>) -> Option<Box<Connection>> {
    connection.stop_statement(GRACE).await.then_some(())?;
    if connection.begins || !connection.standing.is_none() {
        let opener = Arc::clone(&connection.opener);
        let rolled_back = Box::pin(connection.batch("ROLLBACK"));
        within(&opener.runtime, PATIENCE, rolled_back).await?.ok()?;
        connection.standing.clear();
    }
    connection.phase = Phase::Idle;
    Some(connection)
}

/// Ends the statement under way, and leaves the transaction around it as it is.
pub(super) async fn finish_in_transaction(
    mut connection: Box<Connection>,
) -> Option<Box<Connection>> {
    // To cancel breaks the transaction, which rows that nobody reads should not.
    let grace = if connection.streams { STREAM } else { GRACE };
    connection.stop_statement(grace).await.then_some(())?;
    let opener = Arc::clone(&connection.opener);
    let asked = Box::pin(connection.ask_standing());
    let asked = within(&opener.runtime, PATIENCE, asked).await;
    asked
        .is_some_and(|asked| asked.is_ok())
        .then_some(connection)
}

/// Closes the connection in the server's own way.
pub(super) async fn close(connection: Box<Connection>) {
    let Connection {
        client,
        driver,
        statements,
        opener,
        ..
    } = *connection;
    drop(client);
    drop(statements);
    within(&opener.runtime, GOODBYE, Box::pin(driver.close())).await;
}

impl Connection {
    /// Ends the statement under way; false if the connection is in doubt.
    async fn stop_statement(&mut self, grace: Duration) -> bool {
        let opener = Arc::clone(&self.opener);
        let runtime = &opener.runtime;
        let drained = within(runtime, grace, Box::pin(self.drain())).await;
        if let Some(drained) = drained {
            return drained;
        }
        let ended = async {
            let (mut sure, mut pause) = (true, PAUSE);
            loop {
                // Not at the same time: reading as fast as the server sends would keep the request
                // waiting. A server that is stuck in sending notes it, and heeds it once we read.
                sure &= self.cancel_request().await.is_ok();
                if let Some(drained) = within(runtime, pause, Box::pin(self.drain())).await {
                    // A request that may still be on its way could hit the next statement.
                    return drained && sure;
                }
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
        };
        within(runtime, PATIENCE, Box::pin(ended)).await == Some(true)
    }

    /// Waits until everything that was asked for is answered; false if the connection is lost.
    async fn drain(&mut self) -> bool {
        let Self { client, driver, .. } = self;
        // Answers come in order: that of an empty query follows all others. A request to cancel
        // that came too late for the statement may hit it, which does no harm.
        let ended = driver.drive(pin!(client.batch_execute(""))).await;
        match ended {
            Ok(Ok(())) => true,
            Ok(Err(error)) => error
                .as_db_error()
                .is_some_and(|reported| !crate::error::is_fatal(reported)),
            Err(_) => false,
        }
    }

    /// Asks the server, over a stream of its own, to cancel what runs here. Ends when the server
    /// has passed the request on, which it tells by closing the stream.
    fn cancel_request(&self) -> BoxFuture<'static, io::Result<()>> {
        let token = self.client.cancel_token();
        let address = self.address.clone();
        let opener = Arc::clone(&self.opener);
        let tls = Tls::new(opener.tls.clone(), Arc::clone(&self.host)).staying_open();
        Box::pin(async move {
            let stream = address
                .connect(&opener.runtime, &opener.options.tcp)
                .await?;
            let mut stream = Stream::staying_open(stream);
            token
                .cancel_query_raw(&mut stream, tls)
                .await
                .map_err(io::Error::other)?;
            let mut rest = [0_u8; 64];
            loop {
                let read = poll_fn(|context| {
                    let mut buffer = ReadBuf::new(&mut rest);
                    Pin::new(&mut stream)
                        .poll_read(context, &mut buffer)
                        .map_ok(|()| buffer.filled().len())
                });
                match read.await {
                    Ok(0) => return Ok(()),
                    Ok(_) => {}
                    // Closed without further ado, which tells the same.
                    Err(error) if error.kind() == io::ErrorKind::ConnectionReset => return Ok(()),
                    Err(error) => return Err(error),
                }
            }
        })
    }
}
