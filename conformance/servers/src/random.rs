//! Names, passwords and ports that nobody else has.

use std::hash::{BuildHasher, RandomState};

/// A number that differs in each call, process and run. The standard library seeds its hash maps
/// from the system, which is as good as a password for a server on loopback has to be.
pub(crate) fn number() -> u64 {
    RandomState::new().hash_one(std::process::id())
}

/// A word of 32 letters and digits.
pub(crate) fn word() -> String {
    format!("{:016x}{:016x}", number(), number())
}
