//! Every read method on three runtimes in one process.
fn main() {}
