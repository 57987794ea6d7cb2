//! `prefetch_related` of derived models.

use std::collections::HashMap;

use queryset::{ErrorKind, Model, QuerySet, Reverse};

use super::shop::{Branch, House, Stock, Tag, Title, Writer, titles, writers};
use crate::failure::{Verdict, same};
use crate::stage::{Stage, iterate, read};
use crate::{Case, Method};

pub(super) const CASES: &[Case] = &[
    Case::new("load.prefetch.reverse", Method::List, reverse),
    Case::new("load.prefetch.back", Method::List, back),
    Case::new("load.prefetch.forward", Method::List, forward),
    Case::new("load.prefetch.many", Method::List, many),
    Case::new("load.prefetch.many_reverse", Method::List, many_reverse),
    Case::new("load.prefetch.through_model", Method::List, through_model),
    Case::new("load.prefetch.reverse_one", Method::List, reverse_one),
    Case::new("load.prefetch.itself", Method::List, itself),
    Case::new("load.prefetch.nested", Method::List, nested),
    Case::new("load.prefetch.shared", Method::List, shared),
    Case::new("load.prefetch.with", Method::List, with),
    Case::new("load.prefetch.with_none", Method::List, with_none),
    Case::new("load.prefetch.sliced", Method::List, sliced),
    Case::new(
        "load.prefetch.behind_selected",
        Method::List,
        behind_selected,
    ),
    Case::new("load.prefetch.every_terminal", Method::Get, every_terminal),
    Case::new("load.prefetch.chunks", Method::Iter, chunks),
    Case::new("load.prefetch.no_rows", Method::List, no_rows),
    Case::new("load.prefetch.order", Method::List, order),
    Case::new("load.prefetch.one_text", Method::List, one_text),
    Case::new("load.prefetch.wrong_names", Method::List, wrong_names),
];

fn ids(titles: &[Title]) -> Vec<i64> {
    titles.iter().map(|title| title.id).collect()
}

fn reverse(stage: &Stage) -> Verdict {
    let s = stage.shop()?;
    let query = House::objects().prefetch_related(|h| h.titles());
    let rows = read!(s, query, list / alist())?.sends(2)?.value()?;
    let mut found = Vec::new();
    for house in &rows {
        found.push((house.id, ids(house.titles.loaded()?)));
    }
    let expected = vec![(1, vec![1, 4, 6]), (2, vec![2, 5]), (3, vec![])];
    same("the titles", found, expected)
}

/// The rows of the other side know whose they are.
fn back(stage: &Stage) -> Verdict {
    let s = stage.shop()?;
    let query = House::objects().prefetch_related(|h| h.titles());
    let rows = read!(s, query, list / alist())?.sends(2)?.value()?;
    let mut found = Vec::new();
    for house in &rows {
        for title in house.titles.loaded()? {
            let back = title.house.as_ref().map(|back| back.load(s.db()));
            found.push((title.id, back.transpose()?.map(|back| &*back.name)));
        }
    }
    let (acme, beta) = (Some("Acme"), Some("Beta"));
    let expected = vec![(1, acme), (4, acme), (6, acme), (2, beta), (5, beta)];
    same("the houses", found, expected)?;
    same("statements", s.statements().len(), 0)?;
    // Of one-to-one relations too.
    let query = writers().prefetch_related(|w| w.card());
    let rows = read!(s, query, list / alist())?.sends(2)?.value()?;
    let mut found = Vec::new();
    for card in rows.iter().filter_map(|writer| writer.card.get()) {
        found.push(&*card.writer.loaded()?.name);
    }
    same("the writers", found, vec!["Ada", "Ben"])
}

fn forward(stage: &Stage) -> Verdict {
    let s = stage.shop()?;
    let query = titles().prefetch_related(|t| (t.house(), t.writer()));
    let rows = read!(s, query, list / alist())?.sends(3)?.value()?;
    let mut found = Vec::new();
    for title in &rows {
        let house = match &title.house {
            Some(house) => Some(&*house.loaded()?.name),
            None => None,
        };
        found.push((house, &*title.writer.loaded()?.name));
    }
    let expected = vec![
        (Some("Acme"), "Ada"),
        (Some("Beta"), "Ben"),
        (None, "Ben"),
        (Some("Acme"), "Cyd"),
        (Some("Beta"), "Cyd"),
        (Some("Acme"), "Cyd"),
    ];
    same("houses and writers", found, expected)
}

fn tags(rows: &[Title]) -> Verdict<Vec<(i64, Vec<String>)>> {
    let mut found = Vec::new();
    for title in rows {
        let tags = title.tags.loaded()?.iter().map(|tag| tag.name.clone());
        found.push((title.id, tags.collect()));
    }
    Ok(found)
}

fn many(stage: &Stage) -> Verdict {
    let s = stage.shop()?;
    let query = titles().prefetch_related(|t| t.tags());
    let rows = read!(s, query, list / alist())?.sends(2)?.value()?;
    let expected: [(i64, &[&str]); 6] = [
        (1, &["new", "rare"]),
        (2, &["new"]),
        (3, &[]),
        (4, &["new", "old"]),
        (5, &[]),
        (6, &["rare"]),
    ];
    let expected: Vec<(i64, Vec<String>)> = expected
        .iter()
        .map(|(id, tags)| (*id, tags.iter().map(|&tag| tag.to_owned()).collect()))
        .collect();
    same("the tags", tags(&rows)?, expected)
}

fn many_reverse(stage: &Stage) -> Verdict {
    let s = stage.shop()?;
    let by_id = titles().order_by(|t| t.id.desc());
    let query = Tag::objects().prefetch_related_with(|t| t.titles(), by_id);
    let rows = read!(s, query, list / alist())?.sends(2)?.value()?;
    let mut found = Vec::new();
    for tag in &rows {
        found.push((&*tag.name, ids(tag.titles.loaded()?)));
    }
    let expected = vec![
        ("new", vec![4, 2, 1]),
        ("old", vec![4]),
        ("rare", vec![6, 1]),
    ];
    same("the titles", found, expected)
}

fn through_model(stage: &Stage) -> Verdict {
    let s = stage.shop()?;
    let query = titles()
        .filter(|t| t.id.lt(4))
        .prefetch_related(|t| (t.branches(), t.stock().branch()));
    let rows = read!(s, query, list / alist())?.sends(4)?.value()?;
    let mut found = Vec::new();
    for title in &rows {
        let cities = title.branches.loaded()?.iter().map(|b| b.city.clone());
        let mut copies = Vec::new();
        for stock in title.stock.loaded()? {
            copies.push((stock.copies, stock.branch.loaded()?.city.clone()));
        }
        copies.sort();
        found.push((cities.collect::<Vec<_>>(), copies));
    }
    let (rome, oslo) = (|| "Rome".to_owned(), || "Oslo".to_owned());
    let expected = vec![
        (vec![oslo(), rome()], vec![(3, rome()), (5, oslo())]),
        (vec![oslo()], vec![(7, oslo())]),
        (vec![], vec![]),
    ];
    same("branches and stock", found, expected)?;
    let query = Branch::objects().prefetch_related(|b| b.titles());
    let rows = read!(s, query, list / alist())?.sends(2)?.value()?;
    let mut found = Vec::new();
    for branch in &rows {
        found.push(ids(branch.titles.loaded()?));
    }
    same(
        "the titles of the branches",
        found,
        vec![vec![1, 2], vec![1, 6]],
    )
}

fn reverse_one(stage: &Stage) -> Verdict {
    let s = stage.shop()?;
    let query = writers().prefetch_related(|w| w.card());
    let rows = read!(s, query, list / alist())?.sends(2)?.value()?;
    let mut found = Vec::new();
    for writer in &rows {
        found.push(writer.card.loaded()?.map(|card| &*card.nickname));
    }
    let expected = vec![Some("the first"), Some("benny"), None, None, None];
    same("the nicknames", found, expected)
}

fn itself(stage: &Stage) -> Verdict {
    let s = stage.shop()?;
    let query = writers().prefetch_related(|w| (w.pupils().pupils(), w.mentor().mentor()));
    // Nobody's mentor's mentor has a mentor, but Cyd's mentor has one.
    let rows = read!(s, query, list / alist())?.sends(5)?.value()?;
    let names = |writers: &[Writer]| -> Vec<String> {
        writers.iter().map(|writer| writer.name.clone()).collect()
    };
    let ada = &rows[0];
    same("the pupils", names(ada.pupils.loaded()?), ["Ben", "Dot"])?;
    let of_ben = ada.pupils.loaded()?[0].pupils.loaded()?;
    same("the pupils' pupils", names(of_ben), ["Cyd"])?;
    same("no pupils", names(rows[4].pupils.loaded()?), [""; 0])?;
    let cyd = &rows[2];
    let Some(ben) = &cyd.mentor else {
        return crate::failure::fail("Cyd has a mentor");
    };
    let ada = ben.loaded()?.mentor.as_ref().map(|ada| ada.is_loaded());
    same("whether Ada is loaded", ada, Some(true))
}

fn nested(stage: &Stage) -> Verdict {
    let s = stage.shop()?;
    // A relation that two paths lead through is fetched once.
    let query = House::objects()
        .prefetch_related(|h| h.titles().tags())
        .prefetch_related(|h| (h.titles(), h.titles().writer().card()));
    let rows = read!(s, query, list / alist())?.sends(5)?.value()?;
    let acme = rows[0].titles.loaded()?;
    same("the tags", tags(acme)?.len(), 3)?;
    let cyd = acme[1].writer.loaded()?;
    same("the writer", &*cyd.name, "Cyd")?;
    same("the card", cyd.card.loaded()?.is_none(), true)
}

/// Rows that refer to one row share it.
fn shared(stage: &Stage) -> Verdict {
    let s = stage.shop()?;
    let query = titles().prefetch_related(|t| t.writer());
    let rows = read!(s, query, list / alist())?.sends(2)?.value()?;
    let (Some(fourth), Some(fifth)) = (rows[3].writer.shared(), rows[4].writer.shared()) else {
        return crate::failure::fail("the writers are loaded");
    };
    same("sharing", std::sync::Arc::ptr_eq(fourth, fifth), true)
}

fn with(stage: &Stage) -> Verdict {
    let s = stage.shop()?;
    let long = titles()
        .filter(|t| t.pages.gte(200))
        .order_by(|t| t.pages.desc())
        .prefetch_related(|t| t.tags())
        .select_related(|t| t.writer());
    let query = House::objects().prefetch_related_with(|h| h.titles(), long);
    let rows = read!(s, query, list / alist())?.sends(3)?.value()?;
    let acme = rows[0].titles.loaded()?;
    same("the long titles", ids(acme), [6, 4])?;
    same("a writer", &*acme[0].writer.loaded()?.name, "Cyd")?;
    same("a tag", &*acme[0].tags.loaded()?[0].name, "rare")?;
    same("the other house's", ids(rows[1].titles.loaded()?), [5, 2])?;
    // A row that is not among those of the query reads as none.
    let query = titles()
        .prefetch_related_with(|t| t.writer(), writers().filter(|w| w.name.eq("Ben")))
        .limit(2);
    let rows = read!(s, query, list / alist())?.sends(2)?.value()?;
    same("no writer", rows[0].writer.get().is_none(), true)?;
    same("it was looked for", rows[0].writer.is_loaded(), true)?;
    same("a writer", rows[1].writer.get().map(|w| w.id), Some(2))
}

fn with_none(stage: &Stage) -> Verdict {
    let s = stage.shop()?;
    let query = House::objects().prefetch_related_with(|h| h.titles(), titles().none());
    let rows = read!(s, query, list / alist())?.sends(1)?.value()?;
    same(
        "no titles",
        ids(rows[0].titles.loaded()?),
        Vec::<i64>::new(),
    )
}

/// A slice is a slice of each row's own.
fn sliced(stage: &Stage) -> Verdict {
    let s = stage.shop()?;
    let longest = titles().order_by(|t| t.pages.desc()).limit(2);
    let query = House::objects().prefetch_related_with(|h| h.titles(), longest);
    let rows = read!(s, query, list / alist())?.sends(2)?.value()?;
    let mut found = Vec::new();
    for house in &rows {
        found.push(ids(house.titles.loaded()?));
    }
    same("the longest", found, vec![vec![6, 4], vec![5, 2], vec![]])?;
    let second = titles().slice(1..2);
    let query = Tag::objects().prefetch_related_with(|t| t.titles(), second);
    let rows = read!(s, query, list / alist())?.sends(2)?.value()?;
    let mut found = Vec::new();
    for tag in &rows {
        found.push(ids(tag.titles.loaded()?));
    }
    same("the second", found, vec![vec![2], vec![], vec![6]])
}

/// What was selected is not fetched again, and leads on.
fn behind_selected(stage: &Stage) -> Verdict {
    let s = stage.shop()?;
    let query = titles()
        .select_related(|t| t.writer())
        .prefetch_related(|t| t.writer().titles())
        .filter(|t| t.id.is_in([1, 4]));
    let rows = read!(s, query, list / alist())?.sends(2)?.value()?;
    let first = rows[0].writer.loaded()?.titles.loaded()?;
    same("of the first", ids(first), [1])?;
    let second = rows[1].writer.loaded()?.titles.loaded()?;
    same("of the second", ids(second), [4, 5, 6])
}

fn every_terminal(stage: &Stage) -> Verdict {
    let s = stage.shop()?;
    let count = |house: House| house.titles.get().map(<[Title]>::len);
    let counted = move |house: Option<House>| house.and_then(count);
    let query = || House::objects().prefetch_related(|h| h.titles());
    let one = query().filter(|h| h.id.eq(1));
    read!(s, one.clone(), get / aget() => count)?
        .sends(2)?
        .gives(Some(3))?;
    read!(s, one, get_or_none / aget_or_none() => counted)?
        .sends(2)?
        .gives(Some(3))?;
    read!(s, query(), first / afirst() => counted)?
        .sends(2)?
        .gives(Some(3))?;
    read!(s, query(), last / alast() => counted)?
        .sends(2)?
        .gives(Some(0))?;
    read!(s, query(), nth / anth(1) => count)?
        .sends(2)?
        .gives(Some(2))?;
    let by_id = || ["id"];
    read!(s, query(), earliest_by_names / aearliest_by_names(by_id()) => count)?
        .sends(2)?
        .gives(Some(3))?;
    let of_two = move |mut bulk: HashMap<i64, House>| bulk.remove(&2).and_then(count);
    read!(s, query(), in_bulk / ain_bulk([1, 2]) => of_two)?
        .sends(2)?
        .gives(Some(2))?;
    let nobody = query().filter(|h| h.id.eq(99));
    read!(s, nobody.clone(), first / afirst() => counted)?
        .sends(1)?
        .gives(None)?;
    read!(s, nobody, get / aget() => count)?
        .sends(1)?
        .fails(ErrorKind::NotFound)?;
    Ok(())
}

/// An iteration fetches for a chunk of rows at a time.
fn chunks(stage: &Stage) -> Verdict {
    let s = stage.shop()?;
    let query = || titles().prefetch_related(|t| t.tags());
    let rows = iterate!(s, query().chunk_size(2))?.sends(4)?.value()?;
    let found: Vec<usize> = tags(&rows)?.iter().map(|(_, tags)| tags.len()).collect();
    same("the tags", found, [2, 1, 0, 2, 0, 1])?;
    let rows = iterate!(s, query().chunk_size(100))?.sends(2)?.value()?;
    same("the number of rows", rows.len(), 6)?;
    let refused = query().chunk_size(0);
    iterate!(s, refused)?.refused(ErrorKind::Value)?;
    Ok(())
}

fn no_rows(stage: &Stage) -> Verdict {
    let s = stage.shop()?;
    let query = titles()
        .filter(|t| t.id.gt(100))
        .prefetch_related(|t| (t.tags(), t.writer()));
    let none = |rows: Vec<Title>| rows.len();
    read!(s, query, list / alist() => none)?
        .sends(1)?
        .gives(0)?;
    // Rows whose reference is NULL ask for nothing.
    let query = titles()
        .filter(|t| t.id.eq(3))
        .prefetch_related(|t| t.house());
    let row = read!(s, query, get / aget())?.sends(1)?.value()?;
    same("no house", row.house.is_none(), true)
}

/// Rows of one owner keep their order, however the owners' rows take turns.
fn order(stage: &Stage) -> Verdict {
    let s = stage.shop()?;
    let stock = |id: i64, title: i64| Stock {
        id,
        title: queryset::ForeignKey::new(title),
        branch: queryset::ForeignKey::new(1),
        copies: 0,
    };
    let turns = (0..30).map(|n| (100 + n, 1 + n % 3));
    let pairs = [1, 2, 1, 2, 2, 3, 3, 1, 2, 3, 3, 1].into_iter();
    let rows: Vec<(i64, i64)> = turns.chain((200..).zip(pairs)).collect();
    let all: Vec<Stock> = rows.iter().map(|&(id, title)| stock(id, title)).collect();
    s.prepare("adding stock", s.db().bulk_create(&all))?;
    for down in [false, true] {
        let query = Stock::objects()
            .filter(|s| s.id.gte(100))
            .order_by(|s| if down { s.id.desc() } else { s.id.asc() });
        let query = titles()
            .filter(|t| t.id.lte(3))
            .prefetch_related_with(|t| t.stock(), query.clone());
        let found = read!(s, query, list / alist())?.sends(2)?.value()?;
        for title in &found {
            let mut expected: Vec<i64> = rows
                .iter()
                .filter(|(_, of)| *of == title.id)
                .map(|(id, _)| *id)
                .collect();
            if down {
                expected.reverse();
            }
            let ids: Vec<i64> = title.stock.loaded()?.iter().map(|s| s.id).collect();
            same("the stock", ids, expected)?;
        }
    }
    Ok(())
}

/// However many rows there are, the statement for their related rows is the same.
fn one_text(stage: &Stage) -> Verdict {
    let s = stage.shop()?;
    let rows: Vec<Stock> = (100..400)
        .map(|id| Stock {
            id,
            title: queryset::ForeignKey::new(1 + id % 6),
            branch: queryset::ForeignKey::new(1),
            copies: 0,
        })
        .collect();
    s.prepare("adding stock", s.db().bulk_create(&rows))?;
    s.statements();
    let of = |first: i64, last: i64| -> QuerySet<Stock> {
        Stock::objects()
            .filter(|s| s.id.range(first, last))
            .prefetch_related(|s| s.title())
    };
    let text = |query: QuerySet<Stock>| -> Verdict<String> {
        let answer = read!(s, query, list / alist())?.sends(2)?;
        Ok(answer.statements()[1].clone())
    };
    let few = text(of(100, 100))?;
    let more = text(of(100, 104))?;
    same("the text", few.clone(), more)?;
    // The database without arrays has a text for each doubling.
    if s.db().dialect().array_params {
        let all = text(of(100, 399))?;
        same("the text", few, all)?;
    }
    Ok(())
}

fn wrong_names(stage: &Stage) -> Verdict {
    let s = stage.shop()?;
    let houses = || House::objects();
    let len = |rows: Vec<House>| rows.len();
    let query = houses().prefetch_related_names(["nosuch"]);
    query.check()?;
    read!(s, query, list / alist() => len)?
        .fails(ErrorKind::Field)?
        .says(&["nosuch", "titles"])?;
    let query = houses().prefetch_related_names(["name"]);
    read!(s, query, list / alist() => len)?.fails(ErrorKind::Value)?;
    let query = houses().prefetch_related_names(["titles__nosuch"]);
    read!(s, query, list / alist() => len)?.fails(ErrorKind::Field)?;
    let named = queryset::Prefetch::new("titles").to_attr("all_titles");
    let query = houses().prefetch_related_names([named]);
    read!(s, query, list / alist() => len)?.fails(ErrorKind::Value)?;
    let other = queryset::Prefetch::new("titles").queryset(Tag::objects());
    let query = houses().prefetch_related_names([other]);
    read!(s, query, list / alist() => len)?.fails(ErrorKind::Value)?;
    let twice = houses()
        .prefetch_related(|h| h.titles())
        .prefetch_related_with(|h| h.titles(), titles().limit(1));
    read!(s, twice, list / alist() => len)?.fails(ErrorKind::Value)?;
    let _: Reverse<Title> = Reverse::default();
    Ok(())
}
