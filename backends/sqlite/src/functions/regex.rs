//! The regular expressions of `regex` and `iregex`.

use fancy_regex::{Regex, RegexBuilder};
use rusqlite::Connection;
use rusqlite::functions::Context;
use rusqlite::{Error, Result};

use super::text::text;

pub(super) fn register(connection: &Connection) -> Result<()> {
    super::add(connection, "queryset_regex", 2, |context| {
        answer(context, false)
    })?;
    super::add(connection, "queryset_iregex", 2, |context| {
        answer(context, true)
    })
}

/// Whether the pattern matches somewhere; NULL if either argument is.
fn answer(context: &Context<'_>, fold: bool) -> Result<Option<bool>> {
    let (Some(found), Some(pattern)) = (text(context.get_raw(0)), text(context.get_raw(1))) else {
        return Ok(None);
    };
    let failed = |error: fancy_regex::Error| Error::UserFunctionError(Box::new(error));
    // Kept by SQLite for as long as the pattern does not change from row to row.
    let regex = context.get_or_create_aux(1, |_| compile(&pattern, fold))?;
    let found = String::from_utf8_lossy(&found);
    regex.is_match(&*found).map(Some).map_err(failed)
}

fn compile(pattern: &[u8], fold: bool) -> std::result::Result<Regex, fancy_regex::Error> {
    // As on PostgreSQL, a point stands for the end of a line too.
    RegexBuilder::new(&String::from_utf8_lossy(pattern))
        .case_insensitive(fold)
        .dot_matches_new_line(true)
        .build()
}
