//! A query that is kept and used again says what one that is built anew would say.

use std::sync::Arc;

use queryset::recording::Recording;
use queryset::{
    ColumnMeta, ColumnType, Database, Dialect, Family, ModelMeta, QuerySet, Record, Statement,
};

fn page() -> QuerySet<Record> {
    let meta: Arc<ModelMeta> = ModelMeta::builder("Page")
        .column(ColumnMeta::new("id", ColumnType::I64).primary_key())
        .column(ColumnMeta::new("title", ColumnType::Text))
        .build()
        .expect("a valid model");
    QuerySet::dynamic(&meta)
        .lookup("title", "a")
        .order_by_names(["title"])
}

/// Everything that can be asked of a query, again and again.
fn ask(query: &QuerySet<Record>, db: &Database) {
    // The recording expects nothing: every read fails after it was sent.
    drop(query.list(db));
    drop(query.get(db));
    drop(query.first(db));
    drop(query.last(db));
    drop(query.count(db));
    drop(query.exists(db));
    drop(query.contains_key(db, 5));
}

fn sent(recordings: &[Recording]) -> Vec<Statement> {
    let statements = recordings.iter().flat_map(Recording::statements);
    statements.collect()
}

fn recordings() -> Vec<Recording> {
    [
        (Family::Sqlite, "sqlite"),
        (Family::Postgres, "postgres"),
        (Family::Sqlite, "another"),
    ]
    .map(|(family, name)| Recording::new(Dialect::new(family, name)))
    .into()
}

#[test]
fn each_read_of_each_database_has_its_own_statement() {
    let (fresh, again) = (recordings(), recordings());
    let kept = page();
    for (fresh, again) in fresh.iter().zip(&again) {
        let (fresh, again) = (fresh.database(), again.database());
        for _ in 0..5 {
            ask(&page(), &fresh);
            ask(&kept, &again);
        }
    }
    assert_eq!(sent(&again).len(), 3 * 5 * 7);
    assert_eq!(sent(&again), sent(&fresh));
}

#[test]
fn a_query_that_changes_forgets_what_it_said() {
    let recording = Recording::new(Dialect::new(Family::Sqlite, "sqlite"));
    let db = recording.database();
    let mut query = page();
    let mut fresh = page();
    let say = |query: &QuerySet<Record>| query.statement(&db).expect("a valid query");
    for key in 0..4 {
        for _ in 0..3 {
            assert_eq!(say(&query), say(&fresh.clone()), "after {key} changes");
        }
        query = query.lookup("id__gt", key);
        fresh = fresh.lookup("id__gt", key);
    }
    for _ in 0..3 {
        assert_eq!(say(&query.clone().reverse()), say(&fresh.clone().reverse()));
    }
    query = query.limit(3);
    assert_eq!(say(&query), say(&fresh.limit(3)));
}

#[test]
fn databases_of_one_dialect_share_the_statement_of_a_kept_query() {
    let recordings = [(); 2].map(|()| Recording::new(Dialect::new(Family::Sqlite, "sqlite")));
    let kept = page();
    for _ in 0..3 {
        for recording in &recordings {
            drop(kept.list(&recording.database()));
        }
    }
    let [first, second] = recordings.map(|recording| recording.statements());
    assert_eq!(first, second);
    assert!(
        Arc::ptr_eq(&first[2].sql, &second[2].sql),
        "each database has compiled the query for itself"
    );
}
