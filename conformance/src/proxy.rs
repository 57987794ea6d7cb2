//! A place between a backend and its server where a case can hold what the server says.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::backend::Via;

/// Passes bytes on in both directions, until it is told to hold the server's.
#[derive(Debug)]
pub(crate) struct Proxy {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// How many of the server's messages may pass before it is held; none is held if `None`.
    passing: Option<u32>,
    /// How many connections wait for their server.
    held: usize,
    /// How many connections there have been.
    joined: u64,
    /// How many of them their clients have not ended.
    clients: usize,
    /// What clients say is held on the connections before this one; on none if `None`.
    clients_before: Option<u64>,
    /// How many connections have something to say that is held.
    clients_held: usize,
    open: Vec<TcpStream>,
    listens: Option<SocketAddr>,
    over: bool,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets a message of the server pass, now or later.
    fn pass(&self) {
        let mut state = self.lock();
        if let Some(left @ 1..) = &mut state.passing {
            *left -= 1;
            return;
        }
        if state.passing.is_none() || state.over {
            return;
        }
        state.held += 1;
        self.changed.notify_all();
        while state.passing.is_some() && !state.over {
            state = self
                .changed
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
        state.held -= 1;
    }
}

impl Shared {
    /// Lets a message of a client pass, now or later.
    fn pass_client(&self, number: u64) {
        let mut state = self.lock();
        let holds = |state: &State| {
            let before = state.clients_before;
            before.is_some_and(|before| number < before) && !state.over
        };
        if !holds(&state) {
            return;
        }
        state.clients_held += 1;
        while holds(&state) {
            state = self
                .changed
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
        state.clients_held -= 1;
    }
}

impl Proxy {
    pub(crate) fn new() -> Self {
        Self {
            shared: Arc::default(),
        }
    }

    /// The way through it.
    pub(crate) fn via(&self) -> Via {
        let shared = Arc::clone(&self.shared);
        Via::new(move |server| listen(&shared, server))
    }

    /// From now on the server is held, once so many of its messages have passed.
    pub(crate) fn hold_after(&self, messages: u32) {
        self.shared.lock().passing = Some(messages);
    }

    /// From now on clients are held on the connections that there are; those that come pass.
    pub(crate) fn hold_clients(&self) {
        let mut state = self.shared.lock();
        state.clients_before = Some(state.joined);
    }

    /// Whether a client has said something that is held.
    pub(crate) fn holds_client(&self) -> bool {
        self.shared.lock().clients_held > 0
    }

    /// How many connections there have been.
    pub(crate) fn joined(&self) -> u64 {
        self.shared.lock().joined
    }

    /// How many connections there are that their clients have not ended.
    pub(crate) fn clients(&self) -> usize {
        self.shared.lock().clients
    }

    /// All that is held goes on.
    pub(crate) fn release(&self) {
        let mut state = self.shared.lock();
        (state.passing, state.clients_before) = (None, None);
        drop(state);
        self.shared.changed.notify_all();
    }

    /// Waits until a connection is held; false when none is for so long.
    pub(crate) fn holds(&self, patience: Duration) -> bool {
        let deadline = Instant::now() + patience;
        let mut state = self.shared.lock();
        while state.held == 0 {
            let Some(left) = deadline.checked_duration_since(Instant::now()) else {
                return false;
            };
            (state, _) = self
                .shared
                .changed
                .wait_timeout(state, left)
                .unwrap_or_else(PoisonError::into_inner);
        }
        true
    }

    /// Ends all connections.
    pub(crate) fn cut(&self) {
        let open = std::mem::take(&mut self.shared.lock().open);
        for stream in open {
            // What has ended already need not be ended.
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let mut state = self.shared.lock();
        state.over = true;
        let listens = state.listens;
        drop(state);
        self.shared.changed.notify_all();
        self.cut();
        if let Some(address) = listens {
            // Wakes the listener, which then ends.
            drop(TcpStream::connect(address));
        }
    }
}

/// The address that leads to the server's.
fn listen(shared: &Arc<Shared>, server: SocketAddr) -> io::Result<SocketAddr> {
    let mut state = shared.lock();
    if let Some(address) = state.listens {
        return Ok(address);
    }
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let address = listener.local_addr()?;
    let own = Arc::clone(shared);
    thread::Builder::new().spawn(move || {
        for client in listener.incoming() {
            if own.lock().over {
                return;
            }
            // A connection that fails is its client's affair.
            if let Ok(client) = client {
                let _ = join(&own, client, server);
            }
        }
    })?;
    state.listens = Some(address);
    Ok(address)
}

fn join(shared: &Arc<Shared>, client: TcpStream, server: SocketAddr) -> io::Result<()> {
    let server = TcpStream::connect(server)?;
    for stream in [&client, &server] {
        stream.set_nodelay(true)?;
    }
    let mut state = shared.lock();
    state.open.push(client.try_clone()?);
    state.open.push(server.try_clone()?);
    let number = state.joined;
    state.joined += 1;
    state.clients += 1;
    drop(state);
    let (from, to) = (client.try_clone()?, server.try_clone()?);
    let own = Arc::clone(shared);
    thread::Builder::new().spawn(move || {
        pump(from, to, || own.pass_client(number));
        own.lock().clients -= 1;
    })?;
    let own = Arc::clone(shared);
    thread::Builder::new().spawn(move || pump(server, client, move || own.pass()))?;
    Ok(())
}

/// Passes on what comes, to its end.
fn pump(mut from: TcpStream, mut to: TcpStream, pass: impl Fn()) {
    let mut buffer = [0; 16 * 1024];
    while let Ok(read @ 1..) = from.read(&mut buffer) {
        pass();
        if to.write_all(&buffer[..read]).is_err() {
            break;
        }
    }
    // Its end is passed on too.
    let _ = to.shutdown(Shutdown::Write);
}
