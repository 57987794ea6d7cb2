use std::io::{self, IoSlice, Read, Write};
use std::net::{Shutdown, TcpStream};
#[cfg(unix)]
use std::os::fd::{AsFd, BorrowedFd};
#[cfg(unix)]
use std::os::unix::net::UnixStream;

/// A connected socket that no runtime watches. It does not block: what would have to wait is
/// [`WouldBlock`](io::ErrorKind::WouldBlock).
#[derive(Debug)]
pub enum Socket {
    /// Of a TCP connection.
    Tcp(TcpStream),
    /// Of a connection within this machine.
    #[cfg(unix)]
    Unix(UnixStream),
}

impl Socket {
    /// A descriptor of its own for a TCP stream, which does not block from now on.
    ///
    /// # Errors
    /// The system has none left.
    #[cfg(unix)]
    pub fn tcp(stream: &impl AsFd) -> io::Result<Self> {
        let own = TcpStream::from(stream.as_fd().try_clone_to_owned()?);
        own.set_nonblocking(true)?;
        Ok(Self::Tcp(own))
    }

    /// A descriptor of its own for a Unix stream, which does not block from now on.
    ///
    /// # Errors
    /// The system has none left.
    #[cfg(unix)]
    pub fn unix(stream: &impl AsFd) -> io::Result<Self> {
        let own = UnixStream::from(stream.as_fd().try_clone_to_owned()?);
        own.set_nonblocking(true)?;
        Ok(Self::Unix(own))
    }

    /// Another descriptor for the same socket.
    ///
    /// # Errors
    /// The system has none left.
    pub fn try_clone(&self) -> io::Result<Self> {
        match self {
            Self::Tcp(socket) => socket.try_clone().map(Self::Tcp),
            #[cfg(unix)]
            Self::Unix(socket) => socket.try_clone().map(Self::Unix),
        }
    }

    /// Reads what is there, up to the length of `buf`; zero at the end of the stream.
    ///
    /// # Errors
    /// The system's.
    pub fn read(&self, buf: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(socket) => (&*socket).read(buf),
            #[cfg(unix)]
            Self::Unix(socket) => (&*socket).read(buf),
        }
    }

    /// Writes as much of `buf` as there is room for.
    ///
    /// # Errors
    /// The system's.
    pub fn write(&self, buf: &[u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(socket) => (&*socket).write(buf),
            #[cfg(unix)]
            Self::Unix(socket) => (&*socket).write(buf),
        }
    }

    /// Writes as much of several pieces as there is room for.
    ///
    /// # Errors
    /// The system's.
    pub fn write_vectored(&self, bufs: &[IoSlice<'_>]) -> io::Result<usize> {
        match self {
            Self::Tcp(socket) => (&*socket).write_vectored(bufs),
            #[cfg(unix)]
            Self::Unix(socket) => (&*socket).write_vectored(bufs),
        }
    }

    /// Ends what is written; the other side may go on.
    ///
    /// # Errors
    /// The system's; none where the other side was faster.
    pub fn close(&self) -> io::Result<()> {
        let closed = match self {
            Self::Tcp(socket) => socket.shutdown(Shutdown::Write),
            #[cfg(unix)]
            Self::Unix(socket) => socket.shutdown(Shutdown::Write),
        };
        match closed {
            Err(error) if error.kind() == io::ErrorKind::NotConnected => Ok(()),
            closed => closed,
        }
    }
}

#[cfg(unix)]
impl AsFd for Socket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Self::Tcp(socket) => socket.as_fd(),
            Self::Unix(socket) => socket.as_fd(),
        }
    }
}
