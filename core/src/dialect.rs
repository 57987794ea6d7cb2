//! What a database understands, as data.

/// The family of SQL that a database speaks.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Family {
    /// SQLite's.
    Sqlite,
    /// PostgreSQL's.
    Postgres,
    /// MySQL's and MariaDB's.
    Mysql,
}

/// What a backend tells the compiler about its database.
///
/// Start from the family's constructor and change what differs.
///
/// ```
/// use queryset::{Dialect, Family};
///
/// let mut dialect = Dialect::new(Family::Postgres, "cockroach");
/// dialect.max_params = 10_000;
/// assert_eq!(dialect.family, Family::Postgres);
/// ```
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dialect {
    /// The family whose SQL is rendered.
    pub family: Family,
    /// The database's name in messages.
    pub name: &'static str,
    /// The largest number of parameters in one statement; larger lists of keys go in batches.
    pub max_params: usize,
    /// Whether `LIMIT` is written as a literal. SQLite prepares a statement again on each run when
    /// it is bound; PostgreSQL plans one again, since it takes a tenth of the rows for the answer
    /// while it does not know the number, and finds that plan worse than each new one.
    pub literal_limit: bool,
    /// Whether `OFFSET` is written as a literal, as SQLite wants it for the same reason. Elsewhere
    /// it is bound, so that the pages of a listing share a statement.
    pub literal_offset: bool,
    /// Whether the text lookups (`contains`, `iexact`, …) may use the functions that the SQLite
    /// backend registers, and so answer as on PostgreSQL. Without them they are `LIKE`: case of
    /// ASCII letters ignored, other letters compared as they are.
    pub text_functions: bool,
    /// Whether a list of integers or texts can be bound as one parameter.
    pub array_params: bool,
    /// The collation of the text columns that are created on MySQL: one that compares letters as
    /// they are. Without one that counts trailing spaces too, `'a' = 'a '` there.
    pub text_collation: &'static str,
    /// Whether documents are compared as documents only once a bound one is cast to their type, as
    /// on MySQL: MariaDB keeps them as text, and PostgreSQL knows what is bound.
    pub cast_documents: bool,
    /// The formats that `EXPLAIN` knows, in upper case.
    pub explain_formats: &'static [&'static str],
    /// The words that explain a statement by running it; `None` where it is only planned.
    pub explain_analyze: Option<&'static str>,
}

impl Dialect {
    /// The family's usual limits and abilities.
    pub fn new(family: Family, name: &'static str) -> Self {
        Self {
            family,
            name,
            max_params: match family {
                Family::Sqlite => 32_766,
                Family::Postgres | Family::Mysql => 65_535,
            },
            literal_limit: family != Family::Mysql,
            literal_offset: family == Family::Sqlite,
            text_functions: true,
            array_params: family != Family::Mysql,
            text_collation: "utf8mb4_bin",
            cast_documents: false,
            explain_formats: match family {
                Family::Sqlite => &[],
                Family::Postgres => &["JSON", "TEXT", "XML", "YAML"],
                Family::Mysql => &["JSON", "TRADITIONAL", "TREE"],
            },
            explain_analyze: (family != Family::Sqlite).then_some("EXPLAIN ANALYZE"),
        }
    }
}
