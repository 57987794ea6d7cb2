use std::any::Any;
use std::fmt::Debug;
use std::io;
use std::net::SocketAddr;
#[cfg(unix)]
use std::path::PathBuf;
use std::time::Duration;

use futures_io::{AsyncRead, AsyncWrite};

use super::{BoxFuture, Socket};

/// A connected stream of bytes. Implemented for everything that fits.
pub trait ByteStream: AsyncRead + AsyncWrite + Any + Send + Unpin {}

impl<S> ByteStream for S where S: AsyncRead + AsyncWrite + Any + Send + Unpin {}

impl dyn ByteStream {
    /// The stream as one of its own type, as [`Connector::release`] needs it.
    ///
    /// # Errors
    /// The stream, which is of another type.
    pub fn downcast<S: ByteStream>(self: Box<Self>) -> Result<Box<S>, BoxStream> {
        if !(&*self as &dyn Any).is::<S>() {
            return Err(self);
        }
        let stream: Box<dyn Any> = self;
        match stream.downcast() {
            Ok(stream) => Ok(stream),
            Err(_) => unreachable!("its type was looked at"),
        }
    }
}

/// A boxed [`ByteStream`].
pub type BoxStream = Box<dyn ByteStream>;

/// What a TCP connection is set to when it is opened.
///
/// ```
/// use std::time::Duration;
/// use queryset::runtime::{Keepalive, TcpOptions};
///
/// let options = TcpOptions::new()
///     .keepalive(Keepalive::after(Duration::from_secs(60)).retries(3))
///     .user_timeout(Duration::from_secs(90));
/// assert_eq!(options.keepalive.map(|keepalive| keepalive.idle), Some(Duration::from_secs(60)));
/// ```
#[non_exhaustive]
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TcpOptions {
    /// How a silent connection is probed; `None` leaves it alone.
    pub keepalive: Option<Keepalive>,
    /// How long what was sent may stay unacknowledged before the connection counts as lost
    /// (`TCP_USER_TIMEOUT`, on Linux alone); `None` is the system's choice.
    pub user_timeout: Option<Duration>,
}

impl TcpOptions {
    /// What the system does by itself: no probes.
    pub const fn new() -> Self {
        Self {
            keepalive: None,
            user_timeout: None,
        }
    }

    /// Probes a silent connection, so that one whose other end has vanished is noticed and a
    /// router on the way does not forget it.
    #[must_use]
    pub fn keepalive(mut self, keepalive: impl Into<Option<Keepalive>>) -> Self {
        self.keepalive = keepalive.into();
        self
    }

    /// Gives a connection up whose other end acknowledges nothing for so long.
    #[must_use]
    pub fn user_timeout(mut self, timeout: impl Into<Option<Duration>>) -> Self {
        self.user_timeout = timeout.into();
        self
    }

    /// Sets the options on a connected stream, as a [`Connector`] has to.
    ///
    /// # Errors
    /// The operating system refuses one of them.
    #[cfg(all(feature = "sockets", unix))]
    pub fn set_on(&self, stream: &impl std::os::fd::AsFd) -> io::Result<()> {
        self.set(&socket2::SockRef::from(stream))
    }

    /// Sets the options on a connected stream, as a [`Connector`] has to.
    ///
    /// # Errors
    /// The operating system refuses one of them.
    #[cfg(all(feature = "sockets", windows))]
    pub fn set_on(&self, stream: &impl std::os::windows::io::AsSocket) -> io::Result<()> {
        self.set(&socket2::SockRef::from(stream))
    }

    #[cfg(all(feature = "sockets", any(unix, windows)))]
    fn set(&self, socket: &socket2::SockRef<'_>) -> io::Result<()> {
        if let Some(keepalive) = &self.keepalive {
            // The system counts in seconds, and refuses none at all.
            let seconds = |time: Duration| Duration::from_secs(time.as_secs().max(1));
            let mut probes = socket2::TcpKeepalive::new().with_time(seconds(keepalive.idle));
            if let Some(interval) = keepalive.interval {
                probes = probes.with_interval(seconds(interval));
            }
            #[cfg(unix)]
            if let Some(retries) = keepalive.retries {
                probes = probes.with_retries(retries);
            }
            socket.set_tcp_keepalive(&probes)?;
        }
        #[cfg(target_os = "linux")]
        if let Some(timeout) = self.user_timeout {
            socket.set_tcp_user_timeout(Some(timeout))?;
        }
        Ok(())
    }
}

/// How a silent connection is probed.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keepalive {
    /// How long a connection is silent before the first probe; whole seconds, at least one.
    pub idle: Duration,
    /// The time between probes; `None` is the system's choice.
    pub interval: Option<Duration>,
    /// How many probes may stay unanswered; `None` is the system's choice.
    pub retries: Option<u32>,
}

impl Keepalive {
    /// The first probe after so long a silence.
    pub const fn after(idle: Duration) -> Self {
        Self {
            idle,
            interval: None,
            retries: None,
        }
    }

    /// The time between probes.
    #[must_use]
    pub fn interval(mut self, interval: impl Into<Option<Duration>>) -> Self {
        self.interval = interval.into();
        self
    }

    /// How many probes may stay unanswered before the connection counts as lost.
    #[must_use]
    pub fn retries(mut self, retries: impl Into<Option<u32>>) -> Self {
        self.retries = retries.into();
        self
    }
}

/// What opens sockets. Backends that talk to a server need it; SQLite does not.
///
/// # Contract
///
/// - A TCP stream SHOULD have `TCP_NODELAY` set: database protocols send small requests and wait,
///   which Nagle's algorithm delays by tens of milliseconds.
/// - What the [`TcpOptions`] ask for MUST be set before the stream is handed out, or be an error;
///   what the operating system lacks is left out.
/// - A runtime without sockets answers with [`io::ErrorKind::Unsupported`]; one that is gone
///   answers with an error. Neither panics.
/// - The future and the stream MUST work wherever they are polled, also outside the runtime's own
///   threads.
///
/// Dropping the future gives the attempt up and closes its socket. Names are resolved elsewhere.
pub trait Connector: Debug + Send + Sync + 'static {
    /// Opens a TCP connection.
    fn connect_tcp(
        &self,
        addr: SocketAddr,
        options: &TcpOptions,
    ) -> BoxFuture<'static, io::Result<BoxStream>>;

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

    /// Takes a stream of this connector away from the runtime, for a thread that waits for the
    /// socket by itself. Nobody waits for the stream meanwhile, and nothing of it is lost.
    ///
    /// # Errors
    /// The stream, unharmed: one that is not this connector's or cannot be had without the runtime,
    /// as those of a connector that leaves this method out.
    fn release(&self, stream: BoxStream) -> Result<Socket, BoxStream> {
        Err(stream)
    }

    /// Gives a socket that was [released](Self::release) to the runtime again. Works on every
    /// thread.
    ///
    /// # Errors
    /// The runtime is gone, or takes no sockets.
    fn adopt(&self, socket: Socket) -> io::Result<BoxStream> {
        let message = format!("this runtime takes no sockets ({socket:?})");
        Err(io::Error::new(io::ErrorKind::Unsupported, message))
    }
}
