//! Models of another crate that refer to the library's own, which cannot know of them.

use library::Loan;
use queryset::recording::Recording;
use queryset::{
    Dialect, ErrorKind, Family, ForeignKey, ManyToMany, Model, OneToOne, QuerySet, Record,
};

/// What a late reader pays.
#[derive(Model, Debug)]
struct Fine {
    #[model(primary_key)]
    id: i64,
    cents: i64,
    #[model(related_name = "fines")]
    loan: ForeignKey<Loan>,
}

/// What was wrong with a book that came back.
#[derive(Model, Debug)]
struct Damage {
    #[model(primary_key)]
    id: i64,
    what: String,
    #[model(related_name = "damage")]
    loan: OneToOne<Loan>,
}

/// Loans that belong together.
#[derive(Model, Debug)]
struct Bundle {
    #[model(primary_key)]
    id: i64,
    name: String,
    #[model(related_name = "bundles")]
    loans: ManyToMany<Loan>,
}

fn sql<T>(query: &QuerySet<T>) -> String {
    let recording = Recording::new(Dialect::new(Family::Sqlite, "recording"));
    let statement = query.statement(&recording.database()).unwrap();
    let sql = statement.expect("it can match rows").sql;
    let (_, rest) = sql.split_once(" FROM ").unwrap();
    rest.to_owned()
}

const LOAN_ORDER: &str = " ORDER BY \"loan\".\"due\" ASC, \"loan\".\"id\" ASC";

#[test]
fn a_condition_follows_the_relation_from_the_side_that_does_not_know_it() {
    let query = Loan::objects().filter(|loan| loan.fines().cents.gt(500));
    let joined = "\"loan\" INNER JOIN \"fine\" ON \"loan\".\"id\" = \"fine\".\"loan_id\" \
                  WHERE \"fine\".\"cents\" > ?";
    assert_eq!(sql(&query), format!("{joined}{LOAN_ORDER}"));
    // By name too, once the model is known.
    Fine::meta();
    let named = Loan::objects().lookup("fines__cents__gt", 500);
    assert_eq!(sql(&named), sql(&query));
    let dynamic: QuerySet<Record> = QuerySet::dynamic(Loan::meta()).lookup("fines__cents__gt", 500);
    assert_eq!(sql(&dynamic), sql(&query));
}

#[test]
fn the_relation_is_followed_in_the_middle_of_a_path() {
    let query = Damage::objects().filter(|damage| damage.loan().fines().cents.gt(500));
    let joined = "\"damage\" INNER JOIN \"loan\" ON \"damage\".\"loan_id\" = \"loan\".\"id\" \
                  INNER JOIN \"fine\" ON \"loan\".\"id\" = \"fine\".\"loan_id\" \
                  WHERE \"fine\".\"cents\" > ?";
    assert_eq!(sql(&query), joined);
    let back = Fine::objects().filter(|fine| fine.loan().damage().what.eq("torn"));
    let joined = "\"fine\" INNER JOIN \"loan\" ON \"fine\".\"loan_id\" = \"loan\".\"id\" \
                  INNER JOIN \"damage\" ON \"loan\".\"id\" = \"damage\".\"loan_id\" \
                  WHERE \"damage\".\"what\" = ?";
    assert_eq!(sql(&back), joined);
}

#[test]
fn a_negated_condition_asks_for_no_such_row() {
    let query = Loan::objects().exclude(|loan| loan.fines().cents.gt(500));
    let asked = "\"loan\" WHERE NOT EXISTS(SELECT 1 FROM \"fine\" AS \"U1\" \
                 WHERE \"U1\".\"cents\" > ? AND \"U1\".\"loan_id\" = \"loan\".\"id\")";
    assert_eq!(sql(&query), format!("{asked}{LOAN_ORDER}"));
}

#[test]
fn an_ordering_follows_it() {
    let query = Loan::objects().order_by(|loan| loan.damage().what.desc());
    let joined = "\"loan\" LEFT JOIN \"damage\" ON \"loan\".\"id\" = \"damage\".\"loan_id\" \
                  ORDER BY \"damage\".\"what\" DESC";
    assert_eq!(sql(&query), joined);
}

#[test]
fn a_row_asks_for_its_own() {
    let emma = super::emma();
    assert_eq!(
        sql(&emma.fines()),
        "\"fine\" WHERE \"fine\".\"loan_id\" = ?"
    );
    assert_eq!(
        sql(&emma.bundles().filter(|bundle| bundle.name.eq("trilogy"))),
        "\"bundle\" INNER JOIN \"bundle_loans\" ON \"bundle\".\"id\" = \"bundle_loans\".\"bundle_id\" \
         WHERE \"bundle_loans\".\"loan_id\" = ? AND \"bundle\".\"name\" = ?"
    );
}

#[test]
fn a_name_that_is_unknown_lists_those_that_were_added() {
    Fine::meta();
    let wrong = QuerySet::<Record>::dynamic(Loan::meta()).lookup("fine__cents", 1);
    let error = wrong.check().unwrap_err().to_string();
    assert!(error.contains("fines"), "{error}");
}

#[test]
fn a_struct_has_no_place_for_rows_that_its_crate_does_not_know() {
    let recording = Recording::new(Dialect::new(Family::Sqlite, "recording"));
    let query = Loan::objects().select_related(|loan| loan.damage());
    let error = query.list(&recording.database()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Field);
    let said = "'damage' with the rows of Loan: it was added by a model of another crate";
    assert!(error.to_string().contains(said), "{error}");
    // The other side has the key, and takes the loan along.
    let query = Damage::objects().select_related(|damage| damage.loan());
    assert!(sql(&query).contains("INNER JOIN \"loan\""));
}

#[test]
fn the_structs_are_used() {
    let fine = Fine {
        id: 1,
        cents: 250,
        loan: ForeignKey::new(7),
    };
    let damage = Damage {
        id: 1,
        what: "torn".into(),
        loan: OneToOne::new(7),
    };
    let bundle = Bundle {
        id: 1,
        name: "trilogy".into(),
        loans: ManyToMany::new(),
    };
    assert_eq!((fine.id, fine.cents, fine.loan.id()), (1, 250, &7));
    assert_eq!(
        (damage.id, &*damage.what, damage.loan.id()),
        (1, "torn", &7)
    );
    assert_eq!((bundle.id, &*bundle.name), (1, "trilogy"));
    bundle.loans().check().unwrap();
}
