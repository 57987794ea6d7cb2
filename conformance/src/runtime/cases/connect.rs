//! Streams against a server of `std`, so that the runtime cannot agree with itself.

use std::future::poll_fn;
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::pin::Pin;
use std::thread;
use std::time::{Duration, Instant};

use futures_io::{AsyncRead, AsyncWrite};
use queryset::runtime::{BoxStream, ByteStream, TcpOptions};

use super::{CaseResult, Failure, Stage, ensure, fail, needing};
use crate::runtime::{Capability, RuntimeCase};

pub(super) const CASES: &[RuntimeCase] = &[
    needing(Capability::Tcp, "runtime.connect.tcp_echo", tcp_echo),
    needing(Capability::Tcp, "runtime.connect.tcp_outside", tcp_outside),
    needing(Capability::Tcp, "runtime.connect.tcp_refused", tcp_refused),
    needing(Capability::Tcp, "runtime.connect.tcp_release", tcp_release),
    #[cfg(target_os = "linux")]
    needing(
        Capability::Tcp,
        "runtime.connect.tcp_keepalive",
        keepalive::is_set,
    ),
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
    let connect = running
        .runtime()
        .connector()
        .connect_tcp(tcp_server()?, &TcpOptions::new());
    stage.in_task(
        running.runtime(),
        async move { converse(connect.await?).await },
    )?
}

/// Connected and used by a thread that the runtime does not know.
fn tcp_outside(stage: &Stage<'_>) -> CaseResult {
    let running = stage.start();
    let connect = running
        .runtime()
        .connector()
        .connect_tcp(tcp_server()?, &TcpOptions::new());
    stage.wait("a conversation outside the runtime", async move {
        converse(connect.await?).await
    })?
}

fn tcp_refused(stage: &Stage<'_>) -> CaseResult {
    let running = stage.start();
    // A port that was free a moment ago.
    let addr = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
    let connect = running
        .runtime()
        .connector()
        .connect_tcp(addr, &TcpOptions::new());
    match stage.in_task(running.runtime(), connect)? {
        Err(error) => ensure(
            error.kind() == io::ErrorKind::ConnectionRefused,
            format!("the error of a closed port is {:?}: {error}", error.kind()),
        ),
        Ok(_) => fail("connected to a closed port"),
    }
}

/// A stream leaves the runtime in the middle of a message, comes back in the middle of the answer, and
/// is whole; one that is kept is, too.
fn tcp_release(stage: &Stage<'_>) -> CaseResult {
    let running = stage.start();
    let connector = running.runtime().connector();
    let connect = connector.connect_tcp(tcp_server()?, &TcpOptions::new());
    let message = message();
    let (first, second) = message.split_at(BYTES / 3);
    let half = first.to_vec();
    let stream = stage.in_task(running.runtime(), async move {
        let mut stream = connect.await?;
        write_all(&mut stream, &half).await?;
        Ok::<_, Failure>(stream)
    })??;
    let mut answer = vec![0; BYTES];
    let (here, there) = answer.split_at_mut(BYTES / 2);
    let mut stream = match connector.release(stream) {
        Ok(socket) => {
            let mut written = 0;
            while written < second.len() {
                written += stage.once(|| socket.write(&second[written..]))?;
            }
            let mut read = 0;
            while read < here.len() {
                read += stage.once(|| socket.read(&mut here[read..]))?;
            }
            connector.adopt(socket)?
        }
        Err(mut kept) => stage.wait("a conversation", async {
            write_all(&mut kept, second).await?;
            read_exact(&mut kept, here).await?;
            Ok::<_, Failure>(kept)
        })??,
    };
    stage.wait("the rest of a conversation", read_exact(&mut stream, there))??;
    is_answer(&answer, &message)?;
    stage.in_task(running.runtime(), async move { part(stream).await })?
}

impl Stage<'_> {
    /// What a socket gives that does not block.
    fn once(&self, mut attempt: impl FnMut() -> io::Result<usize>) -> Result<usize, Failure> {
        let deadline = Instant::now() + self.patience;
        loop {
            match attempt() {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    ensure(Instant::now() < deadline, "the socket is not ready")?;
                    thread::sleep(Duration::from_millis(1));
                }
                Ok(0) => return fail("the stream has ended"),
                done => return Ok(done?),
            }
        }
    }
}

/// What the kernel says of our sockets, whatever the runtime says.
#[cfg(target_os = "linux")]
mod keepalive {
    use std::fs;
    use std::time::Duration;

    use queryset::runtime::Keepalive;

    use super::*;

    /// The silence before the first probe.
    const IDLE: Duration = Duration::from_secs(600);

    pub(in super::super) fn is_set(stage: &Stage<'_>) -> CaseResult {
        let running = stage.start();
        let probed = TcpOptions::new()
            .keepalive(Keepalive::after(IDLE).retries(3))
            .user_timeout(Duration::from_secs(900));
        for (options, expected) in [(TcpOptions::new(), None), (probed, Some(IDLE))] {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
            let addr = listener.local_addr()?;
            let connect = running.runtime().connector().connect_tcp(addr, &options);
            let stream = stage.in_task(running.runtime(), connect)??;
            let (_peer, from) = listener.accept()?;
            let until_probe = probe(from.port(), addr.port())?;
            drop(stream);
            let right = match (until_probe, expected) {
                (None, None) => true,
                // It counts down from the idle time.
                (Some(left), Some(idle)) => left <= idle && left > idle / 2,
                _ => false,
            };
            ensure(
                right,
                format!("the next probe is {until_probe:?} away, and {expected:?} was asked for"),
            )?;
        }
        Ok(())
    }

    /// The time to a socket's next probe, from the kernel's table; `None` if none is to come.
    fn probe(from: u16, to: u16) -> Result<Option<Duration>, Failure> {
        let table = fs::read_to_string("/proc/self/net/tcp")?;
        let (from, to) = (format!(":{from:04X}"), format!(":{to:04X}"));
        let line = table
            .lines()
            .map(|line| line.split_whitespace().collect::<Vec<_>>())
            .find(|words| {
                words.get(1).is_some_and(|local| local.ends_with(&from))
                    && words.get(2).is_some_and(|remote| remote.ends_with(&to))
            });
        let Some(words) = line else {
            return fail("the kernel does not know the socket");
        };
        // The kind of the timer, and its time in hundredths of a second.
        match words.get(5).and_then(|timer| timer.split_once(':')) {
            Some(("02", hundredths)) => {
                let hundredths = u64::from_str_radix(hundredths, 16)?;
                Ok(Some(Duration::from_millis(10 * hundredths)))
            }
            Some(_) => Ok(None),
            None => fail("the kernel's table has another form"),
        }
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
    let message = message();
    write_all(&mut stream, &message).await?;
    let mut answer = vec![0; BYTES];
    read_exact(&mut stream, &mut answer).await?;
    is_answer(&answer, &message)?;
    part(stream).await
}

fn message() -> Vec<u8> {
    (0..BYTES).map(|n| (n % 251) as u8).collect()
}

fn is_answer(answer: &[u8], message: &[u8]) -> CaseResult {
    ensure(
        answer.iter().rev().eq(message),
        "the answer is not what the server sent",
    )
}

async fn part(mut stream: BoxStream) -> CaseResult {
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
