//! Servers for whoever types.

use std::io;

use crate::{Error, Needs, Result, Servers};

/// Starts servers, prints what they are and the variables that name them, and waits until standard
/// input ends. An interrupt ends the process, and with it the servers.
///
/// # Errors
/// As for [`Servers::start`]; or standard input can't be read.
pub fn serve(needs: Needs) -> Result<()> {
    let servers = Servers::start_with(needs, |line| eprintln!("{line}"))?;
    for server in servers.iter() {
        match server.kind().variable() {
            Some(variable) => println!("{variable}={}", server.url()),
            None => println!("# {}: {}", server.kind(), server.url()),
        }
    }
    if let Some(tls) = servers.iter().find_map(|server| server.tls()) {
        println!("# certificates: {}", tls.authority().display());
    }
    eprintln!("the servers run until standard input ends, or Ctrl-C");
    io::copy(&mut io::stdin(), &mut io::sink())
        .map(drop)
        .map_err(|error| Error::io("cannot read standard input", error))
}
