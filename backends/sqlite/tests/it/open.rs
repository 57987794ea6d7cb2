use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use queryset::runtime::{Threads, block_on};
use queryset::{Backend, ErrorKind, Statement};
use queryset_sqlite::{JournalMode, SqliteBackend, SqliteOptions, connect, connect_blocking};

use crate::support::{Folder, Rows, aread, int, new_file, open, read, taken, text, write};

fn refused(options: SqliteOptions) -> queryset::Error {
    SqliteBackend::open(options, Threads).unwrap_err()
}

fn existing(path: &Path, journal: &str) {
    let other = rusqlite::Connection::open(path).unwrap();
    other
        .execute_batch(&format!(
            "PRAGMA journal_mode = {journal}; CREATE TABLE t (a); INSERT INTO t VALUES (1)"
        ))
        .unwrap();
}

#[test]
fn a_missing_file_is_an_error_unless_asked_for() {
    let folder = Folder::new();
    let path = folder.file("missing.db");
    let error = refused(SqliteOptions::path(&path));
    assert_eq!(error.kind(), ErrorKind::Connection);
    assert_eq!(
        error.to_string(),
        format!(
            "`{}` does not exist: check the path, or ask for the file to be made with \
             `?mode=rwc` or `create_if_missing(true)`",
            path.display()
        )
    );
    assert!(!path.exists());
    let url = format!("sqlite:{}?mode=rwc", path.display());
    let db = block_on(connect(&url, Threads)).unwrap();
    db.close().unwrap();
    assert!(path.exists());
    connect_blocking(&format!("file:{}?mode=ro", path.display()), Threads).unwrap();

    let nowhere = folder.file("no/such/folder.db");
    let error = refused(SqliteOptions::path(&nowhere).create_if_missing(true));
    assert_eq!(
        error.to_string(),
        format!(
            "`{}` cannot be opened: its folder does not exist",
            nowhere.display()
        )
    );
    let error = refused(SqliteOptions::path(folder.path()));
    assert_eq!(error.kind(), ErrorKind::Connection);
    assert!(
        error
            .to_string()
            .ends_with("cannot be opened: it is a folder")
    );
    let error = block_on(connect("sqlite:", Threads)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Value);
}

#[test]
fn what_is_no_database_is_refused() {
    let folder = Folder::new();
    let path = folder.file("text.db");
    std::fs::write(
        &path,
        "certainly no database, and long enough to be seen as such".repeat(9),
    )
    .unwrap();
    for read_only in [false, true] {
        let error = refused(SqliteOptions::path(&path).read_only(read_only));
        assert_eq!(error.kind(), ErrorKind::Connection, "{error}");
        assert!(error.to_string().contains("text.db"), "{error}");
        assert_eq!(error.code(), Some("26"));
    }
}

#[test]
fn an_existing_file_keeps_its_journal_mode_unless_asked() {
    let folder = Folder::new();
    let mode = |db: &SqliteBackend| read(db, "PRAGMA journal_mode", vec![]).unwrap();
    assert_eq!(mode(&open(new_file(&folder))), [[text("wal")]]);
    let path = folder.file("old.db");
    existing(&path, "DELETE");
    assert_eq!(mode(&open(SqliteOptions::path(&path))), [[text("delete")]]);
    let asked = SqliteOptions::path(&path).journal_mode(JournalMode::Wal);
    assert_eq!(mode(&open(asked)), [[text("wal")]]);
    let asked = SqliteOptions::path(&path).journal_mode(JournalMode::Delete);
    assert_eq!(mode(&open(asked)), [[text("delete")]]);
    // The file does not keep this one: it is the writer's.
    let db = open(SqliteOptions::path(&path).journal_mode(JournalMode::Truncate));
    let ask = Statement::write("PRAGMA journal_mode", vec![]);
    let fetched = db.fetch_blocking(ask, Box::new(Rows::default()), 1, None);
    assert_eq!(taken(fetched.unwrap()).0.rows, [[text("truncate")]]);
}

#[test]
fn memory_lives_as_long_as_the_database() {
    let db = open(SqliteOptions::new("sqlite::memory:").unwrap().readers(2));
    write(&db, "CREATE TABLE t (a); INSERT INTO t VALUES (1)").unwrap();
    for _ in 0..3 {
        // Longer than any thread is kept.
        std::thread::sleep(std::time::Duration::from_millis(50));
        assert_eq!(aread(&db, "SELECT a FROM t", vec![]).unwrap(), [[int(1)]]);
        assert_eq!(read(&db, "SELECT a FROM t", vec![]).unwrap(), [[int(1)]]);
    }
    let other = open(SqliteOptions::memory());
    assert_eq!(
        read(&other, "SELECT a FROM t", vec![]).unwrap_err().table(),
        Some("t")
    );
    let shared = "file:shared-by-name?mode=memory&cache=shared";
    let (one, two) = (
        open(SqliteOptions::new(shared).unwrap()),
        open(SqliteOptions::new(shared).unwrap()),
    );
    write(&one, "CREATE TABLE t (a)").unwrap();
    assert!(read(&two, "SELECT a FROM t", vec![]).unwrap().is_empty());
    drop((one, two));
}

#[test]
fn read_only_files_are_read_and_not_written() {
    let folder = Folder::new();
    for journal in ["DELETE", "WAL"] {
        let path = folder.file(&format!("{journal}.db"));
        existing(&path, journal);
        for url in [
            format!("sqlite:{}?mode=ro", path.display()),
            format!("file:{}?mode=ro", path.display()),
            format!("sqlite:{}?immutable=1", path.display()),
        ] {
            let db = open(SqliteOptions::new(&url).unwrap());
            assert_eq!(read(&db, "SELECT a FROM t", vec![]).unwrap(), [[int(1)]]);
            assert_eq!(aread(&db, "SELECT a FROM t", vec![]).unwrap(), [[int(1)]]);
            let error = write(&db, "INSERT INTO t VALUES (2)").unwrap_err();
            assert_eq!(
                error.to_string(),
                "the database was opened for reading only"
            );
            block_on(db.close()).unwrap();
        }
    }
}

/// Set for the child process of [`read_only_in_a_folder_that_cannot_be_written`].
const CHILD: &str = "QUERYSET_SQLITE_READ_ONLY_FOLDER";

/// Permissions do not stop root, so the test runs itself again as somebody else.
#[test]
fn read_only_in_a_folder_that_cannot_be_written() {
    if let Some(folder) = std::env::var_os(CHILD) {
        read_in_locked_folder(Path::new(&folder));
        return;
    }
    let folder = Folder::new();
    let locked = folder.file("locked");
    std::fs::create_dir(&locked).unwrap();
    for journal in ["DELETE", "WAL"] {
        existing(&locked.join(format!("{journal}.db")), journal);
    }
    // With a log that was never merged: a copy of a database in use.
    let used = rusqlite::Connection::open(folder.file("used.db")).unwrap();
    used.execute_batch("PRAGMA journal_mode = WAL; CREATE TABLE t (a); INSERT INTO t VALUES (1)")
        .unwrap();
    for suffix in ["", "-wal"] {
        std::fs::copy(
            folder.file(&format!("used.db{suffix}")),
            locked.join(format!("used.db{suffix}")),
        )
        .unwrap();
    }
    let binary = folder.file("test-binary");
    std::fs::copy(std::env::current_exe().unwrap(), &binary).unwrap();
    let mode = |path: &Path, mode| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    mode(folder.path(), 0o755);
    mode(&locked, 0o555);

    let mut child = Command::new(&binary);
    child
        .args([
            "--exact",
            "open::read_only_in_a_folder_that_cannot_be_written",
        ])
        .args(["--nocapture", "--test-threads=1"])
        .env(CHILD, &locked)
        .env("TMPDIR", "/tmp")
        .current_dir("/");
    if is_root() {
        use std::os::unix::process::CommandExt;
        child.uid(65_534).gid(65_534);
    }
    let output = child.output().unwrap();
    mode(&locked, 0o755);
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && said.contains("the folder cannot be written"),
        "{said}{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

fn is_root() -> bool {
    let status = Command::new("id").arg("-u").output().unwrap();
    status.stdout.starts_with(b"0\n")
}

fn read_in_locked_folder(folder: &Path) {
    std::fs::write(folder.join("probe"), "x").unwrap_err();
    println!("the folder cannot be written");
    for journal in ["DELETE", "WAL"] {
        let path = folder.join(format!("{journal}.db"));
        let db = open(SqliteOptions::path(&path).read_only(true));
        assert_eq!(read(&db, "SELECT a FROM t", vec![]).unwrap(), [[int(1)]]);
        assert_eq!(aread(&db, "SELECT a FROM t", vec![]).unwrap(), [[int(1)]]);
        block_on(db.close()).unwrap();
    }
    let error = refused(SqliteOptions::path(folder.join("used.db")).read_only(true));
    assert_eq!(error.kind(), ErrorKind::Connection);
    assert!(
        error
            .to_string()
            .contains("its write-ahead log holds changes"),
        "{error}"
    );
}

#[test]
fn a_uri_that_makes_its_file_opens_every_connection() {
    let folder = Folder::new();
    let url = format!("file:{}?mode=rwc", folder.file("new.db").display());
    let db = open(SqliteOptions::new(&url).unwrap());
    write(&db, "CREATE TABLE t (a)").unwrap();
    assert!(read(&db, "SELECT a FROM t", vec![]).unwrap().is_empty());
}
