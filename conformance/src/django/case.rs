//! The file of cases.

use serde_json::Value as Json;

use super::Malformed;

/// An expression and what Django answered.
#[derive(Clone, Debug)]
pub struct Case {
    /// The case's name, `area.NNN`.
    pub id: String,
    /// What it is about.
    pub area: String,
    /// The part that the interpreter sees.
    pub given: Given,
    /// Whether the order of the rows is part of the answer.
    ordered: bool,
    kind: String,
    expected: Json,
    error_at: Option<String>,
    queries: u64,
    by_database: Json,
    /// The value and the number of statements of the asynchronous form, where Django's differ.
    asynchronous: Option<(Json, u64)>,
}

/// All that the interpreter is given of a case.
#[derive(Clone, Debug)]
pub struct Given {
    /// The syntax tree; null for a script of several statements.
    pub ast: Json,
    /// The current time zone, where it is not UTC.
    pub tz: Option<String>,
    /// Whether it runs within a transaction.
    pub atomic: bool,
}

/// Django's answer on one database.
#[derive(Clone, Debug)]
pub struct Expected<'c> {
    /// The value, in the encoding of the file.
    pub value: &'c Json,
    /// Whether the order of the rows is part of it.
    pub ordered: bool,
    /// Whether it is a list of instances given by their keys.
    pub keys: bool,
    /// Whether an error was raised while the query was being built; nothing is known if `None`.
    pub while_building: Option<bool>,
    /// The number of statements sent.
    pub queries: u64,
}

/// The cases of a file with one JSON object a line.
///
/// # Errors
/// A line that is no case.
pub fn read_cases(text: &str) -> Result<Vec<Case>, Malformed> {
    text.lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty())
        .map(|(index, line)| {
            let malformed =
                |what: &str| Malformed::new(format!("case at line {}: {what}", index + 1));
            let json: Json =
                serde_json::from_str(line).map_err(|error| malformed(&error.to_string()))?;
            Case::read(&json).ok_or_else(|| malformed("a field is missing or of another type"))
        })
        .collect()
}

impl Given {
    /// What the interpreter sees of a case's JSON, which needs nothing else.
    pub fn read(json: &Json) -> Self {
        let tz = json.get("tz").and_then(Json::as_str);
        Self {
            ast: json.get("ast").cloned().unwrap_or_default(),
            tz: tz.map(ToOwned::to_owned),
            atomic: json.get("atomic").is_some_and(|atomic| atomic == true),
        }
    }
}

impl Case {
    /// A case from its JSON; `None` where a field is missing or of another type.
    pub fn read(json: &Json) -> Option<Self> {
        let text = |name: &str| Some(json.get(name)?.as_str()?.to_owned());
        Some(Self {
            id: text("id")?,
            area: text("area")?,
            given: Given::read(json),
            ordered: json.get("ordered")?.as_bool()?,
            kind: text("kind")?,
            expected: json.get("expected")?.clone(),
            error_at: text("error_at"),
            queries: json.get("queries")?.as_u64()?,
            by_database: json.get("differs_by_db").cloned().unwrap_or_default(),
            asynchronous: json.get("expected_async").map(|expected| {
                let queries = json.get("queries_async").and_then(Json::as_u64);
                (expected.clone(), queries.unwrap_or_default())
            }),
        })
    }

    /// Django's answer on the database of this name; `sqlite` where it does not differ.
    pub fn expected(&self, database: &str) -> Expected<'_> {
        let own = self.by_database.get(database);
        let value = own
            .and_then(|own| own.get("expected"))
            .unwrap_or(&self.expected);
        Expected {
            value,
            ordered: self.ordered,
            // Where there are none on SQLite, nothing tells what they are elsewhere.
            keys: self.kind == "pks" || self.expected == Json::Array(Vec::new()),
            while_building: self.error_at.as_deref().map(|at| at == "build"),
            queries: own
                .and_then(|own| own.get("queries")?.as_u64())
                .unwrap_or(self.queries),
        }
    }

    /// Django's answer of the asynchronous form, where it is another than the blocking one's.
    pub fn expected_async(&self) -> Option<Expected<'_>> {
        let (value, queries) = self.asynchronous.as_ref()?;
        Some(Expected {
            value,
            queries: *queries,
            ordered: self.ordered,
            keys: value.is_array(),
            while_building: None,
        })
    }
}
