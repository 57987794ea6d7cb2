use std::io;
use std::net::SocketAddr;
#[cfg(unix)]
use std::path::PathBuf;
use std::pin::Pin;
use std::task::{Context, Poll};

use queryset::runtime::{BoxFuture, BoxStream, Connector, Socket, TcpOptions};
use tokio::net::TcpStream;
#[cfg(unix)]
use tokio::net::UnixStream;
use tokio::runtime::Handle;

use crate::Tokio;
use crate::stream::Stream;

impl Connector for Tokio {
    fn connect_tcp(
        &self,
        addr: SocketAddr,
        options: &TcpOptions,
    ) -> BoxFuture<'static, io::Result<BoxStream>> {
        let options = options.clone();
        self.inside(async move {
            let stream = TcpStream::connect(addr).await?;
            stream.set_nodelay(true)?;
            options.set_on(&stream)?;
            Ok(Box::new(Stream(stream)) as BoxStream)
        })
    }

    #[cfg(unix)]
    fn connect_unix(&self, path: PathBuf) -> BoxFuture<'static, io::Result<BoxStream>> {
        self.inside(async move {
            let stream = UnixStream::connect(path).await?;
            Ok(Box::new(Stream(stream)) as BoxStream)
        })
    }

    #[cfg(unix)]
    fn release(&self, stream: BoxStream) -> Result<Socket, BoxStream> {
        let stream = match stream.downcast::<Stream<TcpStream>>() {
            Ok(tcp) => return Socket::tcp(&tcp.0).map_err(|_| tcp as BoxStream),
            Err(other) => other,
        };
        let unix = stream.downcast::<Stream<UnixStream>>()?;
        Socket::unix(&unix.0).map_err(|_| unix as BoxStream)
    }

    fn adopt(&self, socket: Socket) -> io::Result<BoxStream> {
        let _context = self.handle.enter();
        Ok(match socket {
            Socket::Tcp(socket) => Box::new(Stream(TcpStream::from_std(socket)?)),
            #[cfg(unix)]
            Socket::Unix(socket) => Box::new(Stream(UnixStream::from_std(socket)?)),
        })
    }
}

impl Tokio {
    fn inside<T: Send + 'static>(
        &self,
        future: impl Future<Output = T> + Send + 'static,
    ) -> BoxFuture<'static, T> {
        Box::pin(Inside {
            handle: self.handle.clone(),
            future: Box::pin(future),
        })
    }
}

/// Polls a future in the runtime's context, since a socket looks there for its reactor and panics
/// where it finds none; the caller may be on any thread.
struct Inside<T> {
    handle: Handle,
    future: BoxFuture<'static, T>,
}

impl<T> Future for Inside<T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        let this = &mut *self;
        let _context = this.handle.enter();
        this.future.as_mut().poll(cx)
    }
}
