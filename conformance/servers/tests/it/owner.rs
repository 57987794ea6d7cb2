//! Servers whose owner is another process.

use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use queryset_servers::Kind;

use crate::kill::soon;

/// A process with servers of its own.
struct Owner {
    process: Child,
    addresses: Vec<SocketAddr>,
    folder: PathBuf,
}

impl Owner {
    /// Begins to start them.
    fn begin(kinds: &[Kind]) -> Child {
        let mut command = Command::new(env!("CARGO_BIN_EXE_queryset-servers"));
        // Some of its own, whatever this process has.
        for variable in Kind::ALL.iter().filter_map(|kind| kind.variable()) {
            command.env_remove(variable);
        }
        command
            .env_remove("QUERYSET_SERVERS")
            .args(kinds.iter().map(|kind| kind.name()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap()
    }

    /// Waits until they have started.
    fn ready(mut process: Child) -> Self {
        let mut addresses = Vec::new();
        let output = BufReader::new(process.stdout.take().unwrap());
        for line in output.lines() {
            let line = line.unwrap();
            if let Some((_, file)) = line.split_once("# certificates: ") {
                let run = PathBuf::from(file)
                    .parent()
                    .unwrap()
                    .parent()
                    .unwrap()
                    .to_owned();
                return Self {
                    process,
                    addresses,
                    folder: run,
                };
            }
            let place = line.split(['@', '/']).find_map(|part| part.parse().ok());
            addresses.push(place.unwrap_or_else(|| panic!("no address in {line}")));
        }
        panic!("the owner did not start its servers");
    }

    fn answers(&self) -> usize {
        self.addresses
            .iter()
            .filter(|address| TcpStream::connect(address).is_ok())
            .count()
    }
}

#[test]
fn servers_end_when_their_owner_is_killed_while_those_of_another_go_on() {
    // Started at once, so that they compete for whatever there is to compete for.
    let [one, two] = [Owner::begin(&Kind::ALL), Owner::begin(&Kind::ALL)];
    let (mut one, mut two) = (Owner::ready(one), Owner::ready(two));
    assert_eq!((one.answers(), two.answers()), (4, 4));
    // By SIGKILL, which it can't answer.
    one.process.kill().unwrap();
    one.process.wait().unwrap();
    soon("the servers are gone", || one.answers() == 0);
    soon("their folder is gone", || !one.folder.exists());
    assert_eq!(two.answers(), 4);
    assert!(two.folder.exists());
    // This one ends by itself, when its standard input does.
    drop(two.process.stdin.take());
    assert!(two.process.wait().unwrap().success());
    assert_eq!(two.answers(), 0);
    assert!(!two.folder.exists());
}

#[test]
fn nothing_is_left_when_the_owner_is_killed_before_its_servers_are_ready() {
    let mut owner = Owner::begin(&[Kind::Mariadb, Kind::Postgres]);
    let begins = std::env::temp_dir().join(format!("queryset-servers-{}-", owner.id()));
    let folder = || {
        let entries = std::fs::read_dir(begins.parent().unwrap())
            .unwrap()
            .flatten();
        entries.map(|entry| entry.path()).find(|path| {
            path.to_str()
                .is_some_and(|path| path.starts_with(begins.to_str().unwrap()))
        })
    };
    soon("a data folder appears", || {
        folder().is_some_and(|folder| folder.join("mariadb/data").exists())
    });
    owner.kill().unwrap();
    owner.wait().unwrap();
    soon("the folder is gone", || folder().is_none());
}
