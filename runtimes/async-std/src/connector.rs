use std::io;
use std::net::SocketAddr;
#[cfg(unix)]
use std::path::PathBuf;

use async_std::net::TcpStream;
#[cfg(unix)]
use async_std::os::unix::net::UnixStream;
use queryset::runtime::{BoxFuture, BoxStream, Connector, TcpOptions};

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
}
