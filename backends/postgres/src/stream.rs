//! A runtime's stream as tokio's traits want it. They are only traits: no runtime of tokio's is
//! involved.

mod grouped;
mod link;

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll};

use futures_io::{AsyncRead, AsyncWrite};
use tokio::io::ReadBuf;

pub(crate) use grouped::{Grouped, Grouping, was_skipped};
pub(crate) use link::Link;

pub(crate) struct Stream {
    inner: Link,
    /// What was read and not handed on yet lies between the two ends. The driver asks for a few
    /// kilobytes at a time, into memory that would have to be cleared for each read.
    buffer: Box<[u8]>,
    start: usize,
    end: usize,
    /// The number of reads in a row that had to wait for nothing.
    streak: u32,
    emptied: Emptied,
    stays_open: bool,
}

/// Whether the last read took all that there was, as one does that gets less than it asked for.
///
/// The next would only be told to wait, which some runtimes find out by asking the system. Mostly it
/// is not even wanted: the answer is complete, and the connection rests. So that look is put off by
/// one turn. Shared with who drives the connection, whose first look has to be one, lest the end of an
/// idle connection goes unnoticed.
#[derive(Clone, Default)]
pub(crate) struct Emptied(Arc<AtomicU8>);

const UNKNOWN: u8 = 0;
const EMPTIED: u8 = 1;
const UNNOTED: u8 = 2;

impl Emptied {
    /// The next read asks the system.
    pub(crate) fn forget(&self) {
        self.0.store(UNKNOWN, Ordering::Relaxed);
    }

    /// All reads ask the system until this is forgotten: behind an answer there may be the end of the
    /// connection, which is to be known before more is sent.
    pub(crate) fn never(&self) {
        self.0.store(UNNOTED, Ordering::Relaxed);
    }

    fn note(&self, emptied: bool) {
        if self.0.load(Ordering::Relaxed) != UNNOTED {
            let state = if emptied { EMPTIED } else { UNKNOWN };
            self.0.store(state, Ordering::Relaxed);
        }
    }

    fn take(&self) -> bool {
        let emptied = self.0.load(Ordering::Relaxed) == EMPTIED;
        if emptied {
            self.forget();
        }
        emptied
    }
}

/// The reads after which a stream that is always ready lets others have a turn: the driver reads
/// on for as long as there is something, and a server that sends faster than we read would keep
/// the task from everything else, such as the request to cancel that very statement.
const STREAK: u32 = 4;

/// What a read asks the system for.
const BUFFER: usize = 32 * 1024;

impl Stream {
    pub(crate) fn new(inner: Link) -> Self {
        Self {
            inner,
            buffer: vec![0; BUFFER].into(),
            start: 0,
            end: 0,
            streak: 0,
            emptied: Emptied::default(),
            stays_open: false,
        }
    }

    pub(crate) fn emptied(&self) -> Emptied {
        self.emptied.clone()
    }

    /// A stream that is closed by the other side or by a drop only: a proxy takes a request to
    /// cancel for given up when its sender closes before the answer.
    pub(crate) fn staying_open(inner: Link) -> Self {
        Self {
            stays_open: true,
            ..Self::new(inner)
        }
    }
}

impl tokio::io::AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if this.start == this.end {
            if this.emptied.take() || this.streak == STREAK {
                this.streak = 0;
                context.waker().wake_by_ref();
                return Poll::Pending;
            }
            match Pin::new(&mut this.inner).poll_read(context, &mut this.buffer) {
                Poll::Ready(read) => {
                    let read = read?;
                    this.streak += 1;
                    // Its end is told at once.
                    let short = (1..this.buffer.len()).contains(&read);
                    this.emptied.note(short);
                    (this.start, this.end) = (0, read);
                }
                Poll::Pending => {
                    this.streak = 0;
                    return Poll::Pending;
                }
            }
        }
        let end = this.end.min(this.start + buffer.remaining());
        buffer.put_slice(&this.buffer[this.start..end]);
        this.start = end;
        Poll::Ready(Ok(()))
    }
}

impl tokio::io::AsyncWrite for Stream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(context, buffer)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffers: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write_vectored(context, buffers)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.stays_open {
            true => Pin::new(&mut self.inner).poll_flush(context),
            false => Pin::new(&mut self.inner).poll_close(context),
        }
    }
}
