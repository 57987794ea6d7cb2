//! What the program of a statement tells about how long it can run.

use rusqlite::Connection;

/// The shape of a statement's program, as `EXPLAIN` lists it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// Nothing in it is run twice, and no step reads more than it seeks: the look-up of a row by
    /// its key.
    Straight,
    /// Its steps are short, and may be many.
    Loops,
    /// A step of it may read a whole table or block, or nothing is known of it.
    Blind,
}

/// One step reads the whole tree, and the progress handler is not called meanwhile; or it has to do
/// with transactions, and would have to do with the one that keeps the snapshot.
const BLIND: [&str; 6] = [
    "AutoCommit",
    "Clear",
    "Count",
    "IntegrityCk",
    "Savepoint",
    "Vacuum",
];

/// Steps that go to the next one, and never elsewhere.
const PLAIN: [&str; 30] = [
    "Affinity",
    "Blob",
    "Cast",
    "Close",
    "CollSeq",
    "Column",
    "Copy",
    "CursorHint",
    "DeferredSeek",
    "Explain",
    "FinishSeek",
    "IdxRowid",
    "Int64",
    "IntCopy",
    "Integer",
    "Move",
    "Noop",
    "Null",
    "NullRow",
    "OpenRead",
    "ReadCookie",
    "Real",
    "RealAffinity",
    "ResultRow",
    "Rowid",
    "SCopy",
    "String8",
    "TableLock",
    "Transaction",
    "Variable",
];

/// Steps that go to the next one or to the address in `p2`.
const JUMPS: [&str; 26] = [
    "DecrJumpZero",
    "Eq",
    "Found",
    "Ge",
    "Goto",
    "Gt",
    "IdxGE",
    "IdxGT",
    "IdxLE",
    "IdxLT",
    "If",
    "IfNot",
    "IfNullRow",
    "IsNull",
    "Le",
    "Lt",
    "MustBeInt",
    "Ne",
    "NotExists",
    "NotFound",
    "NotNull",
    "Once",
    "SeekGE",
    "SeekLE",
    "SeekRowid",
    "IfNoHope",
];

/// No straight program is longer: it is what may run between two looks at the clock.
pub(crate) const LONGEST: usize = 128;

/// The shape of a statement that reads. Asked where a statement is prepared, since it prepares
/// the statement once more.
pub(crate) fn of(database: &Connection, sql: &str, blocking: &[Box<str>]) -> Shape {
    match steps(database, sql) {
        Ok(steps) if steps.iter().any(|step| step.calls(blocking)) => Shape::Blind,
        Ok(steps) => shape(&steps),
        // Such as an `EXPLAIN` itself.
        Err(_) => Shape::Blind,
    }
}

struct Step {
    opcode: String,
    p2: i64,
    /// What is called, as `upper(1)`.
    p4: Option<String>,
}

impl Step {
    fn calls(&self, functions: &[Box<str>]) -> bool {
        let called = self.p4.as_deref().and_then(|p4| p4.split_once('('));
        called.is_some_and(|(name, _)| functions.iter().any(|one| one.eq_ignore_ascii_case(name)))
    }
}

fn steps(database: &Connection, sql: &str) -> rusqlite::Result<Vec<Step>> {
    let mut explain = database.prepare(&format!("EXPLAIN {sql}"))?;
    let mut rows = explain.raw_query();
    let mut steps = Vec::new();
    while let Some(row) = rows.next()? {
        steps.push(Step {
            opcode: row.get("opcode")?,
            p2: row.get("p2")?,
            p4: row.get("p4").ok(),
        });
    }
    Ok(steps)
}

fn shape(steps: &[Step]) -> Shape {
    let is = |step: &Step, opcodes: &[&str]| opcodes.contains(&step.opcode.as_str());
    if steps.iter().any(|step| is(step, &BLIND)) {
        return Shape::Blind;
    }
    let Some((start, last)) = steps.first().zip(steps.last()) else {
        return Shape::Blind;
    };
    // A program begins behind its body, with what opens the transaction, and ends by going back
    // to the body, which ends with `Halt`.
    let frame = start.opcode == "Init" && last.opcode == "Goto" && last.p2 == 1;
    let inner = steps.get(1..steps.len() - 1).unwrap_or_default();
    let straight = inner.iter().enumerate().all(|(index, step)| {
        let ahead = || i64::try_from(index + 1).is_ok_and(|address| step.p2 > address);
        step.opcode == "Halt" || is(step, &PLAIN) || is(step, &JUMPS) && ahead()
    });
    match frame && straight && steps.len() <= LONGEST {
        true => Shape::Straight,
        false => Shape::Loops,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_sql(sql: &str) -> Shape {
        let database = Connection::open_in_memory().unwrap();
        let schema = "CREATE TABLE author (id INTEGER PRIMARY KEY, name TEXT, email TEXT UNIQUE);
                      CREATE TABLE book (id INTEGER PRIMARY KEY, title TEXT, price REAL,
                                         author_id INTEGER REFERENCES author (id));";
        database.execute_batch(schema).unwrap();
        of(&database, sql, &["abs".into()])
    }

    #[test]
    fn look_ups_by_keys_are_straight() {
        for sql in [
            "SELECT id, title, price FROM book WHERE id = ? LIMIT 21",
            "SELECT * FROM author WHERE email = ?",
            "SELECT b.title, a.name FROM book b JOIN author a ON a.id = b.author_id WHERE b.id = ?",
            "SELECT title FROM book WHERE id = ? AND price > 5 LIMIT 1",
        ] {
            assert_eq!(of_sql(sql), Shape::Straight, "{sql}");
        }
    }

    #[test]
    fn scans_and_sorts_and_calls_are_not() {
        for sql in [
            "SELECT id FROM book",
            "SELECT id FROM book WHERE title = ? LIMIT 1",
            "SELECT id FROM book ORDER BY title LIMIT 10",
            "SELECT count(*) FROM book WHERE price > 3",
            "SELECT sum(price) FROM book",
            "SELECT EXISTS (SELECT 1 FROM book WHERE title = ?)",
            "SELECT id FROM book WHERE id IN (SELECT value FROM json_each(?))",
            "SELECT upper(title) FROM book WHERE id = ?",
            // It goes back to give the row without an author out.
            "SELECT b.title, a.name FROM book b LEFT JOIN author a ON a.id = b.author_id WHERE b.id = ?",
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n",
        ] {
            assert_eq!(of_sql(sql), Shape::Loops, "{sql}");
        }
    }

    #[test]
    fn one_step_over_a_whole_table_is_blind() {
        for sql in [
            "SELECT count(*) FROM book",
            "SELECT title, (SELECT count(*) FROM author) FROM book WHERE id = ?",
            "SELECT title FROM book WHERE Abs(price) = ?",
            "EXPLAIN SELECT 1",
            "COMMIT",
            "SAVEPOINT one",
            "SELECT FROM",
        ] {
            assert_eq!(of_sql(sql), Shape::Blind, "{sql}");
        }
    }
}
