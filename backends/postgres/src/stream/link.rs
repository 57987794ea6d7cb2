//! Who waits for a connection's socket: the runtime, or a thread that blocks.

use std::io::{self, IoSlice};
use std::mem;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use futures_io::{AsyncRead, AsyncWrite};
use queryset::runtime::{BoxStream, Connector, Socket, SocketWait};

/// A connection's stream, shared by what reads and writes it and by whoever drives the connection.
///
/// The socket stays where it was used last: a program that only blocks never wakes its runtime, and
/// one that does not leaves it there.
#[derive(Clone)]
pub(crate) struct Link(Arc<Mutex<Ends>>);

struct Ends {
    place: Place,
    connector: Arc<dyn Connector>,
}

enum Place {
    Runtime(BoxStream),
    Thread(Arc<Socket>, SocketWait),
    /// The runtime did not take it back.
    Nowhere(io::ErrorKind),
}

const NOWHERE: Place = Place::Nowhere(io::ErrorKind::NotConnected);

impl Link {
    pub(crate) fn new(stream: BoxStream, connector: Arc<dyn Connector>) -> Self {
        Self(Arc::new(Mutex::new(Ends {
            place: Place::Runtime(stream),
            connector,
        })))
    }

    fn lock(&self) -> MutexGuard<'_, Ends> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From now on the calling thread waits for the socket, until somebody else drives the
    /// connection. `None` if the runtime has to: its connector gives the socket not away.
    pub(crate) fn wait_here(&self) -> Option<SocketWait> {
        if cfg!(not(unix)) {
            return None;
        }
        let mut ends = self.lock();
        let (place, socket) = match mem::replace(&mut ends.place, NOWHERE) {
            Place::Thread(socket, _) => (NOWHERE, Some(socket)),
            Place::Runtime(stream) => match ends.connector.release(stream) {
                Ok(socket) => (NOWHERE, Some(Arc::new(socket))),
                Err(stream) => (Place::Runtime(stream), None),
            },
            nowhere @ Place::Nowhere(_) => (nowhere, None),
        };
        ends.place = place;
        let (socket, wait) = (socket?, SocketWait::of_this_thread()?);
        ends.place = Place::Thread(socket, wait.clone());
        Some(wait)
    }

    /// Says with which waker the connection is driven: the runtime waits, unless it is that of the
    /// thread that does.
    pub(crate) fn driven_by(&self, waker: &Waker) {
        let mut ends = self.lock();
        match &ends.place {
            Place::Thread(_, wait) if !wait.is_of(waker) => ends.give_back(),
            _ => {}
        }
    }
}

impl Ends {
    #[cold]
    fn give_back(&mut self) {
        let place = mem::replace(&mut self.place, NOWHERE);
        let Place::Thread(socket, _) = place else {
            self.place = place;
            return;
        };
        let own = Arc::try_unwrap(socket).or_else(|shared| shared.try_clone());
        let adopted = own.and_then(|socket| self.connector.adopt(socket));
        self.place = match adopted {
            Ok(stream) => Place::Runtime(stream),
            Err(error) => Place::Nowhere(error.kind()),
        };
    }
}

impl AsyncRead for Link {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        match &mut self.lock().place {
            Place::Runtime(stream) => Pin::new(stream).poll_read(context, buffer),
            Place::Thread(socket, wait) => match socket.read(buffer) {
                Err(error) if waits(&error) => {
                    wait.until_readable(socket);
                    Poll::Pending
                }
                read => Poll::Ready(read),
            },
            Place::Nowhere(kind) => Poll::Ready(Err((*kind).into())),
        }
    }
}

impl AsyncWrite for Link {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &[u8],
    ) -> Poll<io::Result<usize>> {
        match &mut self.lock().place {
            Place::Runtime(stream) => Pin::new(stream).poll_write(context, buffer),
            Place::Thread(socket, wait) => written(socket.write(buffer), socket, wait),
            Place::Nowhere(kind) => Poll::Ready(Err((*kind).into())),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffers: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match &mut self.lock().place {
            Place::Runtime(stream) => Pin::new(stream).poll_write_vectored(context, buffers),
            Place::Thread(socket, wait) => written(socket.write_vectored(buffers), socket, wait),
            Place::Nowhere(kind) => Poll::Ready(Err((*kind).into())),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.lock().place {
            Place::Runtime(stream) => Pin::new(stream).poll_flush(context),
            Place::Thread(..) | Place::Nowhere(_) => Poll::Ready(Ok(())),
        }
    }

    fn poll_close(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.lock().place {
            Place::Runtime(stream) => Pin::new(stream).poll_close(context),
            Place::Thread(socket, _) => Poll::Ready(socket.close()),
            Place::Nowhere(_) => Poll::Ready(Ok(())),
        }
    }
}

fn written(
    written: io::Result<usize>,
    socket: &Arc<Socket>,
    wait: &SocketWait,
) -> Poll<io::Result<usize>> {
    match written {
        Err(error) if waits(&error) => {
            wait.until_writable(socket);
            Poll::Pending
        }
        written => Poll::Ready(written),
    }
}

fn waits(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::WouldBlock
}
