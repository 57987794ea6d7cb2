//! The matrix, what it prints and writes, and how it exits.

use std::fs;

use serde_json::Value;

use crate::{conformance, text};

#[test]
fn passes_and_reports() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (json, junit, html) = (file("out.json"), file("out.xml"), file("out.html"));
    let output = conformance(&[
        "matrix",
        "--backend",
        "sqlite",
        "--runtime",
        "tokio,tokio-current-thread,async-std,smol,threads",
        "--case",
        "read.get.",
        "--case",
        "types.unsigned",
        "--json",
        &json,
        "--junit",
        &junit,
        "--html",
        &html,
    ]);
    let printed = text(&output.stdout);
    assert!(
        output.status.success(),
        "{printed}\n{}",
        text(&output.stderr)
    );
    for column in ["sqlite/tokio ", "sqlite/smol", "sqlite/threads", "aget"] {
        assert!(printed.contains(column), "{column} in {printed}");
    }

    let entries: Vec<Value> = serde_json::from_str(&fs::read_to_string(json).unwrap()).unwrap();
    for runtime in [
        "tokio",
        "tokio-current-thread",
        "async-std",
        "smol",
        "threads",
    ] {
        for method in ["get", "aget"] {
            let found = entries.iter().any(|entry| {
                entry["case"] == "read.get.multiple"
                    && entry["method"] == method
                    && entry["backend"] == "sqlite"
                    && entry["runtime"] == runtime
                    && entry["outcome"] == "pass"
                    && entry["detail"] == ""
                    && entry["millis"].is_u64()
            });
            assert!(found, "{method} on {runtime}");
        }
    }
    let unsigned = entries
        .iter()
        .find(|entry| entry["case"] == "types.unsigned")
        .unwrap();
    assert_eq!(unsigned["outcome"], "unsupported");
    assert!(
        unsigned["detail"]
            .as_str()
            .unwrap()
            .contains("64 bits with a sign")
    );

    let junit = fs::read_to_string(junit).unwrap();
    assert!(
        junit.contains("<testsuite name=\"sqlite on smol\""),
        "{junit}"
    );
    assert!(junit.contains("read.get.multiple (aget)"), "{junit}");
    assert!(junit.contains("<skipped"), "{junit}");
    let html = fs::read_to_string(html).unwrap();
    assert!(
        html.contains("read.get.multiple"),
        "the page names the cases"
    );
    // One file that needs nothing else.
    assert!(
        !html.contains("src=") && !html.contains("<link"),
        "the page stands by itself"
    );
}

#[test]
fn fails_when_a_case_fails() {
    let folder = tempfile::tempdir().unwrap();
    let json = folder.path().join("out.json");
    let output = conformance(&[
        "matrix",
        "--backend",
        "sqlite",
        "--runtime",
        "threads",
        "--case",
        "query.slice.",
        "--fault",
        "limit ignored",
        "--json",
        json.to_str().unwrap(),
    ]);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stdout));
    let entries: Vec<Value> = serde_json::from_str(&fs::read_to_string(json).unwrap()).unwrap();
    let limit = |entry: &&Value| entry["case"] == "query.slice.limit";
    let limit = entries.iter().find(limit).unwrap();
    assert_eq!(limit["outcome"], "fail");
    assert!(
        limit["detail"].as_str().unwrap().contains("expected [1]"),
        "{limit}"
    );
    assert!(text(&output.stderr).contains("query.slice.limit (list) on sqlite/threads"));
}

#[test]
fn a_case_that_there_is_not_is_an_error() {
    let output = conformance(&["matrix", "--case", "no.such.case"]);
    assert_eq!(output.status.code(), Some(2), "{}", text(&output.stdout));
    assert!(text(&output.stderr).contains("no.such.case"));
}

#[test]
fn lists_the_cases() {
    let output = conformance(&["matrix", "--list"]);
    assert!(output.status.success());
    let printed = text(&output.stdout);
    assert!(printed.lines().count() > 200, "{printed}");
    assert!(printed.contains("read.get.multiple"), "{printed}");
}
