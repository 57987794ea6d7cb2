//! Which trees name something that this library does not answer as Django does, and why.

use super::facts::{Facts, Mark};

/// What a rule says of the trees that it fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The library does not do it yet.
    Later,
    /// It exists only because of Python, and has no counterpart here.
    OutOfScope,
    /// The library does it, and its answer is the one that Django gives on PostgreSQL.
    Deviation,
}

/// A rule with its reason.
#[derive(Debug)]
pub struct Rule {
    /// The rule's name, which reports count by.
    pub name: &'static str,
    /// What it says.
    pub verdict: Verdict,
    /// Why.
    pub reason: &'static str,
    fits: Fits,
}

#[derive(Debug)]
enum Fits {
    Mark(Mark),
    /// One of these methods is called on a query.
    Method(&'static [&'static str]),
    /// One of these functions is called.
    Function(&'static [&'static str]),
    /// A method is called that queries do not have.
    UnknownMethod,
}

impl Rule {
    pub(super) fn fits(&self, facts: &Facts) -> bool {
        match &self.fits {
            Fits::Mark(mark) => facts.has(*mark),
            Fits::Method(names) => names.iter().any(|&name| facts.methods.contains(name)),
            Fits::Function(names) => names.iter().any(|&name| facts.functions.contains(name)),
            Fits::UnknownMethod => facts
                .methods
                .iter()
                .any(|name| !KNOWN.contains(&name.as_str())),
        }
    }
}

/// All rules; the first that fits counts.
pub fn rules() -> &'static [Rule] {
    RULES
}

/// The first rule of this verdict that fits.
pub(super) fn fitting(facts: &Facts, verdict: Verdict) -> Option<&'static Rule> {
    RULES
        .iter()
        .find(|rule| rule.verdict == verdict && rule.fits(facts))
}

const fn later(name: &'static str, reason: &'static str, fits: Fits) -> Rule {
    Rule {
        name,
        verdict: Verdict::Later,
        reason,
        fits,
    }
}

const fn out(name: &'static str, reason: &'static str, fits: Fits) -> Rule {
    Rule {
        name,
        verdict: Verdict::OutOfScope,
        reason,
        fits,
    }
}

const fn deviation(name: &'static str, reason: &'static str, fits: Fits) -> Rule {
    Rule {
        name,
        verdict: Verdict::Deviation,
        reason,
        fits,
    }
}

const RULES: &[Rule] = &[
    deviation(
        "text lookups",
        "contains, startswith, endswith, iexact and their i-forms answer on every database as \
         Django does on PostgreSQL: the plain ones respect case, the i-forms fold Unicode",
        Fits::Mark(Mark::TextLookup),
    ),
    deviation(
        "trailing spaces",
        "the text columns that we create count trailing spaces on every database; those of \
         Django's tables on MariaDB (utf8mb4_bin) do not",
        Fits::Mark(Mark::TextCompared),
    ),
    deviation(
        "divided decimals",
        "decimals are divided on SQLite as on PostgreSQL, where Django's SQLite divides those that \
         have no fraction as integers",
        Fits::Mark(Mark::DecimalDivision),
    ),
    out(
        "python text",
        "the tree holds text that only a Python parser reads",
        Fits::Mark(Mark::PythonText),
    ),
    out(
        "unknown method",
        "a method that does not exist is no run-time error here: it does not compile",
        Fits::UnknownMethod,
    ),
    out(
        "untyped argument",
        "a number or a bare text where a condition or an aggregate belongs does not compile here",
        Fits::Mark(Mark::UntypedCondition),
    ),
    out(
        "unknown option",
        "the options of explain are methods here, so that one without a name does not compile",
        Fits::Mark(Mark::UnknownOption),
    ),
    out(
        "reserved keyword",
        "conditions are joined by operators here, so no name is reserved for how to join them",
        Fits::Mark(Mark::ReservedKeyword),
    ),
    out(
        "python object",
        "what Python objects are beside their rows: repr, isinstance, class names, attributes",
        Fits::Mark(Mark::PythonAttribute),
    ),
    out(
        "python function",
        "what Python's own functions make of objects",
        Fits::Function(PYTHON),
    ),
    out(
        "database alias",
        "a terminal is given its database, so that there are no aliases to get wrong",
        Fits::Mark(Mark::UnknownAlias),
    ),
    out(
        "text as a list",
        "Python takes a text apart into letters where a list belongs; here it is a type error",
        Fits::Mark(Mark::TextAsList),
    ),
    out(
        "list as a text",
        "Python writes a list as text where a text belongs; here it is a type error",
        Fits::Mark(Mark::ListAsText),
    ),
    out(
        "python overflow",
        "Django hands integers of more than 64 bits in a list to Python's driver, whose own \
         overflow is the answer",
        Fits::Mark(Mark::HugeInList),
    ),
    out(
        "duration from text",
        "Django does not prepare text or numbers for a duration; what comes of it is an accident \
         of the driver",
        Fits::Mark(Mark::NoDuration),
    ),
    out(
        "fetch mode",
        "values that were not loaded are never fetched behind the caller's back here",
        Fits::Method(&["fetch_mode"]),
    ),
    later("script", "several statements", Fits::Mark(Mark::Script)),
    later(
        "annotations",
        "computed columns and grouping",
        Fits::Method(&["annotate", "alias"]),
    ),
    later(
        "values",
        "rows of chosen columns",
        Fits::Method(&["values", "values_list"]),
    ),
    later(
        "combined queries",
        "union, intersection, difference",
        Fits::Method(&["union", "intersection", "difference"]),
    ),
    later(
        "operators on queries",
        "two queries combined by an operator",
        Fits::Mark(Mark::Operator),
    ),
    later(
        "lists of dates",
        "dates and datetimes",
        Fits::Method(&["dates", "datetimes"]),
    ),
    later(
        "raw and extra",
        "fragments of SQL within a query",
        Fits::Method(&["raw", "extra"]),
    ),
    later(
        "row locks",
        "select_for_update",
        Fits::Method(&["select_for_update"]),
    ),
    later(
        "subqueries",
        "a query as a value of another",
        Fits::Mark(Mark::Subquery),
    ),
    later(
        "expressions",
        "functions, and computed values as conditions",
        Fits::Mark(Mark::Expression),
    ),
    later(
        "aggregates",
        "aggregates with options, over expressions, and other functions than the plain five",
        Fits::Mark(Mark::Aggregate),
    ),
    later(
        "loaded objects",
        "what is reached from an object once it is loaded",
        Fits::Mark(Mark::LoadedObject),
    ),
    later(
        "JSON",
        "documents compared, and paths into them",
        Fits::Mark(Mark::Json),
    ),
];

/// Whether a function is Python's own.
pub(super) fn is_python_function(name: &str) -> bool {
    PYTHON.contains(&name) || matches!(name, "len" | "list" | "sorted")
}

const PYTHON: &[&str] = &[
    "isinstance",
    "repr",
    "hasattr",
    "bool",
    "reversed",
    "object",
];

/// The methods of Django's QuerySet.
const KNOWN: &[&str] = &[
    "aggregate",
    "alias",
    "all",
    "annotate",
    "complex_filter",
    "contains",
    "count",
    "dates",
    "datetimes",
    "defer",
    "difference",
    "distinct",
    "earliest",
    "exclude",
    "exists",
    "explain",
    "expr",
    "extra",
    "fetch_mode",
    "filter",
    "first",
    "get",
    "in_bulk",
    "index",
    "intersection",
    "iterator",
    "last",
    "latest",
    "len",
    "list",
    "none",
    "only",
    "order_by",
    "prefetch_related",
    "raw",
    "reverse",
    "select_for_update",
    "select_related",
    "union",
    "using",
    "values",
    "values_list",
];
