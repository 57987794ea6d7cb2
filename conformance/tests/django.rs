//! The comparison with Django's answers, on a few cases of our own.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use queryset::Database;
use queryset::runtime::Threads;
use queryset_conformance::django::{
    Case, Given, Models, Reference, Report, interpret, read_cases, run,
};
use queryset_sqlite::SqliteOptions;
use serde_json::{Value as Json, json};

const CASES: &str = include_str!("django/cases.jsonl");
const FIXTURES: &str = include_str!("django/fixtures.json");
const SQLITE: Reference<'_> = Reference { database: "sqlite" };

fn database() -> (Models, Database) {
    let models = Models::read(FIXTURES).expect("fixtures");
    let db = SqliteOptions::memory()
        .connect_blocking(Threads)
        .expect("a database");
    models.create(&db).expect("tables");
    (models, db)
}

fn lines() -> impl Iterator<Item = Json> {
    CASES
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
}

#[test]
fn every_case_ends_as_it_should() {
    let (models, db) = database();
    for case in read_cases(CASES).expect("cases") {
        let finding = run(&case, &models, &db, SQLITE);
        let expected = match case.id.as_str() {
            "text.002" => "deviation",
            "later.001" => "later",
            "python.001" => "out_of_scope",
            _ => "pass",
        };
        assert_eq!(
            finding.outcome.word(),
            expected,
            "{}: {}",
            case.id,
            finding.detail
        );
        assert_eq!(finding.outcome.rule().is_some(), expected != "pass");
    }
}

/// The interpreter sees nothing from which it could copy an answer.
#[test]
fn what_is_not_given_makes_no_difference() {
    let (models, db) = database();
    let mut answered = 0;
    for (case, whole) in read_cases(CASES).expect("cases").iter().zip(lines()) {
        let mut stripped = json!({ "ast": whole["ast"] });
        for name in ["tz", "atomic"] {
            if let Some(value) = whole.get(name) {
                stripped[name] = value.clone();
            }
        }
        let of_whole = interpret(&case.given, &models, &db);
        let of_stripped = interpret(&Given::read(&stripped), &models, &db);
        assert_eq!(of_whole, of_stripped, "{}", case.id);
        answered += u32::from(of_whole.is_ok());
    }
    assert!(answered > 20, "{answered} cases were answered");
}

/// Any change of what Django answered makes a case fail.
#[test]
fn another_answer_fails() {
    let (models, db) = database();
    let mut changed = 0;
    for whole in lines() {
        let case = Case::read(&whole).expect("a case");
        if run(&case, &models, &db, SQLITE).outcome.word() != "pass" {
            continue;
        }
        for wrong in others(&whole) {
            let case = Case::read(&wrong).expect("a case");
            let finding = run(&case, &models, &db, SQLITE);
            assert_eq!(finding.outcome.word(), "fail", "{wrong}");
            assert!(!finding.detail.is_empty());
            changed += 1;
        }
    }
    assert!(changed > 60, "{changed} changes were tried");
}

/// The case with each part of its answer changed in turn.
fn others(case: &Json) -> Vec<Json> {
    let with = |name: &str, value: Json| {
        let mut other = case.clone();
        other[name] = value;
        other
    };
    let queries = case["queries"].as_u64().expect("a number");
    let mut others = vec![
        with("queries", json!(queries + 1)),
        with("expected", json!({ "error": "IndexError" })),
        with("expected", json!([{ "$obj": "Jar", "pk": 77 }])),
    ];
    if let Some(rows) = case["expected"].as_array()
        && let [first, .., last] = rows.as_slice()
    {
        let longer = [rows.as_slice(), std::slice::from_ref(last)].concat();
        others.push(with("expected", json!(rows[..rows.len() - 1])));
        others.push(with("expected", json!(longer)));
        if case["ordered"] == true {
            assert_ne!(first, last);
            let turned: Vec<_> = rows.iter().rev().collect();
            others.push(with("expected", json!(turned)));
        }
    }
    match case["error_at"].as_str() {
        Some("build") => others.push(with("error_at", json!("eval"))),
        Some(_) => others.push(with("error_at", json!("build"))),
        None => {}
    }
    if case["expected"].get("model").is_some() {
        let mut other = case.clone();
        other["expected"]["model"] = json!("Shelf");
        others.push(other);
    }
    others
}

#[test]
fn both_forms_are_run() {
    let (models, db) = database();
    let sent = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&sent);
    let _hook = db.on_statement(move |_| {
        counted.fetch_add(1, Ordering::Relaxed);
    });
    let case = &read_cases(CASES).expect("cases")[0];
    assert_eq!(run(case, &models, &db, SQLITE).outcome.word(), "pass");
    assert_eq!(sent.load(Ordering::Relaxed), 2);
}

#[test]
fn the_report_counts_by_area_and_rule() {
    let (models, db) = database();
    let report = Report {
        backend: "sqlite".into(),
        runtime: "threads".into(),
        findings: read_cases(CASES)
            .expect("cases")
            .iter()
            .map(|case| run(case, &models, &db, SQLITE))
            .collect(),
    };
    assert!(report.is_ok());
    assert_eq!(report.count("deviation"), 1);
    let text = report.to_string();
    assert!(text.contains("    1  later: values ("), "{text}");
    let json = report.to_json();
    assert_eq!(json.len(), report.findings.len());
    assert_eq!(json[0]["id"], "get.001");
    assert_eq!(json[0]["outcome"], "pass");
}

#[test]
fn what_is_no_case_is_refused() {
    let error = read_cases("{\"id\": \"x\"}").expect_err("no case");
    assert_eq!(
        error.to_string(),
        "case at line 1: a field is missing or of another type"
    );
    assert!(Models::read("[]{").is_err());
}
