//! The quickstart on the files of other programs, on bad files, and without a file.

use std::path::Path;
use std::process::{Command, Output};

use rusqlite::Connection;
use tempfile::TempDir;

fn quickstart(file: Option<&Path>) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_quickstart"));
    command.args(file);
    command.output().unwrap()
}

fn printed(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn refused(file: &Path) -> String {
    let output = quickstart(Some(file));
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    String::from_utf8(output.stderr).unwrap()
}

/// A file as another program leaves it behind.
fn foreign(folder: &TempDir, sql: &str) -> std::path::PathBuf {
    let file = folder.path().join("foreign.db");
    Connection::open(&file).unwrap().execute_batch(sql).unwrap();
    file
}

/// The line of a method in the table of answers that follows `heading`.
fn line<'t>(text: &'t str, heading: &str, method: &str) -> &'t str {
    let rest = &text[text
        .find(heading)
        .unwrap_or_else(|| panic!("no {heading}: {text}"))..];
    let found = rest
        .lines()
        .find(|line| line.starts_with(&format!("{method} ")));
    found.unwrap_or_else(|| panic!("no {method}: {rest}"))
}

#[test]
fn without_a_file_every_method_agrees_everywhere() {
    let text = printed(&quickstart(None));
    for method in [
        "get",
        "get_or_none",
        "first",
        "last",
        "nth",
        "earliest",
        "latest",
        "earliest_by",
        "latest_by",
        "count",
        "exists",
        "contains",
        "contains_key",
        "aggregate",
        "explain",
        "in_bulk",
        "in_bulk_all",
        "in_bulk_by",
        "list",
        "iter",
    ] {
        let line = line(&text, "derive(Model)", method);
        assert!(line.ends_with("= =    = =        = =   yes"), "{line}");
    }
    let get = line(&text, "derive(Model)", "get");
    assert!(
        get.contains("Book.objects.get(id=3)") && get.contains("Germinal"),
        "{get}"
    );
    assert_eq!(text.matches("all equal").count(), 3, "{text}");
    assert!(!text.contains("DIFFER"));
}

#[test]
fn reads_what_another_program_wrote() {
    let folder = tempfile::tempdir().unwrap();
    let file = foreign(
        &folder,
        r#"CREATE TABLE "order details" ("select" INTEGER PRIMARY KEY, "a ""b""" TEXT, odd INTEGER);
           INSERT INTO "order details" VALUES (1, 'x', NULL), (2, NULL, 'text'), (5, 'z', 2.5);
           CREATE TABLE keyless (note, size REAL);
           INSERT INTO keyless VALUES ('b', 1.5), ('a', NULL), (NULL, 3);
           CREATE TABLE pair (a TEXT, b INT, PRIMARY KEY (b, a)) WITHOUT ROWID;
           INSERT INTO pair VALUES ('y', 1), ('x', 1);
           CREATE TABLE day (id INTEGER PRIMARY KEY, day DATE, at DATETIME);
           INSERT INTO day VALUES (1, '2020-02-29', '2020-02-29 12:30:00'), (2, 'soon', 7);
           CREATE TABLE empty (id INTEGER PRIMARY KEY);
           CREATE VIEW large AS SELECT * FROM "order details" WHERE "select" > 1;"#,
    );
    let before = std::fs::read(&file).unwrap();
    let text = printed(&quickstart(Some(&file)));
    assert_eq!(text.matches("all equal").count(), 6, "{text}");

    let details = "table \"order details\" (select i64 key, a \"b\" text or NULL, odd i64 or NULL), pk=… is 1";
    assert!(line(&text, details, "count").contains(" 3 "));
    assert!(line(&text, details, "get").contains("odd=NULL"));
    let last = line(&text, details, "last");
    assert!(
        last.contains("select=5") && last.contains("odd=2.5"),
        "{last}"
    );

    // Without a key: ordered by the first column, where SQLite puts NULL first.
    let keyless = "table \"keyless\" (note text or NULL, size f64 or NULL), without a key";
    assert!(line(&text, keyless, "first").contains("(note=NULL, size=3)"));
    assert!(line(&text, keyless, "last").contains("(note=\"b\", size=1.5)"));

    // The key's own order counts, not the columns'.
    let pair = "table \"pair\" (a text key, b i64 key)";
    assert!(line(&text, pair, "first").contains("(a=\"x\", b=1)"));
    // What is no date stays what it is.
    let day = "table \"day\" (id i64 key, day date or NULL, at datetime or NULL)";
    assert!(line(&text, day, "first").contains("(id=1, day=2020-02-29, at=2020-02-29"));
    assert!(line(&text, day, "last").contains("(id=2, day=\"soon\", at=7)"));
    assert!(line(&text, "table \"empty\"", "first").contains(" None "));
    assert!(line(&text, "view \"large\"", "count").contains(" 2 "));
    assert_eq!(
        std::fs::read(&file).unwrap(),
        before,
        "the file was changed"
    );
}

#[test]
fn an_empty_file_has_no_tables() {
    let folder = tempfile::tempdir().unwrap();
    let file = foreign(&folder, "PRAGMA user_version = 1");
    assert!(printed(&quickstart(Some(&file))).contains("holds no tables"));
}

#[test]
fn a_table_that_cannot_be_read_does_not_hide_the_others() {
    let folder = tempfile::tempdir().unwrap();
    let file = foreign(
        &folder,
        "CREATE TABLE good (id INTEGER PRIMARY KEY); INSERT INTO good VALUES (7);
         CREATE TABLE gone (id INTEGER); CREATE VIEW broken AS SELECT id FROM gone; DROP TABLE gone;",
    );
    let text = printed(&quickstart(Some(&file)));
    assert!(text.contains("view \"broken\" cannot be read"), "{text}");
    assert!(line(&text, "table \"good\"", "first").contains("(id=7)"));
}

#[test]
fn a_bad_file_is_a_clear_error() {
    let folder = tempfile::tempdir().unwrap();
    let missing = refused(&folder.path().join("missing.db"));
    assert!(
        missing.starts_with("error: ") && missing.contains("missing.db"),
        "{missing}"
    );

    let text = folder.path().join("letter.txt");
    std::fs::write(
        &text,
        "Dear reader, this is no database at all. ".repeat(100),
    )
    .unwrap();
    let text = refused(&text);
    assert!(text.contains("not a database"), "{text}");

    let directory = refused(folder.path());
    assert!(directory.starts_with("error: "), "{directory}");
}
