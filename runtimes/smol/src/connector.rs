use std::io;
use std::net::SocketAddr;
#[cfg(unix)]
use std::path::PathBuf;

use queryset::runtime::{BoxFuture, BoxStream, Connector, Socket, TcpOptions};
use smol::net::TcpStream;
#[cfg(unix)]
use smol::net::unix::UnixStream;

use crate::Smol;

impl Connector for Smol {
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
            Ok(Box::new(stream) as BoxStream)
        })
    }

    #[cfg(unix)]
    fn connect_unix(&self, path: PathBuf) -> BoxFuture<'static, io::Result<BoxStream>> {
        Box::pin(async move {
            let stream = UnixStream::connect(path).await?;
            Ok(Box::new(stream) as BoxStream)
        })
    }

    #[cfg(unix)]
    fn release(&self, stream: BoxStream) -> Result<Socket, BoxStream> {
        let stream = match stream.downcast::<TcpStream>() {
            Ok(tcp) => return Socket::tcp(&*tcp).map_err(|_| tcp as BoxStream),
            Err(other) => other,
        };
        let unix = stream.downcast::<UnixStream>()?;
        Socket::unix(&*unix).map_err(|_| unix as BoxStream)
    }

    fn adopt(&self, socket: Socket) -> io::Result<BoxStream> {
        Ok(match socket {
            Socket::Tcp(socket) => Box::new(TcpStream::try_from(socket)?),
            #[cfg(unix)]
            Socket::Unix(socket) => Box::new(UnixStream::try_from(socket)?),
        })
    }
}
