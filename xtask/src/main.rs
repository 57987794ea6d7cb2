//! What a checkout needs beyond cargo.
fn main() {}
