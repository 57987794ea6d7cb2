//! Servers of somebody's own.

use std::process::{Command, Output, Stdio};

use queryset_servers::Kind;

use crate::servers::servers;

/// What a process says that is told of a server by the environment.
fn told(kind: Kind, url: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_queryset-servers"))
        .arg(kind.name())
        .env(kind.variable().unwrap(), url)
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

#[test]
fn are_used_instead() {
    for kind in [Kind::Postgres, Kind::Mariadb, Kind::Mysql] {
        let url = servers().server(kind).unwrap().url();
        let output = told(kind, &url);
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        assert!(output.status.success(), "{}", text(&output.stderr));
        assert_eq!(
            text(&output.stdout),
            format!("{}={url}\n", kind.variable().unwrap())
        );
        assert!(text(&output.stderr).contains("is somebody's own"));
    }
}

#[test]
fn are_errors_that_name_the_variable_when_they_are_of_no_use() {
    let url = servers().postgres().unwrap().url_for_database("missing");
    for url in [url.as_str(), "no url"] {
        let output = told(Kind::Postgres, url);
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success());
        assert!(error.contains("QUERYSET_POSTGRES_URL"), "{error}");
    }
}
