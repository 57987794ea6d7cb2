use std::io;
use std::net::SocketAddr;
#[cfg(unix)]
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_io::{AsyncRead, AsyncWrite};
use queryset::runtime::{BoxFuture, BoxStream, Connector, Runtime, Socket, TcpOptions};

use super::{Break, breaking};
use crate::runtime::Capability;

const TCP: Option<Capability> = Some(Capability::Tcp);
const UNIX: Option<Capability> = Some(Capability::Unix);

pub(super) const BREAKS: &[Break] = &[
    breaking(
        "flips a bit of a TCP stream",
        "runtime.connect.tcp_echo",
        TCP,
        |runtime| broken(runtime, Fault::FlipsBit),
    ),
    breaking(
        "flips a bit of a Unix stream",
        "runtime.connect.unix_echo",
        UNIX,
        |runtime| broken(runtime, Fault::FlipsBit),
    ),
    breaking(
        "loses what it says it wrote",
        "runtime.connect.tcp_outside",
        TCP,
        |runtime| broken(runtime, Fault::LosesWrite),
    ),
    breaking(
        "closes nothing",
        "runtime.connect.tcp_echo",
        TCP,
        |runtime| broken(runtime, Fault::ClosesNothing),
    ),
    breaking(
        "loses a stream that it does not give away",
        "runtime.connect.tcp_release",
        TCP,
        |runtime| broken(runtime, Fault::LosesKept),
    ),
    breaking(
        "flips a bit of a stream that came back",
        "runtime.connect.tcp_release",
        TCP,
        |runtime| broken(runtime, Fault::FlipsAdopted),
    ),
    #[cfg(target_os = "linux")]
    breaking(
        "forgets what a socket is to be set to",
        "runtime.connect.tcp_keepalive",
        TCP,
        |runtime| broken(runtime, Fault::ForgetsOptions),
    ),
    breaking(
        "connects to anything",
        "runtime.connect.tcp_refused",
        TCP,
        |runtime| broken(runtime, Fault::ConnectsLater),
    ),
    breaking(
        "connects to missing sockets",
        "runtime.connect.unix_missing",
        UNIX,
        |runtime| broken(runtime, Fault::ConnectsLater),
    ),
];

fn broken(runtime: Runtime, fault: Fault) -> Runtime {
    let connector = Arc::clone(runtime.connector());
    runtime.with_connector(Broken { connector, fault })
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Fault {
    FlipsBit,
    LosesWrite,
    ClosesNothing,
    LosesKept,
    FlipsAdopted,
    ForgetsOptions,
    /// Says that it has connected, and fails with the first read.
    ConnectsLater,
}

#[derive(Debug)]
struct Broken {
    connector: Arc<dyn Connector>,
    fault: Fault,
}

impl Broken {
    fn wrap(
        &self,
        connect: BoxFuture<'static, io::Result<BoxStream>>,
    ) -> BoxFuture<'static, io::Result<BoxStream>> {
        let fault = self.fault;
        Box::pin(async move {
            let stream = match connect.await {
                Err(_) if fault == Fault::ConnectsLater => None,
                connected => Some(connected?),
            };
            if fault == Fault::FlipsAdopted {
                // Its own connector has to know it again.
                return stream.ok_or_else(|| io::ErrorKind::NotConnected.into());
            }
            Ok(Box::new(BrokenStream {
                stream,
                fault,
                faults: 1,
            }) as BoxStream)
        })
    }
}

impl Connector for Broken {
    fn connect_tcp(
        &self,
        addr: SocketAddr,
        options: &TcpOptions,
    ) -> BoxFuture<'static, io::Result<BoxStream>> {
        let options = match self.fault {
            Fault::ForgetsOptions => &TcpOptions::new(),
            _ => options,
        };
        self.wrap(self.connector.connect_tcp(addr, options))
    }

    #[cfg(unix)]
    fn connect_unix(&self, path: PathBuf) -> BoxFuture<'static, io::Result<BoxStream>> {
        self.wrap(self.connector.connect_unix(path))
    }

    fn release(&self, stream: BoxStream) -> Result<Socket, BoxStream> {
        match self.fault {
            Fault::FlipsAdopted => match self.connector.release(stream) {
                Ok(socket) => Ok(socket),
                Err(kept) => Err(flipping(kept)),
            },
            Fault::LosesKept => Err(Box::new(BrokenStream {
                stream: None,
                fault: self.fault,
                faults: 0,
            })),
            _ => Err(stream),
        }
    }

    fn adopt(&self, socket: Socket) -> io::Result<BoxStream> {
        self.connector.adopt(socket).map(flipping)
    }
}

fn flipping(stream: BoxStream) -> BoxStream {
    Box::new(BrokenStream {
        stream: Some(stream),
        fault: Fault::FlipsBit,
        faults: 1,
    })
}

struct BrokenStream {
    stream: Option<BoxStream>,
    fault: Fault,
    /// How often it still goes wrong.
    faults: u32,
}

impl BrokenStream {
    fn goes_wrong(&mut self, fault: Fault) -> bool {
        let wrong = self.fault == fault && self.faults > 0;
        self.faults -= u32::from(wrong);
        wrong
    }

    fn stream(&mut self) -> io::Result<Pin<&mut BoxStream>> {
        self.stream
            .as_mut()
            .map(Pin::new)
            .ok_or_else(|| io::ErrorKind::NotConnected.into())
    }
}

impl AsyncRead for BrokenStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        let read = self.stream()?.poll_read(cx, buf);
        if let Poll::Ready(Ok(1..)) = read
            && self.goes_wrong(Fault::FlipsBit)
        {
            buf[0] ^= 1;
        }
        read
    }
}

impl AsyncWrite for BrokenStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.goes_wrong(Fault::LosesWrite) {
            return Poll::Ready(Ok(buf.len().min(100)));
        }
        self.stream()?.poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream()?.poll_flush(cx)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.goes_wrong(Fault::ClosesNothing) {
            return Poll::Ready(Ok(()));
        }
        self.stream()?.poll_close(cx)
    }
}
