//! The pages of the documentation that the suite writes, and whether the checkout has them.

use std::fs;
use std::path::{Path, PathBuf};

use crate::cargo::root;

/// What a line begins with that says which version of a database the page was written with. Systems
/// have their own, so these are not compared.
const VERSION: &str = "- version of ";

/// Where a run writes the pages.
pub(super) fn folder(target: &Path) -> Result<PathBuf, String> {
    let folder = target.join("xtask").join("docs");
    fs::create_dir_all(&folder)
        .map_err(|error| format!("cannot create {}: {error}", folder.display()))?;
    Ok(folder)
}

/// Compares written pages with those of the checkout, or takes them over.
pub(super) fn compare(written: &Path, pages: &[&str], update: bool) -> Result<(), String> {
    let mut differences = Vec::new();
    for page in pages {
        let (new, old) = (written.join(page), root().join("docs").join(page));
        let read = |path: &Path| {
            fs::read_to_string(path)
                .map_err(|error| format!("cannot read {}: {error}", path.display()))
        };
        let now = read(&new)?;
        let before = read(&old).unwrap_or_default();
        match difference(&before, &now) {
            None => println!("docs/{page} is as it was"),
            Some(_) if update => {
                let parent = old.parent().unwrap_or(&old);
                fs::create_dir_all(parent)
                    .and_then(|()| fs::write(&old, &now))
                    .map_err(|error| format!("cannot write {}: {error}", old.display()))?;
                println!("docs/{page} is written anew");
            }
            Some(difference) => differences.push(format!("docs/{page} {difference}")),
        }
    }
    match differences.as_slice() {
        [] => Ok(()),
        differences => Err(format!(
            "{}\n`cargo xtask test --only matrix,survey --update` writes them anew",
            differences.join("\n")
        )),
    }
}

/// Where two pages part; none if they say the same.
fn difference(before: &str, now: &str) -> Option<String> {
    let lines = |page| str::lines(page).filter(|line| !line.starts_with(VERSION));
    let (mut before, mut now) = (lines(before), lines(now));
    loop {
        match (before.next(), now.next()) {
            (None, None) => return None,
            (old, new) if old == new => {}
            (old, new) => {
                let show = |line: Option<&str>| match line {
                    Some(line) => line.chars().take(300).collect(),
                    None => "(nothing)".to_owned(),
                };
                return Some(format!(
                    "is not what the suite finds.\n  before: {}\n  now:    {}",
                    show(old),
                    show(new)
                ));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_where_pages_part_but_for_versions() {
        assert_eq!(
            difference("a\n- version of x: 1\nb\n", "a\n- version of x: 2\nb\n"),
            None
        );
        let parted = difference("a\nb\n", "a\nc\n").unwrap();
        assert!(
            parted.contains("before: b") && parted.contains("now:    c"),
            "{parted}"
        );
        assert!(difference("a\n", "a\nb\n").unwrap().contains("(nothing)"));
    }
}
