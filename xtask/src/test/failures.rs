//! What test binaries say of the tests that failed, told again at the end, where it is looked for.

/// Lines kept of one binary: a test that prints without end must not bury the others.
const LINES: usize = 200;

/// What the binaries of a step said of their failures.
#[derive(Debug, Default)]
pub(super) struct Failures {
    kept: Vec<String>,
    /// What the binary under way has said so far, once it has begun to.
    begun: Option<Vec<String>>,
}

impl Failures {
    /// Takes a line of the output of `cargo test`: a binary tells of its failures from `failures:`
    /// to its `test result: FAILED`. The matrix tells of its own behind such a line, at its end.
    pub(super) fn line(&mut self, line: &str) {
        if line.starts_with("test result: ") {
            let Some(mut said) = self.begun.take() else {
                return;
            };
            let more = said.len().saturating_sub(LINES);
            if more > 0 {
                said.drain(..more);
                said.insert(0, format!("({more} lines before)"));
            }
            self.kept.append(&mut said);
        } else if let Some(said) = &mut self.begun {
            said.push(line.to_owned());
        } else if line == "failures:" {
            self.begun = Some(Vec::new());
        }
    }

    /// All of it; of the matrix, and of a binary that was killed on the way, too.
    pub(super) fn into_lines(mut self) -> Vec<String> {
        self.line("test result: ");
        self.kept
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(lines: &[&str]) -> Vec<String> {
        let mut failures = Failures::default();
        lines.iter().for_each(|line| failures.line(line));
        failures.into_lines()
    }

    #[test]
    fn keeps_what_is_said_of_failures_alone() {
        let lines = [
            "test one ... ok",
            "test two ... FAILED",
            "failures:",
            "---- two stdout ----",
            "thread 'two' panicked at src/lib.rs:1:1:",
            "failures:",
            "    two",
            "test result: FAILED. 1 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out",
            "test three ... ok",
            "test result: ok. 1 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out",
        ];
        assert_eq!(kept(&lines), lines[3..7]);
        assert_eq!(kept(&lines[..5]), lines[3..5]);
        assert!(kept(&lines[8..]).is_empty());
    }

    #[test]
    fn keeps_the_end_of_what_is_long() {
        let mut lines = vec!["failures:"];
        lines.extend([""; 2 * LINES]);
        let kept = kept(&lines);
        assert_eq!(kept.len(), LINES + 1);
        assert_eq!(kept[0], format!("({LINES} lines before)"));
    }
}
