//! The functions that lookups need and SQLite lacks.

mod moment;
mod number;
#[cfg(feature = "regex")]
mod regex;
mod text;

use rusqlite::functions::{Context, FunctionFlags};
use rusqlite::types::ToSql;
use rusqlite::{Connection, Result};

/// Registers the functions on a connection; those of the text lookups if `with_text`.
pub(crate) fn register(connection: &Connection, with_text: bool) -> Result<()> {
    moment::register(connection)?;
    number::register(connection)?;
    #[cfg(feature = "regex")]
    regex::register(connection)?;
    if with_text {
        text::register(connection)?;
    }
    Ok(())
}

/// A function whose answer depends on nothing but its arguments, and which does no harm in a view
/// or trigger of a database that somebody else wrote.
fn add<T: ToSql>(
    connection: &Connection,
    name: &str,
    arguments: i32,
    function: impl Fn(&Context<'_>) -> Result<T> + Send + 'static,
) -> Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8
        | FunctionFlags::SQLITE_DETERMINISTIC
        | FunctionFlags::SQLITE_INNOCUOUS;
    connection.create_scalar_function(name, arguments, flags, function)
}
