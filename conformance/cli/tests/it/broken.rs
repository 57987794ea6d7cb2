//! Every deliberate mistake is caught by the case that is named for it.

use crate::{conformance, text};

#[test]
fn every_fault_is_caught() {
    let output = conformance(&["broken", "--runtime", "threads"]);
    let printed = text(&output.stdout);
    assert!(
        output.status.success(),
        "{printed}\n{}",
        text(&output.stderr)
    );
    let caught = |place: &str| {
        printed
            .lines()
            .filter(|line| line.starts_with(&format!("caught    {place}/threads")))
            .count()
    };
    assert!(caught("sqlite") >= 40, "{printed}");
    assert!(caught("-") >= 10, "{printed}");
    assert!(!printed.contains("SURVIVED"), "{printed}");
}

#[test]
fn what_is_not_broken_cannot_be_asked_for() {
    let output = conformance(&["broken", "--only", "nothing of this name"]);
    assert_eq!(output.status.code(), Some(2), "{}", text(&output.stderr));
}
