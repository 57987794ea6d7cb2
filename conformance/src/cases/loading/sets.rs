//! The related rows of one row: its sets as queries, and what is loaded on its own.

use queryset::{ErrorKind, ForeignKey, Model, Reverse};

use super::shop::{Branch, House, Tag, Title, Writer, titles, writers};
use crate::failure::{Verdict, same};
use crate::stage::{Stage, read};
use crate::{Case, Method};

pub(super) const CASES: &[Case] = &[
    Case::new("load.sets.reverse", Method::List, reverse),
    Case::new("load.sets.many", Method::List, many),
    Case::new("load.sets.one", Method::GetOrNone, one),
    Case::new("load.sets.sticky", Method::List, sticky),
    Case::new("load.sets.paths", Method::List, paths),
    Case::new("load.sets.load", Method::Get, load),
    Case::new("load.sets.load_nothing", Method::Get, load_nothing),
];

fn ids(titles: Vec<Title>) -> Vec<i64> {
    titles.iter().map(|title| title.id).collect()
}

fn names(writers: Vec<Writer>) -> Vec<String> {
    writers.into_iter().map(|writer| writer.name).collect()
}

fn reverse(stage: &Stage) -> Verdict {
    let s = stage.shop()?;
    let writer = read!(s, writers().filter(|w| w.name.eq("Cyd")), get / aget())?.value()?;
    let titles = writer.titles();
    let answer = read!(s, titles, list / alist())?.sends(1)?;
    same("joins", answer.statements()[0].contains("JOIN"), false)?;
    same("the titles", ids(answer.value()?), [4, 5, 6])?;
    let long = writer.titles().filter(|t| t.pages.gt(400));
    read!(s, long.clone(), count / acount())?
        .sends(1)?
        .gives(2)?;
    read!(s, long.reverse(), list / alist() => ids)?.gives(vec![6, 5])?;
    read!(s, writer.pupils(), exists / aexists())?
        .sends(1)?
        .gives(false)
}

fn many(stage: &Stage) -> Verdict {
    let s = stage.shop()?;
    let title = read!(s, titles().filter(|t| t.id.eq(4)), get / aget())?.value()?;
    let tag_names = |tags: Vec<Tag>| tags.into_iter().map(|tag| tag.name).collect::<Vec<_>>();
    let answer = read!(s, title.tags(), list / alist() => tag_names)?.sends(1)?;
    same("joins", answer.statements()[0].matches("JOIN").count(), 1)?;
    answer.gives(vec!["new".to_owned(), "old".to_owned()])?;
    let tag = Tag {
        name: "new".into(),
        titles: Reverse::new(),
    };
    read!(s, tag.titles(), list / alist() => ids)?.gives(vec![1, 2, 4])?;
    let branch = Branch {
        id: 1,
        city: String::new(),
        titles: Reverse::new(),
    };
    read!(s, branch.titles(), list / alist() => ids)?.gives(vec![1, 6])?;
    read!(s, branch.titles(), count / acount())?
        .sends(1)?
        .gives(2)
}

fn one(stage: &Stage) -> Verdict {
    let s = stage.shop()?;
    let all = read!(s, writers(), list / alist())?.value()?;
    let nickname = |card: Option<super::shop::Card>| card.map(|card| card.nickname);
    read!(s, all[1].card(), get_or_none / aget_or_none() => nickname)?
        .sends(1)?
        .gives(Some("benny".to_owned()))?;
    read!(s, all[2].card(), get_or_none / aget_or_none() => nickname)?.gives(None)
}

/// The first condition on the set's own relation is about the row that the set belongs to.
fn sticky(stage: &Stage) -> Verdict {
    let s = stage.shop()?;
    let tag = Tag {
        name: "new".into(),
        titles: Reverse::new(),
    };
    let same_tag = tag.titles().filter(|t| t.tags().name.eq("new"));
    let answer = read!(s, same_tag, list / alist())?.sends(1)?;
    same("joins", answer.statements()[0].matches("JOIN").count(), 1)?;
    same("the titles", ids(answer.value()?), [1, 2, 4])?;
    let other_tag = tag.titles().filter(|t| t.tags().name.eq("rare"));
    read!(s, other_tag, list / alist() => ids)?.gives(Vec::<i64>::new())?;
    let second = tag
        .titles()
        .filter(|t| t.pages.gt(0))
        .filter(|t| t.tags().name.eq("rare"));
    read!(s, second, list / alist() => ids)?.gives(vec![1])
}

/// Paths through every kind of relation.
fn paths(stage: &Stage) -> Verdict {
    let s = stage.shop()?;
    let ben =
        writers().filter(|w| w.titles().tags().name.eq("old") | w.card().nickname.eq("benny"));
    let ben = ben.distinct();
    read!(s, ben, list / alist() => names)?.gives(vec!["Ben".to_owned(), "Cyd".to_owned()])?;
    let of_ada = titles().filter(|t| t.writer().mentor().mentor().name.eq("Ada"));
    read!(s, of_ada, list / alist() => ids)?.gives(vec![4, 5, 6])?;
    let in_rome = House::objects().filter(|h| h.titles().branches().city.eq("Rome"));
    let in_rome = in_rome.distinct();
    let house_ids = |houses: Vec<House>| houses.iter().map(|h| h.id).collect::<Vec<_>>();
    read!(s, in_rome, list / alist() => house_ids)?.gives(vec![1])?;
    let by_house = titles().order_by(|t| (t.house().name.desc().nulls_last(), t.id.asc()));
    read!(s, by_house, list / alist() => ids)?.gives(vec![2, 5, 1, 4, 6, 3])
}

/// What is not loaded is fetched when it is asked for, and only then, and only once.
fn load(stage: &Stage) -> Verdict {
    let s = stage.shop()?;
    let query = titles().filter(|t| t.id.eq(1));
    match s.form() {
        crate::Form::Blocking => {
            let title = query.get(s.db())?;
            s.statements();
            same("the writer", &*title.writer.load(s.db())?.name, "Ada")?;
            same("the writer again", &*title.writer.load(s.db())?.name, "Ada")?;
            same("the statements", s.statements().len(), 1)?;
            same("the tags", title.tags.load(s.db())?.len(), 2)?;
            same("the tags, loaded", title.tags.loaded()?.len(), 2)?;
            let card = title.writer.loaded()?.card.load(s.db())?;
            same("the card", card.map(|card| card.id), Some(1))?;
            same("the statements", s.statements().len(), 2)
        }
        crate::Form::Async => {
            let db = s.db().clone();
            let found = s.task("loading", async move {
                let db = &db;
                let title = query.aget(db).await?;
                let writer = title.writer.aload(db).await?.name.clone();
                let again = title.writer.aload(db).await?.name.clone();
                let tags = title.tags.aload(db).await?.len();
                let card = title.writer.loaded()?.card.aload(db).await?;
                let card = card.map(|card| card.id);
                Ok::<_, queryset::Error>((writer, again, tags, card))
            })??;
            let ada = || "Ada".to_owned();
            same("what was loaded", found, (ada(), ada(), 2, Some(1)))?;
            same("the statements", s.statements().len(), 4)
        }
    }
}

fn load_nothing(stage: &Stage) -> Verdict {
    let s = stage.shop()?;
    let nobody: ForeignKey<Writer> = ForeignKey::new(99);
    let found = match s.form() {
        crate::Form::Blocking => nobody.load(s.db()).map(|writer| writer.id),
        crate::Form::Async => {
            let db = s.db().clone();
            s.task("loading", async move {
                nobody.aload(&db).await.map(|writer| writer.id)
            })?
        }
    };
    let kind = found.err().map(|error| error.kind());
    same("the error", kind, Some(ErrorKind::NotFound))?;
    let new: Reverse<Title> = Reverse::new();
    let found = match s.form() {
        crate::Form::Blocking => new.load(s.db()).map(<[Title]>::len),
        crate::Form::Async => {
            let db = s.db().clone();
            s.task("loading", async move {
                new.aload(&db).await.map(<[Title]>::len)
            })?
        }
    };
    let kind = found.err().map(|error| error.kind());
    same("the error", kind, Some(ErrorKind::Value))
}
