//! Who may depend on whom, checked with cargo's own tree.
//!
//! A package at a time: in a tree of the whole workspace, features that one member turns on show
//! up under all, and what a package itself asks for cannot be told any more.

mod rules;

use crate::cargo::{Workspace, cargo, output};
use rules::Rule;

/// Checks every published package.
pub(crate) fn run() -> Result<(), String> {
    let workspace = Workspace::read()?;
    let mut problems = Vec::new();
    for package in workspace.published() {
        let found = match Rule::of(package) {
            Some(rule) => check(package, &rule)?,
            None => vec![format!(
                "{package}: no rule says what it may depend on; add one to xtask/src/tree/rules.rs"
            )],
        };
        let verdict = if found.is_empty() { "ok" } else { "FAILED" };
        println!("tree {package} ... {verdict}");
        problems.extend(found);
    }
    if problems.is_empty() {
        Ok(())
    } else {
        Err(problems.join("\n       "))
    }
}

/// What a package depends on and must not, with all its features.
fn check(package: &str, rule: &Rule) -> Result<Vec<String>, String> {
    let arguments = [
        "tree",
        "--locked",
        "--package",
        package,
        "--edges=normal",
        "--all-features",
        "--prefix=depth",
        "--format= {p} |{f}",
    ];
    let platform = rule.every_platform().then_some("--target=all");
    let tree = output(cargo(arguments.into_iter().chain(platform)))?;
    Ok(violations(&tree, rule))
}

/// The forbidden packages of a tree, each with the way to it.
fn violations(tree: &str, rule: &Rule) -> Vec<String> {
    let mut way: Vec<&str> = Vec::new();
    let mut found = Vec::new();
    for line in tree.lines() {
        let (line, features) = line.split_once('|').unwrap_or((line, ""));
        let mut words = line.split_whitespace();
        let (Some(depth), Some(name)) = (words.next(), words.next()) else {
            continue;
        };
        let Ok(depth) = depth.parse::<usize>() else {
            found.push(format!("a line that is no dependency: {line}"));
            continue;
        };
        way.truncate(depth);
        way.push(name);
        if depth > 0 && rule.forbids(name) {
            found.push(format!(
                "{} must not depend on {name}: {}",
                way[0],
                way.join(" > ")
            ));
        }
        for feature in rule.forbidden_features(name, features.split(',').map(str::trim)) {
            found.push(format!(
                "{} must not have {name} with the feature '{feature}': {}",
                way[0],
                way.join(" > ")
            ));
        }
    }
    if way.is_empty() {
        found.push("the tree is empty".into());
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_the_way_to_what_is_forbidden() {
        let tree = "0 queryset v0.1.0\n1 futures-core v0.3.31\n1 innocent v1.0.0\n\
                    2 tokio v1.54.0\n1 smallvec v1.15.0\n";
        let rule = Rule::of("queryset").unwrap();
        assert_eq!(
            violations(tree, &rule),
            ["queryset must not depend on tokio: queryset > innocent > tokio"]
        );
    }

    #[test]
    fn names_the_features_that_are_forbidden() {
        let tree = "0 queryset-postgres v0.1.0 (/here) |\n1 tokio v1.54.0 |bytes,rt,sync\n\
                    1 smallvec v1.15.0 |rt (*)\n";
        let rule = Rule::of("queryset-postgres").unwrap();
        assert_eq!(
            violations(tree, &rule),
            [
                "queryset-postgres must not have tokio with the feature 'rt': \
              queryset-postgres > tokio"
            ]
        );
    }

    #[test]
    fn an_empty_tree_is_no_pass() {
        let rule = Rule::of("queryset").unwrap();
        assert_eq!(violations("", &rule), ["the tree is empty"]);
    }

    #[test]
    fn the_real_tree_of_an_adapter_fails_the_rule_of_core() {
        let core = Rule::of("queryset").unwrap();
        let found = check("queryset-tokio", &core).unwrap();
        assert!(
            found.contains(
                &"queryset-tokio must not depend on tokio: queryset-tokio > tokio".to_owned()
            ),
            "{found:?}"
        );
    }
}
