//! Models that refer to each other, with random rows, and the rows that a path leads to.

use std::sync::Arc;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use queryset::{
    ColumnMeta, ColumnType, Family, ModelMeta, ModelRef, ModelSet, RelationMeta, Value,
};

use super::ask::Ask;
use super::related::{Path, Related};
use super::table::Table;
use super::tree::Place;
use crate::failure::Verdict;
use crate::stage::Session;

pub(super) const AUTHOR: usize = 0;
pub(super) const BOOK: usize = 1;
pub(super) const TAG: usize = 2;

/// One step along a relation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Hop {
    pub(super) name: &'static str,
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) many: bool,
    /// What joins the two models' rows.
    by: By,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum By {
    /// This column of the row holds the key.
    Key(usize),
    /// This column of the others holds the row's key.
    Keyed(usize),
    /// A book and a tag in the third table, seen from the book or from the tag.
    Pair { book: bool },
}

const fn hop(name: &'static str, from: usize, to: usize, by: By) -> Hop {
    Hop {
        name,
        from,
        to,
        many: !matches!(by, By::Key(_)),
        by,
    }
}

/// Every relation, from both sides. All foreign keys but `editor` may be NULL.
pub(super) const HOPS: [Hop; 8] = [
    hop("author", BOOK, AUTHOR, By::Key(3)),
    hop("editor", BOOK, AUTHOR, By::Key(4)),
    hop("mentor", AUTHOR, AUTHOR, By::Key(3)),
    hop("tags", BOOK, TAG, By::Pair { book: true }),
    hop("books", AUTHOR, BOOK, By::Keyed(3)),
    hop("edited", AUTHOR, BOOK, By::Keyed(4)),
    hop("pupils", AUTHOR, AUTHOR, By::Keyed(3)),
    hop("books", TAG, BOOK, By::Pair { book: false }),
];

/// The columns that random conditions compare, with their types: the same for each model, a number
/// that may be NULL and a text that may not.
pub(super) const COLUMNS: [(&str, ColumnType, bool); 3] = [
    ("id", ColumnType::I64, false),
    ("name", ColumnType::Text, false),
    ("rank", ColumnType::I32, true),
];

/// Authors, books, tags, and which book has which tag.
#[derive(Clone, Debug)]
pub(super) struct World {
    models: Vec<Arc<ModelMeta>>,
    rows: [Vec<Vec<Value>>; 3],
    pairs: Vec<(i64, i64)>,
}

/// Random rows of models whose tables are named by this number.
pub(super) fn worlds(number: u32) -> impl Strategy<Value = World> {
    let name = select(vec!["a", "b", "A", "ab"]).prop_map(Value::from);
    let rank = prop_oneof![3 => (0..4i64).prop_map(Value::I64), 1 => Just(Value::Null)];
    let own = (name, rank);
    let authors = vec(
        (own.clone(), option::of(any::<prop::sample::Index>())),
        3..=6,
    );
    let key = any::<prop::sample::Index>;
    let books = vec((own.clone(), option::weighted(0.7, key()), key()), 4..=9);
    let tags = vec(own, 2..=4);
    let pairs = vec((key(), key()), 0..=10);
    (authors, books, tags, pairs).prop_map(move |(authors, books, tags, pairs)| {
        let row = |place: usize, (name, rank): &(Value, Value)| {
            vec![Value::I64(place as i64 + 1), name.clone(), rank.clone()]
        };
        let key = |index: &prop::sample::Index, count: usize| index.index(count) as i64 + 1;
        let author_rows = authors.iter().enumerate().map(|(place, (own, mentor))| {
            // A mentor comes earlier, as MySQL wants it of the rows of one statement.
            let mentor = mentor.as_ref().filter(|_| place > 0);
            let mentor = mentor.map_or(Value::Null, |mentor| Value::I64(key(mentor, place)));
            [row(place, own), vec![mentor]].concat()
        });
        let book_rows = books
            .iter()
            .enumerate()
            .map(|(place, (own, author, editor))| {
                let author = author
                    .as_ref()
                    .map_or(Value::Null, |author| Value::I64(key(author, authors.len())));
                let editor = Value::I64(key(editor, authors.len()));
                [row(place, own), vec![author, editor]].concat()
            });
        let tag_rows = tags.iter().enumerate().map(|(place, own)| row(place, own));
        let mut pairs: Vec<(i64, i64)> = pairs
            .iter()
            .map(|(book, tag)| (key(book, books.len()), key(tag, tags.len())))
            .collect();
        pairs.sort_unstable();
        pairs.dedup();
        World {
            models: models(number),
            rows: [
                author_rows.collect(),
                book_rows.collect(),
                tag_rows.collect(),
            ],
            pairs,
        }
    })
}

fn models(number: u32) -> Vec<Arc<ModelMeta>> {
    let start = |name: &str| {
        let builder = ModelMeta::builder(name).table(format!("{}{number}", name.to_lowercase()));
        COLUMNS
            .iter()
            .enumerate()
            .fold(builder, |builder, (place, &(name, ty, nullable))| {
                let column = ColumnMeta::new(name, ty).nullable(nullable);
                builder.column(if place == 0 {
                    column.primary_key()
                } else {
                    column
                })
            })
    };
    let key = |name: &str| ColumnMeta::new(name, ColumnType::I64);
    let foreign = |name: &str, related: &str| {
        RelationMeta::foreign_key(name, format!("{name}_id"), ModelRef::named("Author"))
            .related_name(related)
    };
    let set = ModelSet::build([
        start("Author")
            .column(key("mentor_id").nullable(true))
            .relation(foreign("mentor", "pupils")),
        start("Book")
            .column(key("author_id").nullable(true))
            .column(key("editor_id"))
            .relation(foreign("author", "books"))
            .relation(foreign("editor", "edited"))
            .relation(
                RelationMeta::many_to_many("tags", ModelRef::named("Tag")).related_name("books"),
            ),
        start("Tag"),
    ]);
    let set = set.expect("models that fit together");
    let model = |name: &str| Arc::clone(set.get(name).expect("it is in the set"));
    ["Author", "Book", "Tag"].map(model).into()
}

impl World {
    /// The same rows in the tables of other models, with the same columns and relations.
    pub(super) fn of(self, models: Vec<Arc<ModelMeta>>) -> Self {
        Self { models, ..self }
    }

    /// Creates and fills all tables.
    pub(super) fn fill(&self, s: &Session) -> Verdict {
        let db = s.db();
        for (meta, rows) in self.models.iter().zip(&self.rows) {
            s.prepare("creating a table", db.create_table_for(meta))?;
            s.prepare("adding rows", db.insert(meta, rows.clone()))?;
        }
        let book = &self.models[BOOK];
        let tags = book
            .relations()
            .iter()
            .find(|relation| relation.name() == "tags");
        let Some(through) = tags.and_then(|tags| tags.through_model(book)) else {
            return crate::failure::fail("the tags have no table");
        };
        let pairs = self.pairs.iter().zip(1..).map(|(&(book, tag), id)| {
            let columns = through
                .columns()
                .iter()
                .map(|column| match column.column() {
                    "book_id" => Value::I64(book),
                    "tag_id" => Value::I64(tag),
                    _ => Value::I64(id),
                });
            columns.collect()
        });
        s.prepare("adding pairs", db.insert(&through, pairs.collect()))?;
        Ok(())
    }

    /// The rows of a model; behind its columns what orderings across its to-one relations see.
    pub(super) fn table(&self, root: usize) -> Table {
        let rows = self.rows[root].iter().map(|row| {
            let mut row = row.clone();
            for path in ordered(root) {
                let end = path.iter().try_fold(row.as_slice(), |row, hop| {
                    self.follow(row, *hop).first().copied()
                });
                row.push(end.map_or(Value::Null, |end| end[1].clone()));
            }
            row
        });
        Table {
            meta: Arc::clone(&self.models[root]),
            rows: rows.collect(),
        }
    }

    /// What a model's rows are ordered by: places in the rows of its table, and names.
    pub(super) fn sorted(&self, root: usize) -> Vec<(usize, Box<str>)> {
        let mut sorted = super::ask::sorted(&self.models[root]);
        let own = self.models[root].columns().len();
        for (place, path) in ordered(root).iter().enumerate() {
            let names: Vec<_> = path.iter().map(|hop| hop.name).collect();
            sorted.push((own + place, format!("{}__name", names.join("__")).into()));
        }
        sorted
    }

    /// How often the query gives the row: once for each way to choose the related rows of each
    /// filter, which has those of its own.
    pub(super) fn times(
        &self,
        root: usize,
        row: &[Value],
        ask: &Ask<Related>,
        family: Family,
    ) -> usize {
        let row = &self.rows[root][place(&row[0])][..];
        let each = ask.steps.iter().map(|step| {
            let start = Place::default().negated(step.exclude);
            // The relations to many that one filter joins: those outside of its negations.
            let mut joined: Vec<Path> = Vec::new();
            step.tree.visit(start, &mut |leaf, place| {
                if !place.within {
                    joined.extend(leaf.joins());
                }
            });
            joined.sort();
            joined.dedup();
            let mut ways = 0;
            self.ways(row, &joined, &mut Vec::new(), &mut |chosen| {
                let truth = step.tree.truth(start, family, &|leaf, place| {
                    self.leaf(row, leaf, place, chosen, family)
                });
                ways += usize::from(truth == Some(!step.exclude));
                false
            });
            ways
        });
        each.product()
    }

    fn leaf<'w>(
        &'w self,
        row: &'w [Value],
        leaf: &Related,
        place: Place,
        chosen: &[(Path, Option<&'w [Value]>)],
        family: Family,
    ) -> Option<bool> {
        if place.within && leaf.path.iter().any(|hop| hop.many) {
            // Whether there is a related row of which it holds.
            let mut exists = false;
            self.ways(row, &leaf.joins(), &mut Vec::new(), &mut |chosen| {
                let cell = self.cell(row, leaf, chosen);
                exists = leaf.truth(&cell, false, family) == Some(true);
                exists
            });
            return Some(exists);
        }
        let asked = place.odd && leaf.is_nullable();
        leaf.truth(&self.cell(row, leaf, chosen), asked, family)
    }

    /// Calls `take` with every way to choose a row for each of the paths, which come behind those
    /// that they go on from; where a path leads to no row, that is the one choice. `take` says
    /// whether that is enough.
    fn ways<'w>(
        &'w self,
        row: &'w [Value],
        paths: &[Path],
        chosen: &mut Vec<(Path, Option<&'w [Value]>)>,
        take: &mut impl FnMut(&[(Path, Option<&'w [Value]>)]) -> bool,
    ) -> bool {
        let Some((path, rest)) = paths.split_first() else {
            return take(chosen);
        };
        let Some((last, before)) = path.split_last() else {
            return false;
        };
        let from = self.end(row, before, chosen);
        let found = from.map_or(Vec::new(), |from| self.follow(from, *last));
        let choices: Vec<Option<&[Value]>> = match found.is_empty() {
            true => vec![None],
            false => found.into_iter().map(Some).collect(),
        };
        for choice in choices {
            chosen.push((path.clone(), choice));
            let enough = self.ways(row, rest, chosen, take);
            chosen.pop();
            if enough {
                return true;
            }
        }
        false
    }

    fn cell<'w>(
        &'w self,
        row: &'w [Value],
        leaf: &Related,
        chosen: &[(Path, Option<&'w [Value]>)],
    ) -> Value {
        let end = self.end(row, &leaf.path, chosen);
        end.map_or(Value::Null, |end| end[leaf.leaf.column].clone())
    }

    /// The row at the end of a path, by the rows that were chosen on its way.
    fn end<'w>(
        &'w self,
        row: &'w [Value],
        path: &[Hop],
        chosen: &[(Path, Option<&'w [Value]>)],
    ) -> Option<&'w [Value]> {
        let Some((last, before)) = path.split_last() else {
            return Some(row);
        };
        if last.many {
            let chosen = chosen.iter().find(|(known, _)| known.as_slice() == path);
            return chosen.and_then(|(_, row)| *row);
        }
        let from = self.end(row, before, chosen)?;
        self.follow(from, *last).first().copied()
    }

    fn follow(&self, row: &[Value], hop: Hop) -> Vec<&[Value]> {
        let others = self.rows[hop.to].iter().map(Vec::as_slice);
        let own = &row[0];
        match hop.by {
            By::Key(column) => others.filter(|other| other[0] == row[column]).collect(),
            By::Keyed(column) => others.filter(|other| other[column] == *own).collect(),
            By::Pair { book } => {
                let is_pair = |other: &Value| {
                    let (book, tag) = if book { (own, other) } else { (other, own) };
                    let mut pairs = self.pairs.iter();
                    pairs.any(|pair| *book == Value::I64(pair.0) && *tag == Value::I64(pair.1))
                };
                others.filter(|other| is_pair(&other[0])).collect()
            }
        }
    }
}

/// The paths over relations to one that a model's rows are ordered by.
fn ordered(root: usize) -> Vec<Path> {
    let one = |from: usize| HOPS.iter().filter(move |hop| hop.from == from && !hop.many);
    let first = one(root).map(|hop| vec![*hop]);
    let second = one(root).flat_map(|hop| one(hop.to).map(|next| vec![*hop, *next]));
    first.chain(second).collect()
}

fn place(key: &Value) -> usize {
    match key {
        Value::I64(key) => usize::try_from(*key - 1).unwrap_or_default(),
        _ => 0,
    }
}
