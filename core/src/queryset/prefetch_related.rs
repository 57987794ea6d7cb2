//! Related rows in statements of their own.

use super::QuerySet;
use super::select_related::{IntoRelations, name};
use crate::condition::Invalid;
use crate::error::ErrorKind;
use crate::model::{Model, ModelFields};
use crate::path::Path;
use crate::prefetch::Prefetch;

impl<M: Model> QuerySet<M> {
    /// The rows with those that relations lead to, in one more statement for each relation,
    /// however many rows there are.
    ///
    /// Django: `prefetch_related("books__publisher")`, here
    /// `prefetch_related(|a| a.books().publisher())`, several relations as a tuple, or
    /// [`prefetch_related_names`](Self::prefetch_related_names)`(["books__publisher"])`. Calls add
    /// up, and a relation that several paths lead through is fetched once. What is loaded already
    /// is not fetched again.
    ///
    /// The rows are put into the models' fields: [`Reverse`](crate::Reverse),
    /// [`ReverseOne`](crate::ReverseOne), [`ManyToMany`](crate::ManyToMany) and
    /// [`ForeignKey`](crate::ForeignKey).
    ///
    /// Related rows are asked for by their keys. Where [`list`](Self::list) reads all rows of a table
    /// (no filter, no slice) and they are more than a few, and the other table's foreign key cannot be
    /// NULL, that table is read whole instead, which is the quickest way to what refers to them.
    ///
    /// ```
    /// use queryset::{Database, ForeignKey, Model, Result, Reverse};
    ///
    /// #[derive(Model)]
    /// struct Author {
    ///     #[model(primary_key)]
    ///     id: i64,
    ///     name: String,
    ///     #[model(reverse(Book::author))]
    ///     books: Reverse<Book>,
    /// }
    ///
    /// #[derive(Model)]
    /// struct Book {
    ///     #[model(primary_key)]
    ///     id: i64,
    ///     title: String,
    ///     author: ForeignKey<Author>,
    /// }
    ///
    /// async fn shelves(db: &Database) -> Result<()> {
    ///     // Two statements, for the authors and for all their books.
    ///     for author in Author::objects().prefetch_related(|a| a.books()).alist(db).await? {
    ///         println!("{}", author.name);
    ///         for book in author.books.loaded()? {
    ///             println!("  {}", book.title);
    ///         }
    ///     }
    ///     Ok(())
    /// }
    /// # let _ = shelves;
    /// ```
    pub fn prefetch_related<P: IntoRelations<M>>(
        self,
        relations: impl FnOnce(M::Fields<M>) -> P,
    ) -> Self {
        let mut names = Vec::new();
        relations(M::fields(Path::ROOT)).for_each(&mut |path| names.push(name(M::meta(), path)));
        self.prefetch_related_names(names)
    }

    /// The rows with some of those that a relation leads to: those of `query`, in its order, with
    /// what it prefetches itself. A slice counts for each row separately.
    ///
    /// Django: `prefetch_related(Prefetch("books", queryset=Book.objects.order_by("-pages")[:2]))`,
    /// here `prefetch_related_with(|a| a.books(), Book::objects().order_by(|b|
    /// b.pages.desc()).limit(2))`.
    pub fn prefetch_related_with<F: ModelFields<Root = M>>(
        self,
        relation: impl FnOnce(M::Fields<M>) -> F,
        query: QuerySet<F::Model>,
    ) -> Self {
        let path = relation(M::fields(Path::ROOT)).path();
        let prefetch = Prefetch::new(name(M::meta(), path)).queryset(query);
        self.prefetch_related_names([prefetch])
    }
}

impl<T> QuerySet<T> {
    /// The rows with those that these paths lead to:
    /// [`prefetch_related`](QuerySet::prefetch_related) in Django's spelling. A path is a text or a
    /// [`Prefetch`].
    ///
    /// A path is looked at when there are rows to follow it from: one that leads nowhere is an
    /// error of the read then.
    pub fn prefetch_related_names<P: Into<Prefetch>>(
        self,
        paths: impl IntoIterator<Item = P>,
    ) -> Self {
        self.change(|query| {
            for path in paths {
                let lookup = path.into().0;
                if let Some(invalid) = lookup
                    .query
                    .as_ref()
                    .and_then(|query| query.invalid.clone())
                {
                    query.refuse(*invalid);
                }
                query.loading().prefetch.push(lookup);
            }
        })
    }

    /// The rows without prefetched ones: Django's `prefetch_related(None)`.
    pub fn prefetch_related_none(self) -> Self {
        self.change(|query| drop(query.take_prefetch()))
    }

    /// How many rows of an iteration have their related rows prefetched together; 2000 unless it
    /// is said. Django: `iterator(chunk_size=…)`.
    pub fn chunk_size(self, rows: usize) -> Self {
        self.change(|query| match rows {
            0 => {
                query.refuse(Invalid::new(ErrorKind::Value, "a chunk has at least one row").late())
            }
            rows => query.loading().chunk_size = Some(rows),
        })
    }
}
