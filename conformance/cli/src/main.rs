//! Runs the conformance suite over backends and runtimes.
fn main() {}
