//! The code blocks of the README, as tests.
