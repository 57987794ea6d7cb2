//! The binary, as it is used.

mod broken;
mod matrix;

use std::process::{Command, Output};

/// Runs the binary.
fn conformance(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_conformance"))
        .args(arguments)
        .output()
        .expect("the binary can be run")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
