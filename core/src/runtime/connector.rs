use std::fmt::Debug;
use std::io;
use std::net::SocketAddr;
#[cfg(unix)]
use std::path::PathBuf;

use futures_io::{AsyncRead, AsyncWrite};

use super::BoxFuture;

/// A connected stream of bytes. Implemented for everything that fits.
pub trait ByteStream: AsyncRead + AsyncWrite + Send + Unpin + 'static {}

impl<S> ByteStream for S where S: AsyncRead + AsyncWrite + Send + Unpin + 'static {}

/// A boxed [`ByteStream`].
pub type BoxStream = Box<dyn ByteStream>;

/// What opens sockets. Backends that talk to a server need it; SQLite does not.
///
/// # Contract
///
/// - A TCP stream SHOULD have `TCP_NODELAY` set: database protocols send small requests and wait,
///   which Nagle's algorithm delays by tens of milliseconds.
/// - A runtime without sockets answers with [`io::ErrorKind::Unsupported`]; one that is gone
///   answers with an error. Neither panics.
/// - The future and the stream MUST work wherever they are polled, also outside the runtime's own
///   threads.
///
/// Dropping the future gives the attempt up and closes its socket. Names are resolved elsewhere.
pub trait Connector: Debug + Send + Sync + 'static {
    /// Opens a TCP connection.
    fn connect_tcp(&self, addr: SocketAddr) -> BoxFuture<'static, io::Result<BoxStream>>;

    /// Opens a connection to a Unix socket.
    #[cfg(unix)]
    fn connect_unix(&self, path: PathBuf) -> BoxFuture<'static, io::Result<BoxStream>> {
        Box::pin(async move {
            Err(io::Error::new(
                io::ErrorKind::Unsupported,
                format!("this runtime opens no Unix sockets ({})", path.display()),
            ))
        })
    }
}
