use std::io;
use std::net::SocketAddr;
use std::panic::{UnwindSafe, catch_unwind};
#[cfg(unix)]
use std::path::PathBuf;

use async_std::net::TcpStream;
#[cfg(unix)]
use async_std::os::unix::net::UnixStream;
use queryset::runtime::{BoxFuture, BoxStream, Connector, Socket, TcpOptions};

use crate::AsyncStd;
use crate::stream::Stream;

impl Connector for AsyncStd {
    fn connect_tcp(
        &self,
        addr: SocketAddr,
        options: &TcpOptions,
    ) -> BoxFuture<'static, io::Result<BoxStream>> {
        let options = options.clone();
        Box::pin(async move {
            let stream = TcpStream::connect(addr).await?;
            stream.set_nodelay(true)?;
            options.set_on(&stream)?;
            Ok(Box::new(Stream(stream)) as BoxStream)
        })
    }

    #[cfg(unix)]
    fn connect_unix(&self, path: PathBuf) -> BoxFuture<'static, io::Result<BoxStream>> {
        Box::pin(async move {
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
        Ok(match socket {
            Socket::Tcp(socket) => Box::new(Stream(taken(|| TcpStream::from(socket))?)),
            #[cfg(unix)]
            Socket::Unix(socket) => Box::new(Stream(taken(|| UnixStream::from(socket))?)),
        })
    }
}

/// async-std panics where its reactor takes no more sockets.
fn taken<S>(take: impl FnOnce() -> S + UnwindSafe) -> io::Result<S> {
    catch_unwind(take).map_err(|_| io::Error::other("async-std takes no more sockets"))
}
