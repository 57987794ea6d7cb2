//! Lookups into text.

use queryset::Q;

use super::{gives, phrases_give, text};
use crate::failure::Verdict;
use crate::models::shelf;
use crate::stage::Stage;

pub(super) fn iexact(stage: &Stage) -> Verdict {
    phrases_give(
        stage,
        vec![
            (text("iexact", "ant"), &[16, 17]),
            (text("iexact", "a_b"), &[3]),
            (text("iexact", "AXB"), &[4]),
            (text("iexact", "100%"), &[1]),
            (text("iexact", "BACK\\SLASH"), &[5]),
            (text("iexact", ""), &[14]),
            (text("iexact", "an"), &[]),
            (Q::lookup("text__iexact", None::<String>), &[15]),
        ],
    )
}

/// The letters as they are: case counts.
pub(super) fn contains(stage: &Stage) -> Verdict {
    phrases_give(
        stage,
        vec![
            (text("contains", "Ant"), &[16]),
            (text("contains", "NT"), &[17]),
            (text("contains", "nt"), &[2, 16, 18]),
            (text("contains", "slash"), &[5, 6]),
            (text("contains", "本語"), &[20]),
            (text("contains", "🎉"), &[20]),
            (text("contains", "zebra"), &[]),
        ],
    )
}

/// `%`, `_` and `\` stand for themselves; so do the wildcards of other pattern languages.
pub(super) fn contains_wildcards(stage: &Stage) -> Verdict {
    phrases_give(
        stage,
        vec![
            (text("contains", "%"), &[1]),
            (text("contains", "_"), &[3]),
            (text("contains", "\\"), &[5]),
            (text("contains", "a_b"), &[3]),
            (text("contains", "0%"), &[1]),
            (text("contains", "*"), &[21]),
            (text("contains", "?"), &[21]),
            (text("contains", "[c]"), &[21]),
            (text("startswith", "100%"), &[1]),
            (text("startswith", "%"), &[]),
            (text("endswith", "%"), &[1]),
            (text("endswith", "_b"), &[3]),
        ],
    )
}

pub(super) fn icontains(stage: &Stage) -> Verdict {
    phrases_give(
        stage,
        vec![
            (text("icontains", "ANT"), &[16, 17, 18]),
            (text("icontains", "xB"), &[4]),
            (text("icontains", "PERCENT"), &[2]),
            (text("icontains", "drop table"), &[19]),
            (text("icontains", "zebra"), &[]),
        ],
    )
}

pub(super) fn icontains_wildcards(stage: &Stage) -> Verdict {
    phrases_give(
        stage,
        vec![
            (text("icontains", "%"), &[1]),
            (text("icontains", "A_B"), &[3]),
            (text("icontains", "\\S"), &[5]),
            (text("istartswith", "A_"), &[3]),
            (text("istartswith", "_"), &[]),
            (text("iendswith", "K\\SLASH"), &[5]),
            (text("iendswith", "0%"), &[1]),
        ],
    )
}

pub(super) fn startswith(stage: &Stage) -> Verdict {
    phrases_give(
        stage,
        vec![
            (text("startswith", "ant"), &[18]),
            (text("startswith", "A"), &[16, 17]),
            (text("startswith", "100"), &[1, 2]),
            (text("startswith", "É"), &[7]),
            (text("istartswith", "ANT"), &[16, 17, 18]),
            (text("istartswith", "back"), &[5, 6]),
            (text("istartswith", "nt"), &[]),
        ],
    )
}

pub(super) fn endswith(stage: &Stage) -> Verdict {
    phrases_give(
        stage,
        vec![
            (text("endswith", "nt"), &[2, 16]),
            (text("endswith", "NT"), &[17]),
            (text("endswith", "Ant"), &[16]),
            (text("endswith", "🎉"), &[20]),
            (text("iendswith", "NT"), &[2, 16, 17]),
            (text("iendswith", "SLASH"), &[5, 6]),
            (text("iendswith", "an"), &[]),
        ],
    )
}

/// An empty text is in every text, and NULL is none.
pub(super) fn empty_text(stage: &Stage) -> Verdict {
    let all: &[i64] = &[
        1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 16, 17, 18, 19, 20, 21,
    ];
    phrases_give(
        stage,
        vec![
            (text("contains", ""), all),
            (text("icontains", ""), all),
            (text("startswith", ""), all),
            (text("endswith", ""), all),
            (text("istartswith", ""), all),
            (text("iendswith", ""), all),
            (!text("contains", ""), &[15]),
        ],
    )
}

/// Letters of every alphabet are folded, one by one: ß has no single capital, and the two small
/// sigmas have the same.
pub(super) fn folding(stage: &Stage) -> Verdict {
    phrases_give(
        stage,
        vec![
            (text("iexact", "ÉCOLE"), &[7, 8]),
            (text("iexact", "ecole"), &[9]),
            (text("icontains", "éC"), &[7, 8]),
            (text("istartswith", "É"), &[7, 8]),
            (text("contains", "é"), &[8]),
            (text("iexact", "STRASSE"), &[11]),
            (text("iexact", "STRAßE"), &[10]),
            (text("icontains", "sse"), &[11]),
            (text("iexact", "ΣΊΣΥΦΟΣ"), &[12, 13]),
            (text("iendswith", "ΟΣ"), &[12, 13]),
            (text("contains", "σ"), &[13]),
        ],
    )
}

/// What a value contains cannot change the statement.
pub(super) fn quotes(stage: &Stage) -> Verdict {
    let nasty = "it's \"so\"; DROP TABLE phrase; --";
    phrases_give(
        stage,
        vec![
            (Q::lookup("text", nasty), &[19]),
            (text("contains", "'s \"so\";"), &[19]),
            (text("startswith", "it's"), &[19]),
            (Q::lookup("text", "' OR '1'='1"), &[]),
            (Q::lookup("text__in", ["x' OR 1=1 --", "Ant"]), &[16]),
            (Q::lookup("text", nasty), &[19]),
        ],
    )
}

/// A number is looked into as its digits.
pub(super) fn text_of_numbers(stage: &Stage) -> Verdict {
    gives(
        stage,
        vec![
            (shelf().lookup("pages__contains", "0"), &[1, 2, 3, 4, 5, 6]),
            (shelf().lookup("pages__startswith", 1), &[1, 4, 6, 7]),
            (shelf().lookup("pages__endswith", "50"), &[2, 3]),
            (shelf().lookup("rating__icontains", 3), &[1, 4]),
        ],
    )
}
