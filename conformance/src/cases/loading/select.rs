//! `select_related` of derived models.

use std::collections::HashMap;

use queryset::{ErrorKind, Model};

use super::shop::{Card, Stock, Title, Writer, titles, writers};
use crate::failure::{Verdict, same};
use crate::stage::{Stage, read};
use crate::{Case, Method};

pub(super) const CASES: &[Case] = &[
    Case::new("load.select.one", Method::List, one),
    Case::new("load.select.null", Method::List, null),
    Case::new("load.select.deep", Method::List, deep),
    Case::new("load.select.several", Method::List, several),
    Case::new("load.select.reverse_one", Method::List, reverse_one),
    Case::new("load.select.every_terminal", Method::Get, every_terminal),
    Case::new("load.select.with_filter", Method::List, with_filter),
    Case::new("load.select.required", Method::List, required),
    Case::new("load.select.not_loaded", Method::Get, not_loaded),
    Case::new("load.select.wrong_names", Method::List, wrong_names),
    Case::new("load.select.counts_alone", Method::Count, counts_alone),
];

fn one(stage: &Stage) -> Verdict {
    let s = stage.shop()?;
    let names = |rows: Vec<Title>| -> Vec<(String, String)> {
        let pair = |title: &Title| {
            let writer = title.writer.get().map(|writer| writer.name.clone());
            (title.name.clone(), writer.unwrap_or_default())
        };
        rows.iter().map(pair).collect()
    };
    let pair = |title: &str, writer: &str| (title.to_owned(), writer.to_owned());
    let query = titles().select_related(|t| t.writer()).limit(3);
    read!(s, query, list / alist() => names)?
        .sends(1)?
        .gives(vec![
            pair("ant", "Ada"),
            pair("bee", "Ben"),
            pair("cat", "Ben"),
        ])
}

/// What is not there is known not to be there, and leaves the row itself in the answer.
fn null(stage: &Stage) -> Verdict {
    let s = stage.shop()?;
    let houses = |rows: Vec<Title>| -> Vec<Option<String>> {
        let house = |title: &Title| {
            let house = title.house.as_ref()?.get()?;
            Some(house.name.clone())
        };
        rows.iter().map(house).collect()
    };
    let acme = || Some("Acme".to_owned());
    let beta = || Some("Beta".to_owned());
    let expected = vec![acme(), beta(), None, acme(), beta(), acme()];
    let query = titles().select_related(|t| t.house());
    read!(s, query, list / alist() => houses)?
        .sends(1)?
        .gives(expected)
}

fn deep(stage: &Stage) -> Verdict {
    let s = stage.shop()?;
    let query = Stock::objects()
        .select_related(|s| (s.title().writer().mentor().mentor(), s.title().house()))
        .order_by(|s| s.id.asc());
    let rows = read!(s, query, list / alist())?.sends(1)?.value()?;
    let mut found = Vec::new();
    for stock in &rows {
        let title = stock.title.loaded()?;
        let writer = title.writer.loaded()?;
        let mentor = match &writer.mentor {
            Some(mentor) => Some(mentor.loaded()?),
            None => None,
        };
        let grand = match mentor.and_then(|mentor| mentor.mentor.as_ref()) {
            Some(grand) => Some(grand.loaded()?.name.as_str()),
            None => None,
        };
        found.push((
            title.name.as_str(),
            writer.name.as_str(),
            mentor.map(|mentor| mentor.name.as_str()),
            grand,
        ));
        same("the branch is not loaded", stock.branch.is_loaded(), false)?;
    }
    let expected = vec![
        ("ant", "Ada", None, None),
        ("ant", "Ada", None, None),
        ("bee", "Ben", Some("Ada"), None),
        ("fox", "Cyd", Some("Ben"), Some("Ada")),
    ];
    same("what was loaded", found, expected)
}

fn several(stage: &Stage) -> Verdict {
    let s = stage.shop()?;
    // Calls add up, and the same relation twice is one.
    let query = titles()
        .select_related(|t| t.writer())
        .select_related(|t| (t.house(), t.writer()))
        .limit(1);
    let rows = read!(s, query, list / alist())?.sends(1)?.value()?;
    same("the number of rows", rows.len(), 1)?;
    same("the writer", &*rows[0].writer.loaded()?.name, "Ada")?;
    let house = rows[0].house.as_ref().and_then(|house| house.get());
    same("the house", house.map(|house| &*house.name), Some("Acme"))
}

fn reverse_one(stage: &Stage) -> Verdict {
    let s = stage.shop()?;
    let query = writers().select_related(|w| (w.card(), w.mentor().card()));
    let rows = read!(s, query, list / alist())?.sends(1)?.value()?;
    let mut found = Vec::new();
    for writer in &rows {
        let own = writer.card.loaded()?.map(|card| card.nickname.as_str());
        let mentors = match &writer.mentor {
            Some(mentor) => mentor.loaded()?.card.loaded()?,
            None => None,
        };
        found.push((own, mentors.map(|card| card.nickname.as_str())));
    }
    let expected = vec![
        (Some("the first"), None),
        (Some("benny"), Some("the first")),
        (None, Some("benny")),
        (None, Some("the first")),
        (None, None),
    ];
    same("the nicknames", found, expected)
}

fn every_terminal(stage: &Stage) -> Verdict {
    let s = stage.shop()?;
    let name = |title: Title| title.writer.get().map(|writer| writer.name.clone());
    let of = move |title: Option<Title>| title.and_then(name);
    let query = || titles().select_related(|t| t.writer());
    let ada = || Some("Ada".to_owned());
    let cyd = || Some("Cyd".to_owned());
    let four = query().filter(|t| t.id.eq(4));
    read!(s, four.clone(), get / aget() => name)?
        .sends(1)?
        .gives(cyd())?;
    read!(s, four, get_or_none / aget_or_none() => of)?
        .sends(1)?
        .gives(cyd())?;
    read!(s, query(), first / afirst() => of)?
        .sends(1)?
        .gives(ada())?;
    read!(s, query(), last / alast() => of)?
        .sends(1)?
        .gives(cyd())?;
    read!(s, query(), nth / anth(5) => name)?
        .sends(1)?
        .gives(cyd())?;
    let by_pages = || ["pages"];
    read!(s, query(), latest_by_names / alatest_by_names(by_pages()) => name)?
        .sends(1)?
        .gives(cyd())?;
    let of_four = move |mut bulk: HashMap<i64, Title>| bulk.remove(&4).and_then(name);
    read!(s, query(), in_bulk / ain_bulk([1, 4]) => of_four)?
        .sends(1)?
        .gives(cyd())?;
    let all = crate::stage::iterate!(s, query())?.sends(1)?.value()?;
    let all: Vec<_> = all.into_iter().filter_map(name).collect();
    same(
        "the writers",
        all,
        ["Ada", "Ben", "Ben", "Cyd", "Cyd", "Cyd"],
    )
}

/// A condition on the same relation shares its table.
fn with_filter(stage: &Stage) -> Verdict {
    let s = stage.shop()?;
    let query = titles()
        .filter(|t| t.house().name.eq("Beta"))
        .select_related(|t| t.house())
        .order_by(|t| t.house().name.asc());
    let answer = read!(s, query, list / alist())?.sends(1)?;
    let joins = answer.statements()[0].matches("JOIN").count();
    same("the number of joins", joins, 1)?;
    let rows = answer.value()?;
    let ids: Vec<_> = rows.iter().map(|title| title.id).collect();
    same("the titles", ids, [2, 5])?;
    let house = rows[0].house.as_ref().and_then(|house| house.get());
    same("the house", house.map(|house| house.id), Some(2))
}

/// Without names only what cannot be missing is followed.
fn required(stage: &Stage) -> Verdict {
    let s = stage.shop()?;
    let query = Stock::objects().select_related_all().filter(|s| s.id.eq(3));
    let row = read!(s, query, get / aget())?.sends(1)?.value()?;
    let title = row.title.loaded()?;
    same("the branch", &*row.branch.loaded()?.city, "Oslo")?;
    same("the writer", &*title.writer.loaded()?.name, "Ben")?;
    let house = title.house.as_ref().map(|house| house.is_loaded());
    same("whether the house is loaded", house, Some(false))?;
    let none = Stock::objects()
        .select_related_all()
        .select_related_none()
        .filter(|s| s.id.eq(3));
    let row = read!(s, none, get / aget())?.sends(1)?.value()?;
    same("whether the title is loaded", row.title.is_loaded(), false)
}

fn not_loaded(stage: &Stage) -> Verdict {
    let s = stage.shop()?;
    let row = read!(s, titles().filter(|t| t.id.eq(1)), get / aget())?
        .sends(1)?
        .value()?;
    same("the writer's key", row.writer.id(), &1)?;
    same(
        "whether there is a writer",
        row.writer.get().is_none(),
        true,
    )?;
    let error = row.writer.loaded().err().map(|error| error.kind());
    same("the error", error, Some(ErrorKind::NotLoaded))?;
    let error = row.tags.loaded().err().map(|error| error.kind());
    same("the error of a set", error, Some(ErrorKind::NotLoaded))
}

fn wrong_names(stage: &Stage) -> Verdict {
    let s = stage.shop()?;
    for (path, says) in [
        ("nosuch", "no relation"),
        ("name", "column"),
        ("tags", "many"),
        ("stock", "many"),
        ("writer__nosuch", "nosuch"),
        ("writer__titles", "many"),
    ] {
        let query = titles().select_related_names([path]);
        // As in Django it is told when the query is read.
        query.check()?;
        read!(s, query, list / alist())?
            .refused(ErrorKind::Field)?
            .says(&[says, "choices are"])?;
    }
    Ok(())
}

/// Related rows are of no interest to what is no row.
fn counts_alone(stage: &Stage) -> Verdict {
    let s = stage.shop()?;
    let query = || titles().select_related(|t| (t.writer(), t.house()));
    let answer = read!(s, query(), count / acount())?.sends(1)?;
    same("joins", answer.statements()[0].contains("JOIN"), false)?;
    answer.gives(6)?;
    read!(s, query(), exists / aexists())?
        .sends(1)?
        .gives(true)?;
    let none = Card::objects().select_related(|c| c.writer()).none();
    let none_of_them = |cards: Vec<Card>| cards.len();
    read!(s, none, list / alist() => none_of_them)?
        .sends(0)?
        .gives(0)?;
    same("the model", Writer::meta().name(), "Writer")
}
