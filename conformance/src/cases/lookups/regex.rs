//! Regular expressions, as far as the databases' languages agree.

use super::{phrases_give, text};
use crate::failure::Verdict;
use crate::stage::Stage;

/// Case counts, and the pattern is looked for anywhere.
pub(super) fn plain(stage: &Stage) -> Verdict {
    phrases_give(
        stage,
        vec![
            (text("regex", "^a"), &[3, 4, 18, 21]),
            (text("regex", "hill|percent"), &[2, 18]),
            (text("regex", "[0-9]+%"), &[1]),
            (text("regex", "^$"), &[14]),
            (text("regex", "a.b$"), &[3, 4]),
            (text("regex", r"\\"), &[5]),
            (text("regex", r"(S)\1"), &[11]),
            (text("regex", "é"), &[8]),
            (text("regex", "^日本"), &[20]),
            (text("regex", "(?i)^ANT"), &[16, 17, 18]),
        ],
    )
}

pub(super) fn folded(stage: &Stage) -> Verdict {
    phrases_give(
        stage,
        vec![
            (text("iregex", "^ant"), &[16, 17, 18]),
            (text("iregex", "^A"), &[3, 4, 16, 17, 18, 21]),
            (text("iregex", "É"), &[7, 8]),
            (text("iregex", "PERCENT$"), &[2]),
        ],
    )
}

/// A negation keeps the rows with NULL.
pub(super) fn not(stage: &Stage) -> Verdict {
    phrases_give(
        stage,
        vec![(!text("iregex", "[a-z0-9]"), &[12, 13, 14, 15, 20])],
    )
}
