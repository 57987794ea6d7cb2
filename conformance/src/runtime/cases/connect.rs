//! Streams against a server of `std`, so that the runtime cannot agree with itself.

use std::future::poll_fn;
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::pin::Pin;
use std::thread;

use futures_io::{AsyncRead, AsyncWrite};
use queryset::runtime::{BoxStream, ByteStream};

use super::{CaseResult, Failure, Stage, ensure, fail, needing};
use crate::runtime::{Capability, RuntimeCase};

pub(super) const CASES: &[RuntimeCase] = &[
    needing(Capability::Tcp, "runtime.connect.tcp_echo", tcp_echo),
    needing(Capability::Tcp, "runtime.connect.tcp_outside", tcp_outside),
    needing(Capability::Tcp, "runtime.connect.tcp_refused", tcp_refused),
    #[cfg(unix)]
    needing(Capability::Unix, "runtime.connect.unix_echo", unix::echo),
    #[cfg(unix)]
    needing(
        Capability::Unix,
        "runtime.connect.unix_missing",
        unix::missing,
    ),
];

/// More than one read or write takes.
const BYTES: usize = 300_000;

fn tcp_echo(stage: &Stage<'_>) -> CaseResult {
    let running = stage.start();
    let connect = running.runtime().connector().connect_tcp(tcp_server()?);
    stage.in_task(
        running.runtime(),
        async move { converse(connect.await?).await },
    )?
}

/// Connected and used by a thread that the runtime does not know.
fn tcp_outside(stage: &Stage<'_>) -> CaseResult {
    let running = stage.start();
    let connect = running.runtime().connector().connect_tcp(tcp_server()?);
    stage.wait("a conversation outside the runtime", async move {
        converse(connect.await?).await
    })?
}

fn tcp_refused(stage: &Stage<'_>) -> CaseResult {
    let running = stage.start();
    // A port that was free a moment ago.
    let addr = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
    let connect = running.runtime().connector().connect_tcp(addr);
    match stage.in_task(running.runtime(), connect)? {
        Err(error) => ensure(
            error.kind() == io::ErrorKind::ConnectionRefused,
            format!("the error of a closed port is {:?}: {error}", error.kind()),
        ),
        Ok(_) => fail("connected to a closed port"),
    }
}

#[cfg(unix)]
mod unix {
    use std::fs;
    use std::os::unix::net::UnixListener;
    use std::path::PathBuf;
    use std::process;
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    /// A path for a socket, removed at the end.
    struct SocketPath(PathBuf);

    impl SocketPath {
        fn new() -> Self {
            static NEXT: AtomicU32 = AtomicU32::new(0);
            let name = format!(
                "queryset-{}-{}.sock",
                process::id(),
                NEXT.fetch_add(1, Ordering::Relaxed)
            );
            Self(std::env::temp_dir().join(name))
        }
    }

    impl Drop for SocketPath {
        fn drop(&mut self) {
            let _ = fs::remove_file(&self.0);
        }
    }

    pub(super) fn echo(stage: &Stage<'_>) -> CaseResult {
        let path = SocketPath::new();
        let listener = UnixListener::bind(&path.0)?;
        thread::Builder::new().spawn(move || {
            let (stream, _) = listener.accept()?;
            serve(&stream, &stream)
        })?;
        let running = stage.start();
        let connect = running.runtime().connector().connect_unix(path.0.clone());
        stage.in_task(
            running.runtime(),
            async move { converse(connect.await?).await },
        )?
    }

    pub(super) fn missing(stage: &Stage<'_>) -> CaseResult {
        let running = stage.start();
        let connect = running
            .runtime()
            .connector()
            .connect_unix(SocketPath::new().0.clone());
        match stage.in_task(running.runtime(), connect)? {
            Err(error) => ensure(
                error.kind() == io::ErrorKind::NotFound,
                format!(
                    "the error of a missing socket is {:?}: {error}",
                    error.kind()
                ),
            ),
            Ok(_) => fail("connected to a socket that does not exist"),
        }
    }
}

fn tcp_server() -> io::Result<SocketAddr> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let addr = listener.local_addr()?;
    thread::Builder::new().spawn(move || {
        let (stream, _) = listener.accept()?;
        serve(&stream, &stream)
    })?;
    Ok(addr)
}

/// Takes all of a message, so that neither side waits for the other to read, answers with it
/// reversed, and then says that the client closed by ending.
fn serve(mut from: impl Read, mut to: impl Write) -> io::Result<()> {
    let mut message = vec![0; BYTES];
    from.read_exact(&mut message)?;
    message.reverse();
    to.write_all(&message)?;
    let closed = from.read(&mut [0])? == 0;
    if closed {
        to.write_all(b"bye")?;
    }
    Ok(())
}

async fn converse(mut stream: BoxStream) -> CaseResult {
    let message: Vec<u8> = (0..BYTES).map(|n| (n % 251) as u8).collect();
    write_all(&mut stream, &message).await?;
    let mut answer = vec![0; BYTES];
    read_exact(&mut stream, &mut answer).await?;
    ensure(
        answer.iter().rev().eq(&message),
        "the answer is not what the server sent",
    )?;

    poll_fn(|cx| Pin::new(&mut stream).poll_close(cx)).await?;
    let mut bye = [0; 3];
    read_exact(&mut stream, &mut bye).await?;
    ensure(&bye == b"bye", "the server did not see the stream's end")?;
    let end = poll_fn(|cx| Pin::new(&mut stream).poll_read(cx, &mut [0])).await?;
    ensure(end == 0, "the stream did not end with its server")
}

async fn write_all(stream: &mut dyn ByteStream, mut bytes: &[u8]) -> Result<(), Failure> {
    while !bytes.is_empty() {
        let written = poll_fn(|cx| Pin::new(&mut *stream).poll_write(cx, bytes)).await?;
        ensure(written > 0, "a write took nothing")?;
        bytes = &bytes[written..];
    }
    poll_fn(|cx| Pin::new(&mut *stream).poll_flush(cx)).await?;
    Ok(())
}

async fn read_exact(stream: &mut dyn ByteStream, bytes: &mut [u8]) -> Result<(), Failure> {
    let mut read = 0;
    while read < bytes.len() {
        let more = poll_fn(|cx| Pin::new(&mut *stream).poll_read(cx, &mut bytes[read..])).await?;
        ensure(more > 0, format!("the stream ended after {read} bytes"))?;
        read += more;
    }
    Ok(())
}
