//! queryset beside the raw drivers.

use clap::Parser;
use queryset_bench::cli::Cli;

fn main() -> queryset_bench::Result<()> {
    Cli::parse().run()
}
