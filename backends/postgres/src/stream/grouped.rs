//! Requests that leave together and are answered together.
//!
//! The driver ends each request by a Sync, at which the server writes its answer: a call to the
//! system for each, which is a third of what a short read costs the server. Where requests leave
//! in one write, only the last of a group keeps its Sync here, and the server writes once for all of
//! them. The driver is told of each answer's end nevertheless.
//!
//! What a server drops behind a request that failed, up to the next Sync, is told as an error that
//! no server reports: [`was_skipped`]. Nothing of it was run, so it may be asked again.

use std::collections::VecDeque;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_postgres::tls::{ChannelBinding, TlsStream};

/// The most requests of a group: whose answer comes first waits for the last.
const MOST: usize = 8;

/// How a connection's requests are grouped, as its user says.
#[derive(Clone, Default)]
pub(crate) struct Grouping(Arc<Flags>);

#[derive(Default)]
struct Flags {
    watches: AtomicBool,
    secures: AtomicBool,
    alone: AtomicBool,
}

impl Grouping {
    /// From now on requests may be grouped. Nothing may be under way.
    pub(crate) fn begin(&self) {
        self.0.watches.store(true, Ordering::Relaxed);
    }

    fn watches(&self) -> bool {
        self.0.watches.load(Ordering::Relaxed)
    }

    /// The stream that this is for is in use.
    pub(crate) fn secure(&self) {
        self.0.secures.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_secured(&self) -> bool {
        self.0.secures.load(Ordering::Relaxed)
    }

    /// What is written next is not grouped: an answer may take its time.
    pub(crate) fn leave_alone(&self) {
        self.0.alone.store(true, Ordering::Relaxed);
    }

    fn take_alone(&self) -> bool {
        self.0.alone.swap(false, Ordering::Relaxed)
    }
}

/// Whether a request was not run since another of its group failed.
pub(crate) fn was_skipped(failed: &tokio_postgres::Error) -> bool {
    failed
        .as_db_error()
        .is_some_and(|reported| reported.routine() == Some(ROUTINE))
}

/// A server names its functions there, none of which is called so.
const ROUTINE: &str = "queryset: skipped";
const SKIPPED: &[u8] = b"SERROR\0VERROR\0C25P02\0Manother request of the group failed\0\
    Rqueryset: skipped\0\0";
const READY: &[u8] = b"Z\0\0\0\x05I";
const SYNC: &[u8] = b"S\0\0\0\x04";

/// Behind which message the answer of a request ends.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ending {
    /// The server's own word that it is ready.
    Ready,
    /// The last message of the answer itself: the Sync was left out.
    Answer,
}

/// The messages of a connection, followed by their headers.
#[derive(Default)]
struct Traffic {
    /// How the answers end that are awaited, in order.
    awaited: VecDeque<Ending>,
    /// How many of them end without the server's word.
    grouped: usize,
    /// What is known of the next message's tag and length.
    header: [u8; 5],
    known: usize,
    /// What is missing of its body.
    missing: usize,
}

impl Traffic {
    /// Puts requests into groups; they are whole messages.
    ///
    /// Those of a group run the same statement: the server keeps the locks on what they read until
    /// the group ends, and two statements might take theirs in another order than somebody else does.
    fn leave(&mut self, requests: &[u8], alone: bool, out: &mut Vec<u8>) -> io::Result<()> {
        let (mut start, mut position) = (0, 0);
        // Which messages the request has, and which statement the one before it has run whose Sync is
        // held back.
        let (mut tags, mut held, mut group) = (Tags::None, None, 0);
        while position < requests.len() {
            let end = message_end(&requests[position..]).map(|length| position + length);
            let end = end.filter(|&end| end <= requests.len());
            let Some(end) = end else {
                return Err(io::Error::other("the driver wrote a part of a message"));
            };
            let tag = requests[position];
            if !matches!(tag, b'S' | b'Q') {
                tags = tags.then(tag);
                position = end;
                continue;
            }
            let simple = tags == Tags::Execution && tag == b'S';
            let runs = simple.then(|| statement(&requests[start..position]));
            if held.is_some() && held == runs && !alone && group < MOST {
                self.awaited.push_back(Ending::Answer);
                self.grouped += 1;
                group += 1;
            } else {
                self.release(held.is_some(), out);
                group = 1;
            }
            held = runs;
            let stop = if simple { position } else { end };
            out.extend_from_slice(&requests[start..stop]);
            if !simple {
                self.awaited.push_back(Ending::Ready);
            }
            (start, position, tags) = (end, end, Tags::None);
        }
        self.release(held.is_some(), out);
        out.extend_from_slice(&requests[start..]);
        Ok(())
    }

    fn release(&mut self, held: bool, out: &mut Vec<u8>) {
        if held {
            out.extend_from_slice(SYNC);
            self.awaited.push_back(Ending::Ready);
        }
    }

    /// Follows what arrives, and hands on what the driver is to see of it.
    fn arrive(&mut self, mut bytes: &[u8], mut out: impl FnMut(&[u8])) {
        while !bytes.is_empty() {
            if self.known < self.header.len() {
                let (part, rest) = bytes.split_at(bytes.len().min(self.header.len() - self.known));
                self.header[self.known..self.known + part.len()].copy_from_slice(part);
                self.known += part.len();
                out(part);
                bytes = rest;
                if self.known < self.header.len() {
                    return;
                }
                self.missing = message_end(&self.header).unwrap_or(5).saturating_sub(5);
            }
            let (part, rest) = bytes.split_at(bytes.len().min(self.missing));
            self.missing -= part.len();
            out(part);
            bytes = rest;
            if self.missing == 0 {
                self.known = 0;
                self.end(self.header[0], &mut out);
            }
        }
    }

    /// A message of the server's has ended.
    fn end(&mut self, tag: u8, out: &mut impl FnMut(&[u8])) {
        match tag {
            b'Z' => drop(self.awaited.pop_front()),
            // The end of what was executed.
            b'C' | b'I' | b's' if self.take_grouped() => out(READY),
            // Up to the next Sync the server leaves out what it was asked for.
            b'E' if self.take_grouped() => {
                out(READY);
                while self.take_grouped() {
                    skipped(out);
                    out(READY);
                }
                skipped(out);
            }
            _ => {}
        }
    }

    /// Ends the next answer, if it ends without the server's word.
    fn take_grouped(&mut self) -> bool {
        let grouped = self.awaited.front() == Some(&Ending::Answer);
        if grouped {
            self.awaited.pop_front();
            self.grouped -= 1;
        }
        grouped
    }
}

#[cold]
fn skipped(out: &mut impl FnMut(&[u8])) {
    out(b"E");
    out(&(SKIPPED.len() as u32 + 4).to_be_bytes());
    out(SKIPPED);
}

/// Where a message ends that begins here.
fn message_end(message: &[u8]) -> Option<usize> {
    let length = message.get(1..5)?.first_chunk::<4>()?;
    (u32::from_be_bytes(*length) as usize).checked_add(1)
}

/// The name of the statement that a Bind is for, behind the portal's.
fn statement(bind: &[u8]) -> &[u8] {
    let names = bind.get(5..).unwrap_or_default();
    names.split(|&byte| byte == 0).nth(1).unwrap_or_default()
}

/// The messages of a request.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Tags {
    None,
    Bind,
    /// Bind and Execute, as a known statement is run.
    Execution,
    Other,
}

impl Tags {
    fn then(self, tag: u8) -> Self {
        match (self, tag) {
            (Self::None, b'B') => Self::Bind,
            (Self::Bind, b'E') => Self::Execution,
            _ => Self::Other,
        }
    }
}

/// A stream whose requests are grouped, once that has [begun](Grouping::begin).
pub(crate) struct Grouped<S> {
    inner: S,
    grouping: Grouping,
    traffic: Traffic,
    /// What the driver has written, and how much of it has left.
    leaving: Vec<u8>,
    left: usize,
    /// What the driver is to read, and how much of it it has.
    arrived: Vec<u8>,
    given: usize,
}

impl<S> Grouped<S> {
    pub(crate) fn new(inner: S, grouping: Grouping) -> Self {
        Self {
            inner,
            grouping,
            traffic: Traffic::default(),
            leaving: Vec::new(),
            left: 0,
            arrived: Vec::new(),
            given: 0,
        }
    }
}

impl<S: AsyncWrite + Unpin> Grouped<S> {
    /// Writes what is to leave.
    fn send(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        while self.left < self.leaving.len() {
            let rest = &self.leaving[self.left..];
            match ready!(Pin::new(&mut self.inner).poll_write(context, rest))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                count => self.left += count,
            }
        }
        self.leaving.clear();
        self.left = 0;
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Grouped<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if this.given == this.arrived.len() {
            let before = buffer.filled().len();
            ready!(Pin::new(&mut this.inner).poll_read(context, buffer))?;
            if !this.grouping.watches() {
                return Poll::Ready(Ok(()));
            }
            let new = &buffer.filled()[before..];
            if this.traffic.grouped == 0 {
                this.traffic.arrive(new, |_| {});
                return Poll::Ready(Ok(()));
            }
            this.arrived.clear();
            this.given = 0;
            let arrived = &mut this.arrived;
            this.traffic
                .arrive(new, |part| arrived.extend_from_slice(part));
            buffer.set_filled(before);
        }
        let rest = &this.arrived[this.given..];
        let count = rest.len().min(buffer.remaining());
        buffer.put_slice(&rest[..count]);
        this.given += count;
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Grouped<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        if !this.grouping.watches() {
            return Pin::new(&mut this.inner).poll_write(context, buffer);
        }
        ready!(this.send(context))?;
        let alone = this.grouping.take_alone();
        this.traffic.leave(buffer, alone, &mut this.leaving)?;
        // The rest leaves with a flush.
        if let Poll::Ready(sent) = this.send(context) {
            sent?;
        }
        Poll::Ready(Ok(buffer.len()))
    }

    // As TLS beneath the driver writes its records.
    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffers: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if !self.grouping.watches() {
            return Pin::new(&mut self.inner).poll_write_vectored(context, buffers);
        }
        let first = buffers.iter().find(|buffer| !buffer.is_empty());
        self.poll_write(context, first.map_or(&[], |buffer| buffer))
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.send(context))?;
        Pin::new(&mut self.inner).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.send(context))?;
        Pin::new(&mut self.inner).poll_shutdown(context)
    }
}

impl<S: TlsStream + Unpin> TlsStream for Grouped<S> {
    fn channel_binding(&self) -> ChannelBinding {
        self.inner.channel_binding()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(tag: u8, body: &[u8]) -> Vec<u8> {
        let mut message = vec![tag];
        message.extend((body.len() as u32 + 4).to_be_bytes());
        message.extend(body);
        message
    }

    /// Messages of these tags; `b` is the Bind of another statement.
    fn messages(tags: &[u8]) -> Vec<u8> {
        let message = |&tag: &u8| match tag {
            b'B' => message(tag, b"\0s1\0\0"),
            b'b' => message(b'B', b"\0s2\0\0"),
            _ => message(tag, b"xy"),
        };
        tags.iter().flat_map(message).collect()
    }

    /// The tags of whole messages.
    fn tags(mut bytes: &[u8]) -> String {
        let mut tags = String::new();
        while !bytes.is_empty() {
            tags.push(bytes[0].into());
            bytes = &bytes[message_end(bytes).unwrap()..];
        }
        tags
    }

    fn left(traffic: &mut Traffic, requests: &[u8], alone: bool) -> String {
        let mut out = Vec::new();
        traffic.leave(&messages(requests), alone, &mut out).unwrap();
        tags(&out)
    }

    /// Whatever the pieces that it arrives in.
    fn arrived(traffic: &mut Traffic, answers: &[u8], piece: usize) -> String {
        let mut out = Vec::new();
        for piece in messages(answers).chunks(piece) {
            traffic.arrive(piece, |part| out.extend_from_slice(part));
        }
        tags(&out)
    }

    #[test]
    fn only_the_last_of_a_group_has_its_sync() {
        let traffic = &mut Traffic::default();
        assert_eq!(left(traffic, b"BESBESBES", false), "BEBEBES");
        assert_eq!(traffic.grouped, 2);
        for piece in [1, 2, 3, 5, 7, 1000] {
            let traffic = &mut Traffic::default();
            left(traffic, b"BESBESBES", false);
            let told = arrived(traffic, b"2DC2DDC2CZ", piece);
            assert_eq!(told, "2DCZ2DDCZ2CZ", "{piece}");
            assert!(traffic.awaited.is_empty() && traffic.grouped == 0);
        }
    }

    #[test]
    fn what_is_to_be_alone_and_what_is_not_a_known_statement_is() {
        let traffic = &mut Traffic::default();
        assert_eq!(left(traffic, b"BESBES", true), "BESBES");
        let others = b"PDSBESBESCSQBESX";
        assert_eq!(left(traffic, others, false), "PDSBEBESCSQBESX");
        let told = arrived(traffic, b"2CZ2CZ1tTZ2DC2DCZ3ZCCZ2CZ", 4);
        assert_eq!(told, "2CZ2CZ1tTZ2DCZ2DCZ3ZCCZ2CZ");
        assert!(traffic.awaited.is_empty());
    }

    #[test]
    fn a_group_runs_one_statement() {
        let traffic = &mut Traffic::default();
        assert_eq!(left(traffic, b"BESBESbESbESBES", false), "BEBESBEBESBES");
        assert_eq!(traffic.grouped, 2);
    }

    #[test]
    fn a_group_has_a_bound() {
        let traffic = &mut Traffic::default();
        let left = left(traffic, &b"BES".repeat(MOST * 2 + 1), false);
        assert_eq!(left.matches('S').count(), 3, "{left}");
    }

    #[test]
    fn what_is_skipped_behind_a_failure_is_told_one_by_one() {
        for piece in [1, 4, 1000] {
            let traffic = &mut Traffic::default();
            left(traffic, b"BESBESBESBES", false);
            left(traffic, b"BES", false);
            let told = arrived(traffic, b"2DC2DEZ2NCSZ", piece);
            assert_eq!(told, "2DCZ2DEZEZEZ2NCSZ", "{piece}");
            assert!(traffic.awaited.is_empty() && traffic.grouped == 0);
        }
    }

    #[test]
    fn the_last_of_a_group_fails_alone() {
        let traffic = &mut Traffic::default();
        left(traffic, b"BESBES", false);
        assert_eq!(arrived(traffic, b"2DC2DEZ", 6), "2DCZ2DEZ");
        left(traffic, b"BESBES", false);
        // As the group's transaction ends.
        assert_eq!(arrived(traffic, b"2DC2DCEZ", 6), "2DCZ2DCEZ");
        assert!(traffic.awaited.is_empty());
    }
}
