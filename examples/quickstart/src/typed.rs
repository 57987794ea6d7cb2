//! Every read method on a derived model.

use futures_util::TryStreamExt;
use queryset::{ExplainOptions, Model};

use crate::book::Book;
use crate::reading::{Reading, reading};

/// Each method with its twin, on the library of books.
pub(crate) fn readings() -> Vec<Reading> {
    let mut all = single_rows();
    all.extend(questions());
    all.extend(many_rows());
    all
}

fn single_rows() -> Vec<Reading> {
    vec![
        reading(
            "get",
            "Book.objects.get(id=3)",
            |db| Book::objects().filter(|b| b.id.eq(3)).get(db),
            |db| async move { Book::objects().filter(|b| b.id.eq(3)).aget(&db).await },
        ),
        reading(
            "get",
            "Book.objects.get(title__icontains='ŒUVRE')",
            |db| {
                Book::objects()
                    .filter(|b| b.title.icontains("ŒUVRE"))
                    .get(db)
            },
            |db| async move {
                Book::objects()
                    .filter(|b| b.title.icontains("ŒUVRE"))
                    .aget(&db)
                    .await
            },
        ),
        reading(
            "get",
            "Book.objects.get(author=2)",
            |db| Book::objects().filter(|b| b.author_id.eq(2)).get(db),
            |db| async move {
                Book::objects()
                    .filter(|b| b.author_id.eq(2))
                    .aget(&db)
                    .await
            },
        ),
        reading(
            "get_or_none",
            "Book.objects.filter(id=99).first()",
            |db| Book::objects().filter(|b| b.id.eq(99)).get_or_none(db),
            |db| async move {
                Book::objects()
                    .filter(|b| b.id.eq(99))
                    .aget_or_none(&db)
                    .await
            },
        ),
        reading(
            "first",
            "Book.objects.order_by('-pages').first()",
            |db| Book::objects().order_by(|b| b.pages.desc()).first(db),
            |db| async move {
                Book::objects()
                    .order_by(|b| b.pages.desc())
                    .afirst(&db)
                    .await
            },
        ),
        reading(
            "last",
            "Book.objects.last()",
            |db| Book::objects().last(db),
            |db| async move { Book::objects().alast(&db).await },
        ),
        reading(
            "nth",
            "Book.objects.all()[2]",
            |db| Book::objects().nth(db, 2),
            |db| async move { Book::objects().anth(&db, 2).await },
        ),
        reading(
            "earliest",
            "Book.objects.earliest()",
            |db| Book::objects().earliest(db),
            |db| async move { Book::objects().aearliest(&db).await },
        ),
        reading(
            "latest",
            "Book.objects.latest()",
            |db| Book::objects().latest(db),
            |db| async move { Book::objects().alatest(&db).await },
        ),
        reading(
            "earliest_by",
            "Book.objects.earliest('pages')",
            |db| Book::objects().earliest_by(db, |b| b.pages.asc()),
            |db| async move { Book::objects().aearliest_by(&db, |b| b.pages.asc()).await },
        ),
        reading(
            "latest_by",
            "Book.objects.latest('pages')",
            |db| Book::objects().latest_by(db, |b| b.pages.asc()),
            |db| async move { Book::objects().alatest_by(&db, |b| b.pages.asc()).await },
        ),
    ]
}

fn questions() -> Vec<Reading> {
    vec![
        reading(
            "count",
            "Book.objects.filter(pages__gt=450).count()",
            |db| Book::objects().filter(|b| b.pages.gt(450)).count(db),
            |db| async move {
                Book::objects()
                    .filter(|b| b.pages.gt(450))
                    .acount(&db)
                    .await
            },
        ),
        reading(
            "count",
            "Book.objects.exclude(price__gt=10).count()",
            |db| Book::objects().exclude(|b| b.price.gt(10.0)).count(db),
            |db| async move {
                Book::objects()
                    .exclude(|b| b.price.gt(10.0))
                    .acount(&db)
                    .await
            },
        ),
        reading(
            "exists",
            "Book.objects.filter(title__contains='100%').exists()",
            |db| {
                Book::objects()
                    .filter(|b| b.title.contains("100%"))
                    .exists(db)
            },
            |db| async move {
                Book::objects()
                    .filter(|b| b.title.contains("100%"))
                    .aexists(&db)
                    .await
            },
        ),
        reading(
            "contains",
            "Book.objects.filter(pages__lt=300).contains(emma)",
            |db| {
                let emma = Book::objects().filter(|b| b.id.eq(1)).get(db)?;
                Book::objects()
                    .filter(|b| b.pages.lt(300))
                    .contains(db, &emma)
            },
            |db| async move {
                let emma = Book::objects().filter(|b| b.id.eq(1)).aget(&db).await?;
                Book::objects()
                    .filter(|b| b.pages.lt(300))
                    .acontains(&db, &emma)
                    .await
            },
        ),
        reading(
            "contains_key",
            "Book.objects.contains(Book(pk=7))",
            |db| Book::objects().contains_key(db, 7),
            |db| async move { Book::objects().acontains_key(&db, 7).await },
        ),
        reading(
            "aggregate",
            "Book.objects.aggregate(Count('id'), Avg('price'), Sum('pages'), Min(…), Max(…))",
            |db| {
                Book::objects().aggregate(db, |b| {
                    (
                        b.id.count(),
                        b.price.avg(),
                        b.pages.sum(),
                        b.pages.min(),
                        b.pages.max(),
                    )
                })
            },
            |db| async move {
                Book::objects()
                    .aaggregate(&db, |b| {
                        (
                            b.id.count(),
                            b.price.avg(),
                            b.pages.sum(),
                            b.pages.min(),
                            b.pages.max(),
                        )
                    })
                    .await
            },
        ),
        reading(
            "explain",
            "Book.objects.filter(id=3).explain()",
            |db| {
                Book::objects()
                    .filter(|b| b.id.eq(3))
                    .explain(db, &ExplainOptions::default())
            },
            |db| async move {
                let options = ExplainOptions::default();
                Book::objects()
                    .filter(|b| b.id.eq(3))
                    .aexplain(&db, &options)
                    .await
            },
        ),
    ]
}

fn many_rows() -> Vec<Reading> {
    vec![
        reading(
            "in_bulk",
            "Book.objects.in_bulk([1, 7, 99])",
            |db| Book::objects().in_bulk(db, [1, 7, 99]),
            |db| async move { Book::objects().ain_bulk(&db, [1, 7, 99]).await },
        ),
        reading(
            "in_bulk_all",
            "Book.objects.filter(price=None).in_bulk()",
            |db| {
                Book::objects()
                    .filter(|b| b.price.isnull(true))
                    .in_bulk_all(db)
            },
            |db| async move {
                Book::objects()
                    .filter(|b| b.price.isnull(true))
                    .ain_bulk_all(&db)
                    .await
            },
        ),
        reading(
            "in_bulk_by",
            "Book.objects.in_bulk([…], field_name='isbn')",
            |db| Book::objects().in_bulk_by(db, |b| b.isbn, ["978-0-15-602760-1"]),
            |db| async move {
                Book::objects()
                    .ain_bulk_by(&db, |b| b.isbn, ["978-0-15-602760-1"])
                    .await
            },
        ),
        reading(
            "list",
            "list(Book.objects.all()[:3])",
            |db| Book::objects().limit(3).list(db),
            |db| async move { Book::objects().limit(3).alist(&db).await },
        ),
        reading(
            "iter",
            "Book.objects.iterator()",
            |db| Book::objects().iter(db).collect::<Result<Vec<_>, _>>(),
            |db| async move { Book::objects().aiter(&db).try_collect::<Vec<_>>().await },
        ),
    ]
}
