//! What is written about a run.

pub(crate) mod html;
pub(crate) mod json;
pub(crate) mod junit;
pub(crate) mod markdown;
pub(crate) mod table;

use std::error::Error;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

/// A report was not written.
#[derive(Debug)]
pub(crate) struct WriteError {
    path: PathBuf,
    source: Box<dyn Error + Send + Sync>,
}

impl fmt::Display for WriteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} was not written: {}",
            self.path.display(),
            self.source
        )
    }
}

impl Error for WriteError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.source()
    }
}

/// Writes a report, which may have failed to be made.
fn write<E>(path: &Path, text: Result<String, E>) -> Result<(), WriteError>
where
    E: Into<Box<dyn Error + Send + Sync>>,
{
    let failed = |source| WriteError {
        path: path.to_owned(),
        source,
    };
    let text = text.map_err(|error| failed(error.into()))?;
    fs::write(path, text).map_err(|error| failed(error.into()))
}
