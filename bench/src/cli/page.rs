//! `page`: one page of what several runs have left.

use std::path::PathBuf;

use clap::Args;

use crate::Result;
use crate::report::{Page, read_json, write_page};

#[derive(Debug, Args)]
pub(super) struct Compose {
    /// Files that `run --json` has written.
    #[arg(long, value_delimiter = ',')]
    results: Vec<PathBuf>,
    /// Files that `scale --json` has written.
    #[arg(long, value_delimiter = ',')]
    scale: Vec<PathBuf>,
    /// The page.
    #[arg(long)]
    html: PathBuf,
}

impl Compose {
    pub(super) fn run(self) -> Result<()> {
        let mut lines = Vec::new();
        for file in &self.results {
            lines.extend(read_json(file)?);
        }
        let mut points = Vec::new();
        for file in &self.scale {
            points.extend(read_json(file)?);
        }
        let page = Page {
            lines: &lines,
            points: &points,
            versions: &[],
        };
        write_page(&page, &self.html)
    }
}
