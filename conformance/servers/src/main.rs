//! `queryset-servers [SERVER…]`: private servers, all or those named, until standard input ends.

use std::error::Error;
use std::process::ExitCode;

use queryset_servers::{Kind, Needs, serve};

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            let mut source = error.source();
            while let Some(error) = source {
                eprintln!("  because: {error}");
                source = error.source();
            }
            ExitCode::FAILURE
        }
    }
}

fn run() -> queryset_servers::Result<()> {
    let kinds: Vec<Kind> = std::env::args()
        .skip(1)
        .map(|name| name.parse())
        .collect::<Result<_, _>>()?;
    serve(match kinds.is_empty() {
        true => Needs::all(),
        false => kinds.into_iter().collect(),
    })
}
