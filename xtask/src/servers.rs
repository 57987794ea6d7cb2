//! `cargo xtask servers`: the private database servers of the tests, to look around in.

use std::error::Error as _;

use queryset_servers::{Error, Kind, Needs, serve};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Leaves these servers out.
    #[arg(long, value_name = "SERVER", value_delimiter = ',')]
    without: Vec<Kind>,
    /// Starts these servers alone.
    #[arg(
        long,
        value_name = "SERVER",
        value_delimiter = ',',
        conflicts_with = "without"
    )]
    only: Vec<Kind>,
}

/// Starts the servers, prints their URLs, and waits until standard input ends or Ctrl-C.
pub(crate) fn run(arguments: &Arguments) -> Result<(), String> {
    let all = match arguments.only.as_slice() {
        [] => Needs::all(),
        only => only.iter().copied().collect(),
    };
    let needs = arguments
        .without
        .iter()
        .fold(all, |needs, kind| needs.without(*kind));
    serve(needs).map_err(|error| text(&error))
}

/// An error with its source.
pub(crate) fn text(error: &Error) -> String {
    match error.source() {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    }
}
