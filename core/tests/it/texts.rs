//! Texts that a row gives away: [`Recording`]'s rows refuse to tell one that was taken.

use std::collections::BTreeMap;

use queryset::recording::Recording;
use queryset::{
    Dialect, Family, ForeignKey, FromRow, Model, Result, Reverse, RowReader, Value, raw,
};

#[derive(Model, Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Word {
    #[model(primary_key)]
    text: String,
    note: Option<String>,
}

/// Its key is looked at for the rows that refer to it.
#[derive(Model, Debug)]
struct Tag {
    #[model(primary_key)]
    name: String,
    #[model(reverse(Use::tag))]
    uses: Reverse<Use>,
}

#[derive(Model, Debug)]
struct Use {
    #[model(primary_key)]
    id: i64,
    tag: ForeignKey<Tag>,
}

/// Looks at the row again that a derived type has read.
#[derive(Debug, PartialEq)]
struct Twice(Word, String);

impl FromRow for Twice {
    fn from_row(row: &RowReader<'_>) -> Result<Self> {
        Ok(Self(Word::from_row(row)?, row.get(0)?))
    }
}

fn words() -> [Word; 2] {
    let word = |text: &str, note: Option<&str>| Word {
        text: text.into(),
        note: note.map(Into::into),
    };
    [word("ada", Some("first")), word("", None)]
}

fn recording() -> Recording {
    Recording::new(Dialect::new(Family::Sqlite, "recording"))
}

/// A recording that answers once with the words.
fn answering(sql: &str) -> Recording {
    let recording = recording();
    let rows = words().map(|word| {
        let note = word.note.map_or(Value::Null, Value::from);
        vec![Value::from(word.text), note]
    });
    recording.expect(sql, ["text", "note"], rows);
    recording
}

#[test]
fn a_model_and_a_tuple_take_each_text_once() {
    let statement = Word::objects().statement(&recording().database());
    let answered = answering(&statement.unwrap().unwrap().sql);
    assert_eq!(Word::objects().list(&answered.database()).unwrap(), words());
    answered.finish().unwrap();

    let answered = answering("SELECT");
    let query = raw::<(String, Option<String>)>("SELECT", vec![]);
    let expected = words().map(|word| (word.text, word.note));
    assert_eq!(query.list(&answered.database()).unwrap(), expected);
    answered.finish().unwrap();

    let answered = recording();
    let turned = words().map(|word| {
        let note = word.note.map_or(Value::Null, Value::from);
        vec![note, Value::from(word.text)]
    });
    answered.expect("SELECT", ["note", "text"], turned);
    let query = raw::<Word>("SELECT", vec![]);
    assert_eq!(query.list(&answered.database()).unwrap(), words());
    answered.finish().unwrap();
}

#[test]
fn a_key_is_looked_at_before_its_row_is_read() {
    let keys = || words().map(|word| word.text);
    let recorded = recording();
    let _ = Word::objects().in_bulk(&recorded.database(), keys());
    let asked = recorded.statements();
    let answered = answering(&asked[0].sql);
    let found = Word::objects().in_bulk(&answered.database(), keys());
    let found: BTreeMap<_, _> = found.unwrap().into_iter().collect();
    let expected = words().map(|word| (word.text.clone(), word));
    assert_eq!(found, BTreeMap::from(expected));
    answered.finish().unwrap();
}

#[test]
fn what_reads_a_row_by_hand_may_look_twice() {
    let answered = answering("SELECT");
    let read = raw::<Twice>("SELECT", vec![]).list(&answered.database());
    let expected = words().map(|word| Twice(word.clone(), word.text));
    assert_eq!(read.unwrap(), expected);
    answered.finish().unwrap();
}

#[test]
fn a_key_that_finds_related_rows_is_looked_at_before_its_field_is_read() {
    let answered = recording();
    answered.expect("SELECT", ["name"], [vec!["blue".into()]]);
    let tags = raw::<Tag>("SELECT", vec![]);
    let tag = tags.list(&answered.database()).unwrap().remove(0);
    assert_eq!((&*tag.name, tag.uses.loaded().is_ok()), ("blue", false));
    answered.finish().unwrap();
}

#[test]
fn a_reference_by_a_text_is_read_like_any_field() {
    #[derive(Model, Debug)]
    struct Label {
        #[model(primary_key)]
        id: String,
        tag: ForeignKey<Tag>,
        title: String,
    }
    let answered = recording();
    let row: Vec<Value> = vec!["a".into(), "blue".into(), "A".into()];
    answered.expect("SELECT", ["id", "tag_id", "title"], [row]);
    let labels = raw::<Label>("SELECT", vec![]);
    let label = labels.list(&answered.database()).unwrap().remove(0);
    let read = (&*label.id, label.tag.id().as_str(), &*label.title);
    assert_eq!(read, ("a", "blue", "A"));
    answered.finish().unwrap();
}
