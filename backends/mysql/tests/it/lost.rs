//! Servers that go away.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use queryset::pool::PoolOptions;
use queryset::runtime::{Runtime, block_on};
use queryset::{ErrorKind, Result, raw};
use queryset_async_std::AsyncStd;
use queryset_mysql::{MysqlOptions, TlsMode};
use queryset_servers::{Kind, Needs, Servers};
use queryset_smol::Smol;
use queryset_tokio::Tokio;

use crate::support::{eventually, on_each, one, open, rows, servers};

/// A server of its own, since it is killed.
#[test]
fn service_is_back_when_the_server_is() {
    let servers = Servers::start_apart(Needs::none().with(Kind::Mariadb)).unwrap();
    let server = servers.mariadb().unwrap();
    let db = open(MysqlOptions::new(&server.url()).unwrap());
    assert_eq!(one::<i64>(&db, "SELECT 1"), 1);
    let held = queryset::raw::<(i64,)>("SELECT seq FROM seq_1_to_1000000", vec![]);
    let mut held = held.iter(&db);
    assert_eq!(held.next().unwrap().unwrap(), (1,));

    server.kill().unwrap();
    let mut last = None;
    for row in held {
        last = Some(row.map_err(|error| error.kind()));
    }
    assert_eq!(last, Some(Err(ErrorKind::Connection)));
    let error = rows::<(i64,)>(&db, "SELECT 1", vec![]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Connection, "{error:?}");
    assert!(error.is_retryable());

    server.start_again().unwrap();
    assert_eq!(one::<i64>(&db, "SELECT 2"), 2);
    db.close().unwrap();
}

/// What the readers of one form have done.
#[derive(Default)]
struct Tally {
    good: AtomicUsize,
    failed: AtomicUsize,
}

impl Tally {
    fn note(&self, number: i64, result: Result<Vec<(i64,)>>) {
        match result {
            Ok(rows) => {
                assert_eq!(rows, [(number,)]);
                self.good.fetch_add(1, Ordering::SeqCst);
            }
            Err(error) => {
                let kind = error.kind();
                assert!(
                    matches!(kind, ErrorKind::Connection | ErrorKind::PoolExhausted),
                    "{error:?}"
                );
                self.failed.fetch_add(1, Ordering::SeqCst);
            }
        }
    }

    fn good(&self) -> usize {
        self.good.load(Ordering::SeqCst)
    }

    fn failed(&self) -> usize {
        self.failed.load(Ordering::SeqCst)
    }
}

fn slow(number: i64) -> queryset::RawQuery<(i64,)> {
    raw("SELECT ? + SLEEP(0.001)", vec![number.into()])
}

/// Tasks and threads read on while the server is killed and comes back.
#[test]
fn both_forms_go_on_when_the_server_is_back() {
    let running: Vec<_> = servers().iter().map(|server| server.kind()).collect();
    for kind in running {
        // Of its own, since it is killed.
        let servers = Servers::start_apart(Needs::none().with(kind)).unwrap();
        let server = servers.server(kind).unwrap();
        let tokio = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        let current = Tokio::from_handle(tokio.handle().clone()).unwrap();
        let runtimes: [(&str, Runtime); 3] = [
            ("tokio", current.into()),
            ("smol", Smol.into()),
            ("async-std", AsyncStd.into()),
        ];
        for (name, runtime) in runtimes {
            let pool = PoolOptions::new()
                .max_size(4)
                .acquire_timeout(Duration::from_secs(5));
            let options = MysqlOptions::new(&server.url()).unwrap();
            let db = options.tls(TlsMode::Disable).pool(pool);
            let db = block_on(db.connect(runtime.clone())).unwrap();
            let stop = Arc::new(AtomicBool::new(false));
            let [tasks, threads] = [(); 2].map(|()| Arc::new(Tally::default()));
            let mut readers = Vec::new();
            for number in 0..6 {
                let (db, stop, tally) = (db.clone(), Arc::clone(&stop), Arc::clone(&tasks));
                let reads = async move {
                    while !stop.load(Ordering::SeqCst) {
                        tally.note(number, slow(number).alist(&db).await);
                    }
                };
                readers.push(runtime.spawn(reads).unwrap());
            }
            let blocking: Vec<_> = (6..10)
                .map(|number| {
                    let (db, stop, tally) = (db.clone(), Arc::clone(&stop), Arc::clone(&threads));
                    std::thread::spawn(move || {
                        while !stop.load(Ordering::SeqCst) {
                            tally.note(number, slow(number).list(&db));
                        }
                    })
                })
                .collect();
            let more = |than: [usize; 2]| {
                assert!(
                    eventually(|| tasks.good() > than[0] + 50 && threads.good() > than[1] + 50),
                    "{kind} on {name}: reads of both forms go on"
                );
            };
            more([0, 0]);
            for _ in 0..2 {
                let failed = [tasks.failed(), threads.failed()];
                server.kill().unwrap();
                assert!(
                    eventually(|| tasks.failed() > failed[0] && threads.failed() > failed[1]),
                    "{kind} on {name}: reads of both forms fail"
                );
                server.start_again().unwrap();
                more([tasks.good(), threads.good()]);
            }
            stop.store(true, Ordering::SeqCst);
            readers.into_iter().for_each(|task| block_on(task).unwrap());
            blocking
                .into_iter()
                .for_each(|thread| thread.join().unwrap());
            println!(
                "{kind} on {name}: {} and {} reads failed, {} and {} did not",
                tasks.failed(),
                threads.failed(),
                tasks.good(),
                threads.good()
            );
            db.close().unwrap();
        }
    }
}

/// What the server closed while nobody looked costs a read nothing.
#[test]
fn a_read_finds_another_connection() {
    on_each(|_, options| {
        let db = open(options.clone().pool(PoolOptions::new().max_size(1)));
        let admin = open(options);
        for _ in 0..3 {
            let id: i64 = one(&db, "SELECT CONNECTION_ID()");
            admin.execute(format!("KILL {id}"), vec![]).unwrap();
            assert_ne!(one::<i64>(&db, "SELECT CONNECTION_ID()"), id);
        }
    });
}
