//! A program without tokio: a helper thread comes with the first connection, and goes with the
//! last.

use std::env;
use std::fs;
use std::process::Command;

use queryset::runtime::{Runtime, Threads, block_on};
use queryset::{ErrorKind, raw};
use queryset_async_std::AsyncStd;
use queryset_mysql::{MysqlOptions, connect};
use queryset_smol::Smol;

use crate::support::{eventually, servers};

const CHILD: &str = "QUERYSET_MYSQL_TEST_CHILD";

/// In a process of its own: no other test has a helper thread there.
#[test]
fn lives_as_long_as_the_connections() {
    if let Ok(url) = env::var(CHILD) {
        return in_a_process_of_its_own(&url);
    }
    for server in servers() {
        let output = Command::new(env::current_exe().unwrap())
            .args([
                "--exact",
                "helper::lives_as_long_as_the_connections",
                "--nocapture",
            ])
            .env(CHILD, server.url())
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned()
            + &String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.success() && text.contains("1 passed"),
            "{text}"
        );
        assert!(text.contains("the child got this far"), "{text}");
    }
}

fn in_a_process_of_its_own(url: &str) {
    assert_eq!(helpers(), 0);
    // Nobody there, and still neither an abort nor a panic.
    let nobody = MysqlOptions::new("mysql://127.0.0.1:1/x").unwrap();
    let error = nobody.connect_blocking(Threads).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Connection);
    assert!(eventually(|| helpers() == 0));

    let runtimes: [(&str, Runtime); 3] = [
        ("threads", Threads.into()),
        ("smol", Smol.into()),
        ("async-std", AsyncStd.into()),
    ];
    for (name, runtime) in runtimes {
        let db = block_on(connect(url, runtime.clone())).unwrap();
        assert_eq!(helpers(), 1, "{name}");
        let same = db.clone();
        let read = runtime
            .spawn(async move { raw::<(i64,)>("SELECT 6 * 7", vec![]).alist(&same).await })
            .unwrap();
        assert_eq!(block_on(read).unwrap().unwrap(), [(42,)], "{name}");
        assert_eq!(
            raw::<(i64,)>("SELECT 43", vec![]).list(&db).unwrap(),
            [(43,)],
            "{name}"
        );
        // A second database shares the thread.
        let other = block_on(connect(url, runtime)).unwrap();
        assert_eq!(helpers(), 1, "{name}");
        db.close().unwrap();
        assert_eq!(
            raw::<(i64,)>("SELECT 44", vec![]).list(&other).unwrap(),
            [(44,)],
            "{name}"
        );
        drop(other);
        assert!(
            eventually(|| helpers() == 0),
            "{name}: the thread outlives its connections"
        );
    }
    println!("the child got this far");
}

fn helpers() -> usize {
    let tasks = fs::read_dir("/proc/self/task").unwrap();
    tasks
        .filter_map(|task| fs::read_to_string(task.ok()?.path().join("comm")).ok())
        .filter(|name| name.trim() == "queryset-mysql")
        .count()
}
