//! A bookshop: models that refer to each other in every way, and their rows.

use queryset::{
    Deferred, ForeignKey, ManyToMany, Model, OneToOne, QuerySet, Reverse, ReverseOne, Value,
};

use crate::failure::{Failure, Verdict};
use crate::stage::{Session, Stage};

#[derive(Model, Clone, Debug, PartialEq)]
#[model(table = "shop_house", ordering("id"))]
pub(super) struct House {
    #[model(primary_key)]
    pub(super) id: i64,
    pub(super) name: String,
    #[model(reverse(Title::house))]
    pub(super) titles: Reverse<Title>,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[model(table = "shop_writer", ordering("id"))]
pub(super) struct Writer {
    #[model(primary_key)]
    pub(super) id: i64,
    pub(super) name: String,
    pub(super) mentor: Option<ForeignKey<Self>>,
    #[model(reverse(Self::mentor))]
    pub(super) pupils: Reverse<Self>,
    #[model(reverse(Title::writer))]
    pub(super) titles: Reverse<Title>,
    #[model(reverse(Card::writer))]
    pub(super) card: ReverseOne<Card>,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[model(table = "shop_card")]
pub(super) struct Card {
    #[model(primary_key)]
    pub(super) id: i64,
    pub(super) nickname: String,
    pub(super) writer: OneToOne<Writer>,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[model(table = "shop_title", ordering("id"))]
pub(super) struct Title {
    #[model(primary_key)]
    pub(super) id: i64,
    pub(super) name: String,
    pub(super) pages: i32,
    pub(super) blurb: Deferred<Option<String>>,
    pub(super) house: Option<ForeignKey<House>>,
    pub(super) writer: ForeignKey<Writer>,
    #[model(through_table("shop_title_tags", "title_id", "tag_id"))]
    pub(super) tags: ManyToMany<Tag>,
    #[model(through(Stock::title, Stock::branch))]
    pub(super) branches: ManyToMany<Branch>,
    #[model(reverse(Stock::title))]
    pub(super) stock: Reverse<Stock>,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[model(table = "shop_tag", ordering("name"))]
pub(super) struct Tag {
    #[model(primary_key, max_length = 20)]
    pub(super) name: String,
    #[model(reverse(Title::tags))]
    pub(super) titles: Reverse<Title>,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[model(table = "shop_branch", ordering("-id"))]
pub(super) struct Branch {
    #[model(primary_key)]
    pub(super) id: i64,
    pub(super) city: String,
    #[model(reverse(Title::branches))]
    pub(super) titles: Reverse<Title>,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[model(table = "shop_stock")]
pub(super) struct Stock {
    #[model(primary_key)]
    pub(super) id: i64,
    pub(super) title: ForeignKey<Title>,
    pub(super) branch: ForeignKey<Branch>,
    pub(super) copies: i32,
}

pub(super) fn titles() -> QuerySet<Title> {
    Title::objects()
}

pub(super) fn writers() -> QuerySet<Writer> {
    Writer::objects()
}

const HOUSES: [(i64, &str); 3] = [(1, "Acme"), (2, "Beta"), (3, "Empty")];

const WRITERS: [(i64, &str, Option<i64>); 5] = [
    (1, "Ada", None),
    (2, "Ben", Some(1)),
    (3, "Cyd", Some(2)),
    (4, "Dot", Some(1)),
    (5, "Eve", None),
];

const CARDS: [(i64, &str, i64); 2] = [(1, "the first", 1), (2, "benny", 2)];

type TitleRow = (
    i64,
    &'static str,
    i32,
    Option<&'static str>,
    Option<i64>,
    i64,
);

const TITLES: [TitleRow; 6] = [
    (1, "ant", 100, Some("small"), Some(1), 1),
    (2, "bee", 200, None, Some(2), 2),
    (3, "cat", 300, Some("soft"), None, 2),
    (4, "dog", 400, Some("loud"), Some(1), 3),
    (5, "eel", 500, None, Some(2), 3),
    (6, "fox", 600, Some("red"), Some(1), 3),
];

const TAGS: [&str; 3] = ["new", "old", "rare"];

const TAGGINGS: [(i64, &str); 6] = [
    (1, "new"),
    (1, "rare"),
    (2, "new"),
    (4, "old"),
    (4, "new"),
    (6, "rare"),
];

const BRANCHES: [(i64, &str); 2] = [(1, "Rome"), (2, "Oslo")];

const STOCK: [(i64, i64, i64, i32); 4] = [(1, 1, 1, 3), (2, 1, 2, 5), (3, 2, 2, 7), (4, 6, 1, 9)];

impl Stage {
    /// A database with the bookshop.
    pub(super) fn shop(&self) -> Verdict<Session> {
        let s = self.open()?;
        fill(
            &s,
            HOUSES.map(|(id, name)| House {
                id,
                name: name.into(),
                titles: Reverse::new(),
            }),
        )?;
        fill(
            &s,
            WRITERS.map(|(id, name, mentor)| Writer {
                id,
                name: name.into(),
                mentor: mentor.map(ForeignKey::new),
                pupils: Reverse::new(),
                titles: Reverse::new(),
                card: ReverseOne::new(),
            }),
        )?;
        fill(
            &s,
            CARDS.map(|(id, nickname, writer)| Card {
                id,
                nickname: nickname.into(),
                writer: ForeignKey::new(writer),
            }),
        )?;
        fill(
            &s,
            TITLES.map(|(id, name, pages, blurb, house, writer)| Title {
                id,
                name: name.into(),
                pages,
                blurb: blurb.map(ToOwned::to_owned).into(),
                house: house.map(ForeignKey::new),
                writer: ForeignKey::new(writer),
                tags: ManyToMany::new(),
                branches: ManyToMany::new(),
                stock: Reverse::new(),
            }),
        )?;
        fill(
            &s,
            TAGS.map(|name| Tag {
                name: name.into(),
                titles: Reverse::new(),
            }),
        )?;
        let relations = Title::meta().relations().iter();
        let tags = relations
            .filter(|relation| relation.name() == "tags")
            .find_map(|tags| tags.through_model(Title::meta()))
            .ok_or_else(|| Failure::new("no table for tags"))?;
        let pairs = TAGGINGS.map(|(title, tag)| vec![Value::I64(title), tag.into()]);
        s.prepare("filling tags", s.db().insert(&tags, pairs.to_vec()))?;
        fill(
            &s,
            BRANCHES.map(|(id, city)| Branch {
                id,
                city: city.into(),
                titles: Reverse::new(),
            }),
        )?;
        fill(
            &s,
            STOCK.map(|(id, title, branch, copies)| Stock {
                id,
                title: ForeignKey::new(title),
                branch: ForeignKey::new(branch),
                copies,
            }),
        )?;
        s.statements();
        Ok(s)
    }
}

fn fill<M: Model>(s: &Session, rows: impl IntoIterator<Item = M>) -> Verdict {
    let rows: Vec<M> = rows.into_iter().collect();
    let table = M::meta().table();
    s.prepare(&format!("creating {table}"), s.db().create_table::<M>())?;
    s.prepare(&format!("filling {table}"), s.db().bulk_create(&rows))?;
    Ok(())
}
