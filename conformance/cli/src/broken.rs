//! The deliberately broken backends and runtimes.

use std::error::Error;

use crate::args::Broken;

/// Whether each was caught.
pub(crate) fn run(_wanted: &Broken) -> Result<bool, Box<dyn Error>> {
    Ok(false)
}
