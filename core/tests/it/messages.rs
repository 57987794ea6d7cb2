//! What every error of building and reading says.

use std::sync::Arc;
use std::time::Duration;

use expect_test::{Expect, expect};
use queryset::recording::Recording;
use queryset::{
    AggregateTerm, ColumnMeta, ColumnType, Database, Dialect, Error, Family, ModelMeta, ModelRef,
    Operand, QuerySet, Record, RelationMeta, Value, raw,
};

fn author() -> Arc<ModelMeta> {
    ModelMeta::builder("Author")
        .column(ColumnMeta::new("id", ColumnType::I64).primary_key())
        .column(ColumnMeta::new("name", ColumnType::Text))
        .ordering(["name"])
        .build()
        .expect("a valid model")
}

fn book(author: &Arc<ModelMeta>) -> Arc<ModelMeta> {
    let target = ModelRef::dynamic();
    target.set(author);
    ModelMeta::builder("Book")
        .column(ColumnMeta::new("id", ColumnType::I64).primary_key())
        .column(ColumnMeta::new("title", ColumnType::Text))
        .column(ColumnMeta::new("pages", ColumnType::I32).nullable(true))
        .column(ColumnMeta::new("price", ColumnType::Decimal))
        .column(ColumnMeta::new("printed", ColumnType::Bool))
        .column(ColumnMeta::new("published", ColumnType::Date))
        .column(ColumnMeta::new("author_id", ColumnType::I64))
        .relation(RelationMeta::foreign_key("author", "author_id", target))
        .build()
        .expect("a valid model")
}

/// A table without a primary key.
fn log() -> Arc<ModelMeta> {
    ModelMeta::builder("Log")
        .column(ColumnMeta::new("line", ColumnType::Text))
        .build()
        .expect("a valid model")
}

struct Fixture {
    author: Arc<ModelMeta>,
    recording: Recording,
    db: Database,
}

impl Fixture {
    fn new() -> Self {
        let recording = Recording::new(Dialect::new(Family::Sqlite, "sqlite"));
        Self {
            author: author(),
            db: recording.database(),
            recording,
        }
    }

    fn books(&self) -> QuerySet<Record> {
        QuerySet::dynamic(&book(&self.author))
    }

    /// The error must come without a statement.
    fn refused<T: std::fmt::Debug>(&self, result: Result<T, Error>, expected: Expect) {
        assert!(
            self.recording.statements().is_empty(),
            "a statement was sent"
        );
        self.fails(result, expected);
    }

    fn fails<T: std::fmt::Debug>(&self, result: Result<T, Error>, expected: Expect) {
        let error = result.expect_err("an error");
        let model = error
            .model()
            .map(|model| format!(" ({model})"))
            .unwrap_or_default();
        expected.assert_eq(&format!("{:?}{model}: {error}", error.kind()));
    }
}

#[test]
fn names() {
    let f = Fixture::new();
    f.refused(f.books().lookup("titel", "x").check(), expect!["Field: cannot resolve 'titel' into a field of Book; choices are: author, author_id, id, pages, price, printed, published, title"]);
    f.refused(f.books().lookup("title__size", "x").check(), expect!["Field: 'title__size': 'size' is no lookup of the field 'title' of Book; lookups are: contains, endswith, exact, gt, gte, icontains, iendswith, iexact, in, iregex, isnull, istartswith, lt, lte, range, regex, startswith"]);
    f.refused(
        f.books().lookup("author__nam", "x").check(),
        expect!["Field: cannot resolve 'nam' into a field of Author; choices are: id, name"],
    );
    f.refused(
        f.books().lookup("author__contains", "x").check(),
        expect!["Field: the relation 'author' has no lookup 'contains'; it has exact, gt, gte, lt, lte, in and isnull"],
    );
    f.refused(f.books().order_by_names(["-prise"]).check(), expect!["Field: cannot resolve 'prise' into a field of Book; choices are: author, author_id, id, pages, price, printed, published, title"]);
    f.refused(
        f.books().order_by_names(["title__gt"]).list(&f.db),
        expect!["Field: 'title__gt': 'gt' is no lookup of the field 'title' of Book; lookups are: contains, endswith, exact, gt, gte, icontains, iendswith, iexact, in, iregex, isnull, istartswith, lt, lte, range, regex, startswith"],
    );
    f.refused(
        f.books().in_bulk_by_name(&f.db, "isbn", None),
        expect!["FieldDoesNotExist: Book has no field named 'isbn'; choices are: author, author_id, id, pages, price, printed, published, title"],
    );
    f.refused(
        f.books().in_bulk_by_name(&f.db, "title", None),
        expect!["Value (Book): in_bulk needs a unique column, which 'title' is not"],
    );
    f.refused(
        f.books()
            .aggregate_by_names(&f.db, [("s", AggregateTerm::sum("size"))]),
        expect!["Field: cannot resolve 'size' into a field of Book; choices are: author, author_id, id, pages, price, printed, published, title"],
    );
    f.refused(
        f.books()
            .aggregate_by_names(&f.db, [("s", AggregateTerm::sum("*"))]),
        expect!["Value: only a plain count takes '*'"],
    );
    f.refused(
        f.books()
            .aggregate_by_names(&f.db, [("s", AggregateTerm::max("id").distinct())]),
        expect!["Type: Max takes no distinct: the least of all is the least of the different"],
    );
}

#[test]
fn values() {
    let f = Fixture::new();
    f.refused(
        f.books().lookup("pages__gt", Operand::NONE).check(),
        expect!["Value: None cannot be a value of the lookup 'gt'; ask for NULL with isnull"],
    );
    f.refused(
        f.books().lookup("pages", "many").check(),
        expect!["Value: the column 'pages' of type i32 cannot be compared with 'many'"],
    );
    f.refused(
        f.books().lookup("pages", f64::NAN).check(),
        expect!["Value: the column 'pages' of type i32 cannot be compared with NaN"],
    );
    f.refused(
        f.books().lookup("pages", [1, 2]).check(),
        expect!["Type: the lookup 'exact' of column 'pages' takes one value, not a list"],
    );
    f.refused(
        f.books().lookup("pages__in", 1).check(),
        expect!["Type: the lookup 'in' takes a list, not a value of type integer"],
    );
    // What Django raises only on evaluation passes `check`, and is told by the terminal.
    f.books()
        .lookup("pages__isnull", 1)
        .check()
        .expect("told late");
    // An error of building comes first, wherever it stands.
    f.refused(
        f.books().lookup("pages__isnull", 1).lookup("nosuch", 1).check(),
        expect!["Field: cannot resolve 'nosuch' into a field of Book; choices are: author, author_id, id, pages, price, printed, published, title"],
    );
    f.refused(
        f.books().lookup("pages__range", [1]).list(&f.db),
        expect!["Index: range takes two ends, not 1"],
    );
    f.refused(
        f.books().lookup("pages__range", 1).check(),
        expect!["Type: the lookup 'range' takes a list, not a value of type integer"],
    );
    f.refused(
        f.books().lookup("pages__isnull", 1).list(&f.db),
        expect!["Value: isnull takes true or false, not a value of type integer"],
    );
    f.refused(
        f.books().contains_key(&f.db, Operand::NONE),
        expect!["Value (Book): a row without a key cannot be looked for: was it ever saved?"],
    );
    f.refused(
        f.books().lookup("price", "cheap").check(),
        expect!["Validation: 'cheap' is not a valid decimal for the column 'price'"],
    );
    f.refused(
        f.books().lookup("printed", "yes").check(),
        expect!["Validation: 'yes' is not a valid bool for the column 'printed'"],
    );
    f.refused(
        f.books().lookup("printed", 2).check(),
        expect!["Validation: a value of type integer is not a valid bool for the column 'printed'"],
    );
    f.refused(
        f.books().lookup("published", "2020-02-30").check(),
        expect!["Validation: '2020-02-30' is not a valid date for the column 'published'"],
    );
    f.refused(
        f.books().lookup("published", 5).check(),
        expect!["Type: a value of type integer is not a valid date for the column 'published'"],
    );
}

#[test]
fn slices() {
    let f = Fixture::new();
    let cut = || f.books().order_by_names(["id"]).limit(5);
    f.refused(
        f.books().slice(-3..).check(),
        expect!["Value: a slice counts from the first row: its ends cannot be negative"],
    );
    f.refused(
        f.books().nth(&f.db, -1),
        expect!["Value: a position counts from the first row: it cannot be negative"],
    );
    f.refused(
        cut().lookup("pages", 1).check(),
        expect!["Type: cannot filter a query once a slice has been taken"],
    );
    f.refused(
        cut().order_by_names(["id"]).check(),
        expect!["Type: cannot reorder a query once a slice has been taken"],
    );
    f.refused(
        cut().reverse().check(),
        expect!["Type: cannot reverse a query once a slice has been taken"],
    );
    f.refused(
        cut().distinct().check(),
        expect!["Type: cannot create distinct fields once a slice has been taken"],
    );
    f.refused(
        cut().last(&f.db),
        expect![
            "Type (Book): cannot reverse a query once a slice has been taken, so it has no last"
        ],
    );
    f.refused(
        cut().latest_by_names(&f.db, ["id"]),
        expect!["Type (Book): cannot change a query once a slice has been taken"],
    );
    f.refused(
        cut().contains_key(&f.db, 1),
        expect!["Type (Book): cannot filter a query once a slice has been taken"],
    );
    f.refused(
        cut().in_bulk_by_name(&f.db, "pk", None),
        expect!["Type (Book): cannot use in_bulk once a slice has been taken"],
    );
    f.refused(
        f.books().limit(5).first(&f.db),
        expect!["Type (Book): cannot reorder a query once a slice has been taken; order it before"],
    );
    f.refused(f.books().latest(&f.db), expect!["Value (Book): earliest and latest need a field: name one, or declare latest_by in the model"]);
}

#[test]
fn models_without_a_key() {
    let f = Fixture::new();
    let lines = QuerySet::dynamic(&log());
    f.refused(lines.first(&f.db), expect!["Type (Log): Log has no primary key to order by; order the query before asking for its first or last row"]);
    f.refused(
        lines.contains_key(&f.db, 1),
        expect!["Type (Log): Log has no primary key to look a row up by"],
    );
    f.refused(
        lines.clone().lookup("pk", 1).check(),
        expect!["Field: Log has no primary key, so it has no 'pk'"],
    );
    let none = ModelMeta::builder("Empty").build();
    f.refused(none, expect!["Value: model Empty: it has no columns"]);
    let twice = ModelMeta::builder("Twice")
        .column(ColumnMeta::new("a", ColumnType::I64))
        .column(ColumnMeta::new("a", ColumnType::I64))
        .build();
    f.refused(
        twice,
        expect!["Value: model Twice: column 'a' is declared twice"],
    );
    let key = ModelMeta::builder("Key")
        .column(ColumnMeta::new("a", ColumnType::I64))
        .primary_key(["b"])
        .build();
    f.refused(key, expect!["Value: model Key: there is no column 'b'"]);
}

#[test]
fn rows_that_are_not_there_or_too_many() {
    let f = Fixture::new();
    let columns = [
        "id",
        "title",
        "pages",
        "price",
        "printed",
        "published",
        "author_id",
    ];
    let row = || [1, 2, 3, 4, 1, 6, 7].map(Value::I64);
    let query = f
        .books()
        .lookup("title__icontains", "x")
        .lookup("pages__in", [1, 2]);
    let sql = r#"SELECT "book"."id", "book"."title", "book"."pages", "book"."price", "book"."printed", "book"."published", "book"."author_id" FROM "book" WHERE queryset_icontains("book"."title", ?) AND "book"."pages" IN (?, ?) LIMIT 21"#;
    f.recording.expect(sql, columns, Vec::<[Value; 7]>::new());
    f.fails(
        query.get(&f.db),
        expect!["NotFound (Book): no Book matches title__icontains='x' and pages__in=[1, 2]"],
    );
    f.recording.expect(sql, columns, [row(), row()]);
    f.fails(query.get(&f.db), expect!["Multiple (Book): 2 Book rows match title__icontains='x' and pages__in=[1, 2] where one was wanted"]);
    f.recording
        .expect(sql, columns, std::iter::repeat_with(row).take(21));
    f.fails(query.get(&f.db), expect!["Multiple (Book): more than 20 Book rows match title__icontains='x' and pages__in=[1, 2] where one was wanted"]);
    f.fails(
        f.books().none().get(&f.db),
        expect!["NotFound (Book): no Book matches a condition that no row can meet"],
    );
    f.fails(
        f.books().none().nth(&f.db, 3),
        expect!["Index (Book): there is no Book at position 3"],
    );
    f.recording.finish().expect("every statement came");
}

#[test]
fn rows_that_do_not_fit() {
    let f = Fixture::new();
    f.recording.expect("SELECT 1", ["a"], [["x".into()]]);
    f.fails(
        raw::<(i64,)>("SELECT 1", vec![]).list(&f.db),
        expect![
            "Decode: column a holds a value of type text where i64 is wanted: it is of another kind"
        ],
    );
    f.recording.expect("SELECT 1", ["a"], [[Value::I64(300)]]);
    f.fails(
        raw::<(u8,)>("SELECT 1", vec![]).list(&f.db),
        expect![
            "Decode: column a holds a value of type integer where u8 is wanted: 300 is out of range"
        ],
    );
    f.recording.expect("SELECT 1", ["a"], [[Value::Null]]);
    f.fails(
        raw::<(bool,)>("SELECT 1", vec![]).list(&f.db),
        expect!["Decode: column a holds a value of type null where bool is wanted: it is of another kind"],
    );
    f.recording.expect("SELECT 1", ["a"], [[Value::I64(2)]]);
    f.fails(
        raw::<(bool,)>("SELECT 1", vec![]).list(&f.db),
        expect!["Decode: column a holds a value of type integer where bool is wanted: 2 is neither 0 nor 1"],
    );
    f.recording.expect("SELECT 1", ["a"], [[Value::F64(0.1)]]);
    f.fails(
        raw::<(f32,)>("SELECT 1", vec![]).list(&f.db),
        expect![
            "Decode: column a holds a value of type float where f32 is wanted: 0.1 has no exact f32"
        ],
    );
    f.recording.expect("SELECT 1", ["a"], [[Value::I64(2)]]);
    f.fails(
        raw::<(i64, i64)>("SELECT 1", vec![]).list(&f.db),
        expect!["Decode: column 2 was asked for, but the row has 1"],
    );
    f.recording.expect("SELECT 1", ["a"], [[Value::I64(-1)]]);
    f.fails(
        raw::<(Duration,)>("SELECT 1", vec![]).list(&f.db),
        expect!["Decode: column a holds a value of type integer where duration is wanted: -1 is out of range"],
    );
}
