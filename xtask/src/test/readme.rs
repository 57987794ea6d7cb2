//! The commands that the README tells people to type.

use std::fs;
use std::path::Path;

use super::step::Run;
use crate::cargo::{cargo, root};

/// Runs every `cargo` line of the README's shell blocks but this suite itself.
pub(super) fn commands(run: &mut Run<'_>, target: &Path) -> Result<(), String> {
    let path = root().join("README.md");
    let text =
        fs::read_to_string(&path).map_err(|error| format!("cannot read README.md: {error}"))?;
    let lines = shell_lines(&text);
    if !lines.contains(&"cargo run -p quickstart") || !lines.contains(&"cargo xtask test") {
        return Err("README.md lacks one of its two commands".into());
    }
    for line in lines {
        let words: Vec<_> = line
            .split_whitespace()
            // What is set in the environment before the command.
            .skip_while(|word| word.contains('='))
            .collect();
        match words.as_slice() {
            // This suite itself, and what has a step of its own.
            ["cargo", "xtask", "test", ..]
            | ["cargo", "run", "-p", "conformance" | "several", ..] => {}
            // It takes its time, and means something only on a quiet machine.
            ["cargo", "run", "--release", "--manifest-path", manifest, ..] => {
                let mut check = cargo(["check", "--locked", "--manifest-path", manifest]);
                check.env("CARGO_TARGET_DIR", target);
                run.command(check)?;
            }
            ["cargo", arguments @ ..] => run.command(cargo(arguments.iter().copied()))?,
            _ => {
                return Err(format!(
                    "README.md has a command that nothing tests: {line}"
                ));
            }
        }
    }
    Ok(())
}

/// The commands of the shell blocks, without their comments.
fn shell_lines(text: &str) -> Vec<&str> {
    let mut lines = Vec::new();
    let mut inside = false;
    for line in text.lines() {
        if let Some(language) = line.trim_start().strip_prefix("```") {
            inside = !inside && matches!(language, "sh" | "console" | "bash");
            continue;
        }
        let command = line.split('#').next().unwrap_or_default().trim();
        if inside && !command.is_empty() {
            lines.push(command);
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_shell_blocks_only() {
        let text = "a\n```rust\nlet x = 1;\n```\n```sh\ncargo run  # runs\n\n# a remark\ncargo test\n```\n```\nplain\n```\n";
        assert_eq!(shell_lines(text), ["cargo run", "cargo test"]);
    }
}
