//! Whether a runtime has the drivers that it needs.
//!
//! No public function of tokio says so (its handle's `Debug` hides the drivers, and the metrics
//! that would show them are unstable); what needs a driver panics without it. So one timer and one
//! socket are made, and the panic is caught.

use std::io;
use std::time::Duration;

use queryset::runtime::MissingRuntime;
use tokio::runtime::Handle;

use crate::panics;

pub(crate) fn drivers(handle: &Handle) -> Result<(), MissingRuntime> {
    let _context = handle.enter();
    if panics::catch(|| drop(tokio::time::sleep(Duration::ZERO))).is_err() {
        return Err(MissingRuntime::new(
            "tokio",
            "the runtime's time driver",
            "call `enable_time` or `enable_all` on the runtime's builder",
        ));
    }
    match panics::catch(socket) {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(MissingRuntime::new(
            "tokio",
            "a working I/O driver",
            "is the runtime still alive, and is the limit on open files reached?",
        )
        .with_source(error)),
        Err(_) => Err(MissingRuntime::new(
            "tokio",
            "the runtime's I/O driver",
            "call `enable_io` or `enable_all` on the runtime's builder",
        )),
    }
}

/// Registers a socket that reaches nothing and is closed at once.
#[cfg(unix)]
fn socket() -> io::Result<()> {
    tokio::net::UnixDatagram::unbound().map(drop)
}

#[cfg(not(unix))]
fn socket() -> io::Result<()> {
    let socket = std::net::UdpSocket::bind((std::net::Ipv4Addr::LOCALHOST, 0))?;
    socket.set_nonblocking(true)?;
    tokio::net::UdpSocket::from_std(socket).map(drop)
}
