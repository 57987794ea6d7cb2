//! Faults of statements on their way to the database.

use std::ops::Range;

use queryset::{Statement, Value};

use super::{Fault, Manner};

pub(super) const FAULTS: &[Fault] = &[
    statement("order reversed", "query.order.terms", |statement| {
        let swapped = |sql: &str| {
            sql.replace(" ASC", " \u{1}")
                .replace(" DESC", " ASC")
                .replace(" \u{1}", " DESC")
        };
        rewrite(statement, swapped)
    }),
    statement("last as first", "read.last.by_key", |statement| {
        rewrite(statement, |sql| sql.replace(" DESC", " ASC"))
    }),
    statement("order ignored", "query.order.nulls", |statement| {
        rewrite(statement, |sql| cut(sql, " ORDER BY ", &[" LIMIT "]))
    }),
    statement("limit ignored", "query.slice.limit", |statement| {
        number(statement, " LIMIT ", |_| i64::MAX)
    }),
    statement("limit off by one", "query.slice.range", |statement| {
        number(statement, " LIMIT ", |limit| limit.saturating_add(1))
    }),
    statement("offset off by one", "query.slice.offset", |statement| {
        number(statement, " OFFSET ", |offset| offset.saturating_add(1))
    }),
    statement(
        "get content with the first of several",
        "read.get.multiple",
        |statement| {
            number(
                statement,
                " LIMIT ",
                |limit| if limit == 21 { 1 } else { limit },
            )
        },
    ),
    statement(
        "count ignores the filter",
        "read.count.filtered",
        |statement| {
            let counts =
                statement.sql.starts_with("SELECT COUNT(*)") && !statement.sql.contains("FROM (");
            match counts {
                true => Statement {
                    params: Vec::new(),
                    ..rewrite(statement, |sql| cut(sql, " WHERE ", &[]))
                },
                false => statement,
            }
        },
    ),
    statement("distinct ignored", "read.list.distinct", |statement| {
        rewrite(statement, |sql| sql.replace("SELECT DISTINCT ", "SELECT "))
    }),
    statement("negation ignored", "null.exclude", |statement| {
        rewrite(statement, |sql| {
            sql.replace("IS NOT NULL", "\u{1}")
                .replace("NOT ", "")
                .replace('\u{1}', "IS NOT NULL")
        })
    }),
    statement(
        "nulls dropped by a negation",
        "null.negation",
        |statement| {
            rewrite(statement, |sql| {
                sql.replace(" IS NOT NULL", " IS NOT NULL OR 1 = 1")
            })
        },
    ),
    statement(
        "nulls placed at will",
        "query.order.nulls_placed",
        |statement| {
            rewrite(statement, |sql| {
                without_null_terms(sql.replace(" NULLS FIRST", "").replace(" NULLS LAST", ""))
            })
        },
    ),
    statement("or taken for and", "lookup.combined", |statement| {
        rewrite(statement, |sql| sql.replace(" OR ", " AND "))
    }),
    statement(
        "greater or equal for greater",
        "lookup.comparison",
        |statement| rewrite(statement, |sql| sql.replace(" > ", " >= ")),
    ),
    statement("range without its ends", "lookup.range", |statement| {
        Statement {
            params: match (
                statement.sql.contains(" BETWEEN "),
                statement.params.as_slice(),
            ) {
                (true, [Value::I64(low), rest @ ..]) => [&[Value::I64(low + 1)], rest].concat(),
                _ => statement.params,
            },
            ..statement
        }
    }),
    statement(
        "values in the wrong order",
        "raw.params",
        |mut statement| {
            if statement.sql.starts_with("SELECT") {
                statement.params.reverse();
            }
            statement
        },
    ),
    statement(
        "case folded in comparisons",
        "lookup.exact.case",
        |mut statement| {
            if statement.sql.starts_with("SELECT") {
                for value in &mut statement.params {
                    if let Value::Text(text) = value {
                        *text = text.to_lowercase().into();
                    }
                }
            }
            statement
        },
    ),
    // A negation asks each nullable column in it not to be NULL.
    statement(
        "the second column of a negation forgotten",
        "property.conditions",
        |statement| {
            rewrite(statement, |sql| {
                let mut parts = sql.splitn(3, " IS NOT NULL");
                match (parts.next(), parts.next(), parts.next()) {
                    (Some(first), Some(second), Some(rest)) => {
                        format!("{first} IS NOT NULL{second} IS NOT NULL IS NOT NULL{rest}")
                    }
                    _ => sql.to_owned(),
                }
            })
        },
    ),
    statement(
        "rows without a related one lost",
        "property.relations",
        |statement| rewrite(statement, |sql| sql.replace("LEFT JOIN", "INNER JOIN")),
    ),
    // A subquery asks for a row that is related and passes.
    statement(
        "any row for a related one",
        "property.relations",
        |statement| {
            rewrite(statement, |sql| match sql.split_once("EXISTS(SELECT 1 ") {
                Some((before, rest)) => {
                    let rest = rest.replacen(" AND ", " OR ", 1);
                    format!("{before}EXISTS(SELECT 1 {rest}")
                }
                None => sql.to_owned(),
            })
        },
    ),
    statement("bytes cut at a zero", "property.typed", |mut statement| {
        if statement.sql.starts_with("SELECT") {
            for value in each(&mut statement.params) {
                if let Value::Bytes(bytes) = value {
                    let end = bytes.iter().position(|byte| *byte == 0);
                    *bytes = bytes[..end.unwrap_or(bytes.len())].into();
                }
            }
        }
        statement
    }),
    statement(
        "nothing before 1970",
        "property.conditions",
        |mut statement| {
            if statement.sql.starts_with("SELECT") {
                for value in each(&mut statement.params) {
                    match value {
                        Value::Date(days) => *days = (*days).max(0),
                        Value::DateTime(micros) | Value::Timestamp(micros) => {
                            *micros = (*micros).max(0);
                        }
                        _ => {}
                    }
                }
            }
            statement
        },
    ),
    statement(
        "wildcards not escaped",
        "lookup.contains.wildcards",
        |mut statement| {
            for value in &mut statement.params {
                if let Value::Text(text) = value {
                    *text = text.replace("\\%", "%").replace("\\_", "_").into();
                }
            }
            // Where the lookup is a function of the database, the pattern that it stands for.
            rewrite(statement, |sql| patterned(sql, "queryset_contains("))
        },
    ),
];

const fn statement(
    name: &'static str,
    caught_by: &'static str,
    spoil: fn(Statement) -> Statement,
) -> Fault {
    Fault::new(name, caught_by, Manner::Statement(spoil))
}

/// The values, those of lists too.
fn each(params: &mut [Value]) -> impl Iterator<Item = &mut Value> {
    params.iter_mut().flat_map(|value| match value {
        Value::Array(values) => values.iter_mut().collect(),
        value => vec![value],
    })
}

/// Only reads are rewritten, so that the rows that the cases go by are there.
fn rewrite(statement: Statement, change: impl Fn(&str) -> String) -> Statement {
    if !statement.sql.starts_with("SELECT") {
        return statement;
    }
    Statement {
        sql: change(&statement.sql).into(),
        ..statement
    }
}

/// The text without the terms that place NULLs where the database has no words for that.
fn without_null_terms(mut sql: String) -> String {
    for term in [" IS NULL ASC, ", " IS NULL DESC, "] {
        while let Some(at) = sql.find(term) {
            let from = sql[..at].rfind(' ').map_or(0, |blank| blank + 1);
            sql.replace_range(from..at + term.len(), "");
        }
    }
    sql
}

/// The text without what begins with `start` and goes to the first of `ends`, or to its own end.
fn cut(sql: &str, start: &str, ends: &[&str]) -> String {
    let Some(from) = sql.rfind(start) else {
        return sql.to_owned();
    };
    let rest = &sql[from..];
    let to = ends
        .iter()
        .filter_map(|end| rest.find(end))
        .min()
        .unwrap_or(rest.len());
    format!("{}{}", &sql[..from], &rest[to..])
}

/// The statement with the number behind `keyword` changed, whether it is written or bound.
fn number(mut statement: Statement, keyword: &str, change: fn(i64) -> i64) -> Statement {
    let Some(at) = statement.sql.rfind(keyword).map(|at| at + keyword.len()) else {
        return statement;
    };
    // A backend may go by it and not ask for more.
    statement.most_rows = None;
    let digits = digits(&statement.sql, at);
    if let Ok(number) = statement.sql[digits.clone()].parse() {
        let mut sql = statement.sql.to_string();
        sql.replace_range(digits, &change(number).to_string());
        return Statement {
            sql: sql.into(),
            ..statement
        };
    }
    // The limit and the offset are the last values, in this order.
    let behind = usize::from(keyword == " LIMIT " && statement.sql.contains(" OFFSET "));
    let value = statement.params.iter_mut().rev().nth(behind);
    if let Some(Value::I64(number)) = value {
        *number = change(*number);
    }
    statement
}

fn digits(sql: &str, from: usize) -> Range<usize> {
    let length = sql[from..].find(|letter: char| !letter.is_ascii_digit());
    from..length.map_or(sql.len(), |length| from + length)
}

/// The calls of a function of two arguments, as patterns that look for the second in the first.
fn patterned(sql: &str, function: &str) -> String {
    let mut parts = sql.split(function);
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (call, rest) = part.split_once(')').unwrap_or((part, ""));
        let (column, value) = call.rsplit_once(", ").unwrap_or((call, "NULL"));
        text.push_str(&format!("({column} LIKE '%' || {value} || '%'){rest}"));
    }
    text
}
