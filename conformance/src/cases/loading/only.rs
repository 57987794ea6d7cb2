//! `only` and `defer`.

use queryset::{Deferred, ErrorKind, Model, QuerySet, Record};

use super::shop::{Title, titles};
use crate::failure::{Verdict, same};
use crate::stage::{Stage, read};
use crate::{Case, Method};

pub(super) const CASES: &[Case] = &[
    Case::new("load.only.deferred", Method::List, deferred),
    Case::new("load.only.first_column", Method::List, first_column),
    Case::new("load.only.load", Method::Get, load),
    Case::new("load.only.typed", Method::Get, typed),
    Case::new("load.only.records", Method::List, records),
    Case::new("load.only.related", Method::List, related),
    Case::new("load.only.refused", Method::List, refused),
];

fn deferred(stage: &Stage) -> Verdict {
    let s = stage.shop()?;
    let answer = read!(s, titles().defer(|t| t.blurb), list / alist())?.sends(1)?;
    same(
        "the column",
        answer.statements()[0].contains("blurb"),
        false,
    )?;
    let rows = answer.value()?;
    same("a value", rows[0].blurb.is_loaded(), false)?;
    same("another column", rows[0].pages, 100)?;
    let error = rows[0].blurb.loaded().err().map(|error| error.kind());
    same("the error", error, Some(ErrorKind::NotLoaded))?;
    let all = titles().defer(|t| t.blurb).defer_none().limit(2);
    let rows = read!(s, all, list / alist())?.value()?;
    same("a value", rows[0].blurb.loaded()?.as_deref(), Some("small"))?;
    same("a NULL", rows[1].blurb.loaded()?.as_deref(), None)?;
    // What is left out can still be asked for.
    let loud = titles()
        .defer(|t| t.blurb)
        .filter(|t| t.blurb.eq("loud".to_owned()));
    let rows = read!(s, loud, list / alist())?.value()?;
    same(
        "the loud one",
        rows.iter().map(|t| t.id).collect::<Vec<_>>(),
        [4],
    )
}

/// The column that is left out comes before the key.
fn first_column(stage: &Stage) -> Verdict {
    #[derive(Model, Clone, Debug, PartialEq)]
    #[model(table = "shop_title", ordering("id"))]
    struct Blurb {
        blurb: Deferred<Option<String>>,
        #[model(primary_key)]
        id: i64,
    }

    let s = stage.shop()?;
    let query = Blurb::objects().defer(|b| b.blurb).limit(2);
    let rows = read!(s, query, list / alist())?.sends(1)?.value()?;
    let found: Vec<_> = rows.iter().map(|b| (b.id, b.blurb.is_loaded())).collect();
    same("the rows", found, [(1, false), (2, false)])?;
    let query = Blurb::objects().limit(1);
    let rows = read!(s, query, list / alist())?.sends(1)?.value()?;
    same("a value", rows[0].blurb.loaded()?.as_deref(), Some("small"))
}

fn load(stage: &Stage) -> Verdict {
    let s = stage.shop()?;
    let query = titles().defer(|t| t.blurb).filter(|t| t.id.eq(4));
    let title = read!(s, query, get / aget())?.value()?;
    s.statements();
    let blurb = match s.form() {
        crate::Form::Blocking => title.blurb.load(s.db())?.clone(),
        crate::Form::Async => {
            let db = s.db().clone();
            s.task(
                "loading",
                async move { title.blurb.aload(&db).await.cloned() },
            )??
        }
    };
    same("the blurb", blurb.as_deref(), Some("loud"))?;
    let statements = s.statements();
    same("the statements", statements.len(), 1)?;
    same("its columns", statements[0].contains("pages"), false)
}

fn typed(stage: &Stage) -> Verdict {
    let s = stage.shop()?;
    // Columns that cannot be missing are read in any case.
    let query = titles().only(|t| t.blurb).filter(|t| t.id.eq(1));
    let title = read!(s, query, get / aget())?.sends(1)?.value()?;
    same("the blurb", title.blurb.is_loaded(), true)?;
    let query = titles().only_names(Title::meta().columns().iter().filter_map(|column| {
        let name = column.name();
        (name != "blurb").then(|| name.to_owned())
    }));
    let title = read!(s, query.filter(|t| t.id.eq(1)), get / aget())?.value()?;
    same("the blurb", title.blurb.is_loaded(), false)
}

fn names(record: &Record) -> Vec<String> {
    record.columns().names().map(ToOwned::to_owned).collect()
}

fn records(stage: &Stage) -> Verdict {
    let s = stage.shop()?;
    let all: QuerySet<Record> = QuerySet::dynamic(Title::meta());
    let first = |rows: Vec<Record>| rows.first().map(names).unwrap_or_default();
    let expected =
        |names: &[&str]| -> Vec<String> { names.iter().map(|&name| name.to_owned()).collect() };
    for (query, wanted) in [
        (all.clone().only_names(["name"]), &["id", "name"][..]),
        (
            all.clone().only_names(["name"]).only_names(["pages"]),
            &["id", "pages"],
        ),
        (all.clone().only_names(["pk"]), &["id"]),
        (
            all.clone()
                .only_names(["name", "pages"])
                .defer_names(["pages"]),
            &["id", "name"],
        ),
        (
            all.clone()
                .defer_names(["pages"])
                .only_names(["name", "pages"]),
            &["id", "name"],
        ),
        (
            all.clone()
                .defer_names(["name", "blurb"])
                .defer_names(["pages", "house", "id"]),
            &["id", "writer_id"],
        ),
        (
            all.clone().only_names(["name"]).defer_names(["name"]),
            &["id", "name", "pages", "blurb", "house_id", "writer_id"],
        ),
        (
            all.clone().defer_names(["tags", "house__name"]),
            &["id", "name", "pages", "blurb", "house_id", "writer_id"],
        ),
        (all.clone().only_names(["house__name"]), &["id", "house_id"]),
    ] {
        read!(s, query, list / alist() => first)?
            .sends(1)?
            .gives(expected(wanted))?;
    }
    let query = all.clone().only_names(["name"]);
    let rows = read!(s, query, list / alist())?.value()?;
    same("a value", rows[3].get::<String>("name")?, "dog".to_owned())?;
    let error = rows[3].get::<i32>("pages").err().map(|error| error.kind());
    same("the error", error, Some(ErrorKind::FieldDoesNotExist))
}

fn related(stage: &Stage) -> Verdict {
    let s = stage.shop()?;
    let all: QuerySet<Record> = QuerySet::dynamic(Title::meta());
    let query = all
        .clone()
        .select_related_names(["house", "writer"])
        .only_names(["name", "house", "writer__name"]);
    let rows = read!(s, query, list / alist())?.sends(1)?.value()?;
    same(
        "the title",
        names(&rows[0]),
        ["id", "name", "house_id", "writer_id"],
    )?;
    let house = rows[0].related("house")?.map(names);
    same(
        "the house",
        house,
        Some(vec!["id".to_owned(), "name".to_owned()]),
    )?;
    let writer = rows[0].related("writer")?.map(names);
    same(
        "the writer",
        writer,
        Some(vec!["id".to_owned(), "name".to_owned()]),
    )?;
    let query = all
        .clone()
        .select_related_names(["writer"])
        .defer_names(["writer__name"]);
    let rows = read!(s, query, list / alist())?.sends(1)?.value()?;
    let writer = rows[0].related("writer")?.map(names);
    let expected = vec!["id".to_owned(), "mentor_id".to_owned()];
    same("the writer", writer, Some(expected))?;
    // What is left out cannot lead anywhere.
    let query = all
        .clone()
        .select_related_names(["house"])
        .defer_names(["house"]);
    read!(s, query, list / alist())?.refused(ErrorKind::Field)?;
    let query = all.select_related_names(["house"]).only_names(["name"]);
    read!(s, query, list / alist())?.refused(ErrorKind::Field)?;
    Ok(())
}

fn refused(stage: &Stage) -> Verdict {
    let s = stage.shop()?;
    let query = titles().defer_names(["pages"]);
    read!(s, query, list / alist())?
        .refused(ErrorKind::Type)?
        .says(&["pages", "Deferred"])?;
    let query = titles().defer_names(["nosuch"]);
    query.check()?;
    read!(s, query, list / alist())?
        .refused(ErrorKind::FieldDoesNotExist)?
        .says(&["nosuch", "blurb"])?;
    let query = titles().only_names(["name__length"]);
    read!(s, query, list / alist())?.refused(ErrorKind::Field)?;
    Ok(())
}
