//! The ways to compare a column with a value.

/// A comparison, under Django's name.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Lookup {
    /// Equal.
    Exact,
    /// Equal, whatever the case.
    IExact,
    /// Greater.
    Gt,
    /// Greater or equal.
    Gte,
    /// Less.
    Lt,
    /// Less or equal.
    Lte,
    /// One of several values.
    In,
    /// Between two values, both included.
    Range,
    /// NULL, or not.
    IsNull,
    /// Contains a text.
    Contains,
    /// Contains a text, whatever the case.
    IContains,
    /// Starts with a text.
    StartsWith,
    /// Starts with a text, whatever the case.
    IStartsWith,
    /// Ends with a text.
    EndsWith,
    /// Ends with a text, whatever the case.
    IEndsWith,
    /// Matches a regular expression, which the database reads.
    Regex,
    /// Matches a regular expression, whatever the case.
    IRegex,
}

impl Lookup {
    /// All lookups, in the order of Django's documentation.
    pub const ALL: [Self; 17] = [
        Self::Exact,
        Self::IExact,
        Self::Contains,
        Self::IContains,
        Self::In,
        Self::Gt,
        Self::Gte,
        Self::Lt,
        Self::Lte,
        Self::StartsWith,
        Self::IStartsWith,
        Self::EndsWith,
        Self::IEndsWith,
        Self::Range,
        Self::IsNull,
        Self::Regex,
        Self::IRegex,
    ];

    /// The name in a path, as in `title__icontains`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::IExact => "iexact",
            Self::Gt => "gt",
            Self::Gte => "gte",
            Self::Lt => "lt",
            Self::Lte => "lte",
            Self::In => "in",
            Self::Range => "range",
            Self::IsNull => "isnull",
            Self::Contains => "contains",
            Self::IContains => "icontains",
            Self::StartsWith => "startswith",
            Self::IStartsWith => "istartswith",
            Self::EndsWith => "endswith",
            Self::IEndsWith => "iendswith",
            Self::Regex => "regex",
            Self::IRegex => "iregex",
        }
    }

    /// The lookup of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|lookup| lookup.name() == name)
    }

    /// Whether a relation can be compared so, by the key that it leads to.
    pub const fn is_of_relations(self) -> bool {
        matches!(
            self,
            Self::Exact | Self::Gt | Self::Gte | Self::Lt | Self::Lte | Self::In | Self::IsNull
        )
    }

    /// Whether it is a regular expression.
    pub(crate) const fn is_regex(self) -> bool {
        matches!(self, Self::Regex | Self::IRegex)
    }

    /// Whether the comparison looks into text.
    pub const fn is_text(self) -> bool {
        matches!(
            self,
            Self::IExact
                | Self::Contains
                | Self::IContains
                | Self::StartsWith
                | Self::IStartsWith
                | Self::EndsWith
                | Self::IEndsWith
                | Self::Regex
                | Self::IRegex
        )
    }
}
