//! Loading with records.

use queryset::{ErrorKind, Model, Prefetch, QuerySet, Record};

use super::shop::{House, Title, Writer};
use crate::failure::{Verdict, same};
use crate::stage::{Stage, read};
use crate::{Case, Method};

pub(super) const CASES: &[Case] = &[
    Case::new("load.records.select", Method::List, select),
    Case::new("load.records.prefetch", Method::List, prefetch),
    Case::new("load.records.to_attr", Method::List, to_attr),
    Case::new("load.records.sliced", Method::List, sliced),
    Case::new("load.records.load", Method::Get, load),
];

fn houses() -> QuerySet<Record> {
    QuerySet::dynamic(House::meta())
}

fn titles() -> QuerySet<Record> {
    QuerySet::dynamic(Title::meta())
}

fn ids(records: &[Record]) -> Verdict<Vec<i64>> {
    let mut ids = Vec::new();
    for record in records {
        ids.push(record.get("id")?);
    }
    Ok(ids)
}

fn select(stage: &Stage) -> Verdict {
    let s = stage.shop()?;
    let query = titles().select_related_names(["writer__mentor__card", "house"]);
    let rows = read!(s, query, list / alist())?.sends(1)?.value()?;
    let dog = &rows[3];
    let writer = dog.related("writer")?.map(|w| w.get::<String>("name"));
    same("the writer", writer.transpose()?, Some("Cyd".to_owned()))?;
    let mentor = match dog.related("writer")? {
        Some(writer) => writer.related("mentor")?,
        None => None,
    };
    let card = match mentor {
        Some(mentor) => mentor.related("card")?,
        None => None,
    };
    let nickname = card.map(|card| card.get::<String>("nickname"));
    same("the card", nickname.transpose()?, Some("benny".to_owned()))?;
    same("no house", rows[2].related("house")?.is_none(), true)?;
    let error = dog.related("tags").err().map(|error| error.kind());
    same("not loaded", error, Some(ErrorKind::NotLoaded))?;
    let error = dog.related_set("writer").err().map(|error| error.kind());
    same("one row", error, Some(ErrorKind::Type))
}

fn prefetch(stage: &Stage) -> Verdict {
    let s = stage.shop()?;
    let query = houses().prefetch_related_names(["titles__tags", "titles__writer"]);
    let rows = read!(s, query, list / alist())?.sends(4)?.value()?;
    let acme = rows[0].related_set("titles")?;
    same("the titles", ids(acme)?, [1, 4, 6])?;
    same("the tags", acme[0].related_set("tags")?.len(), 2)?;
    let writer = acme[1].related("writer")?.map(|w| w.get::<String>("name"));
    same("the writer", writer.transpose()?, Some("Cyd".to_owned()))?;
    same("nothing", rows[2].related_set("titles")?.len(), 0)?;
    let writers: QuerySet<Record> = QuerySet::dynamic(Writer::meta());
    let query = writers.prefetch_related_names(["card", "pupils"]);
    let rows = read!(s, query, list / alist())?.sends(3)?.value()?;
    same("a card", rows[1].related("card")?.is_some(), true)?;
    same("no card", rows[2].related("card")?.is_none(), true)?;
    same("pupils", ids(rows[0].related_set("pupils")?)?, [2, 4])
}

fn to_attr(stage: &Stage) -> Verdict {
    let s = stage.shop()?;
    let long = titles()
        .lookup("pages__gte", 400)
        .order_by_names(["-pages"]);
    let query = houses().prefetch_related_names([
        Prefetch::new("titles").to_attr("all_titles"),
        Prefetch::new("titles")
            .queryset(long)
            .to_attr("long_titles"),
        Prefetch::new("long_titles__tags"),
    ]);
    let rows = read!(s, query, list / alist())?.sends(4)?.value()?;
    same("all", ids(rows[0].related_set("all_titles")?)?, [1, 4, 6])?;
    let long = rows[0].related_set("long_titles")?;
    same("the long ones", ids(long)?, [6, 4])?;
    same("their tags", long[0].related_set("tags")?.len(), 1)?;
    same("others", rows[0].is_loaded("titles"), false)?;
    let taken = houses().prefetch_related_names([Prefetch::new("titles").to_attr("name")]);
    read!(s, taken, list / alist())?.fails(ErrorKind::Value)?;
    Ok(())
}

fn sliced(stage: &Stage) -> Verdict {
    let s = stage.shop()?;
    let top = || titles().order_by_names(["-pages"]).limit(1);
    let query = houses()
        .prefetch_related_names([Prefetch::new("titles").queryset(top()).to_attr("longest")]);
    let rows = read!(s, query, list / alist())?.sends(2)?.value()?;
    same("the longest", ids(rows[0].related_set("longest")?)?, [6])?;
    same("the other's", ids(rows[1].related_set("longest")?)?, [5])?;
    same(
        "nobody's",
        ids(rows[2].related_set("longest")?)?,
        Vec::<i64>::new(),
    )?;
    // A part under the relation's own name would be taken for all.
    let query = houses().prefetch_related_names([Prefetch::new("titles").queryset(top())]);
    read!(s, query, list / alist())?.fails(ErrorKind::Type)?;
    Ok(())
}

fn load(stage: &Stage) -> Verdict {
    let s = stage.shop()?;
    let row = read!(s, titles().lookup("id", 4), get / aget())?.value()?;
    s.statements();
    let name = match s.form() {
        crate::Form::Blocking => {
            let writer = row.load(Title::meta(), "writer", s.db())?;
            let name = writer
                .map(|writer| writer.get::<String>("name"))
                .transpose()?;
            row.load(Title::meta(), "writer", s.db())?;
            name
        }
        crate::Form::Async => {
            let (row, db) = (row.clone(), s.db().clone());
            s.task("loading", async move {
                let writer = row.aload(Title::meta(), "writer", &db).await?;
                let name = writer
                    .map(|writer| writer.get::<String>("name"))
                    .transpose();
                row.aload(Title::meta(), "writer", &db).await?;
                name
            })??
        }
    };
    same("the writer", name, Some("Cyd".to_owned()))?;
    same("the statements", s.statements().len(), 1)?;
    let Some(tags) = row.query(Title::meta(), "tags")? else {
        return crate::failure::fail("tags need no column");
    };
    let tag_names = |tags: Vec<Record>| tags.len();
    read!(s, tags, list / alist() => tag_names)?
        .sends(1)?
        .gives(2)
}
