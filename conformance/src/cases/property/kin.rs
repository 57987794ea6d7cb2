//! The typed spelling of random conditions across relations, over models like those of the world.

use std::sync::Arc;

use queryset::{ForeignKey, ManyToMany, Model, ModelMeta, Q, Reverse};

use super::leaf::Leaf;
use super::related::Related;

#[derive(Model)]
#[model(table = "kin_author")]
pub(super) struct Author {
    #[model(primary_key)]
    id: i64,
    name: String,
    rank: Option<i32>,
    mentor: Option<ForeignKey<Self>>,
    #[model(reverse(Book::author))]
    books: Reverse<Book>,
    #[model(reverse(Book::editor))]
    edited: Reverse<Book>,
    #[model(reverse(Self::mentor))]
    pupils: Reverse<Self>,
}

#[derive(Model)]
#[model(table = "kin_book")]
pub(super) struct Book {
    #[model(primary_key)]
    id: i64,
    name: String,
    rank: Option<i32>,
    author: Option<ForeignKey<Author>>,
    editor: ForeignKey<Author>,
    #[model(through_table("kin_book_tags", "book_id", "tag_id"))]
    tags: ManyToMany<Tag>,
}

#[derive(Model)]
#[model(table = "kin_tag")]
pub(super) struct Tag {
    #[model(primary_key)]
    id: i64,
    name: String,
    rank: Option<i32>,
    #[model(reverse(Book::tags))]
    books: Reverse<Book>,
}

/// The models in the order of the world's.
pub(super) fn models() -> Vec<Arc<ModelMeta>> {
    [Author::meta(), Book::meta(), Tag::meta()]
        .map(Arc::clone)
        .into()
}

/// A model that queries start from.
pub(super) trait Root: Model {
    fn start(fields: Self::Fields<Self>) -> Fields<Self>;

    fn id(&self) -> i64;
}

impl Root for Author {
    fn start(fields: Self::Fields<Self>) -> Fields<Self> {
        Fields::Author(fields)
    }

    fn id(&self) -> i64 {
        self.id
    }
}

impl Root for Book {
    fn start(fields: Self::Fields<Self>) -> Fields<Self> {
        Fields::Book(fields)
    }

    fn id(&self) -> i64 {
        self.id
    }
}

/// The fields at the end of a path.
pub(super) enum Fields<R: Model> {
    Author(<Author as Model>::Fields<R>),
    Book(<Book as Model>::Fields<R>),
    Tag(<Tag as Model>::Fields<R>),
}

impl<R: Model> Fields<R> {
    fn behind(self, relation: &str) -> Option<Self> {
        Some(match (self, relation) {
            (Self::Author(author), "mentor") => Self::Author(author.mentor()),
            (Self::Author(author), "pupils") => Self::Author(author.pupils()),
            (Self::Author(author), "books") => Self::Book(author.books()),
            (Self::Author(author), "edited") => Self::Book(author.edited()),
            (Self::Book(book), "author") => Self::Author(book.author()),
            (Self::Book(book), "editor") => Self::Author(book.editor()),
            (Self::Book(book), "tags") => Self::Tag(book.tags()),
            (Self::Tag(tag), "books") => Self::Book(tag.books()),
            _ => return None,
        })
    }

    fn compare(self, leaf: &Leaf) -> Option<Q<R>> {
        let (id, name, rank) = match self {
            Self::Author(author) => (author.id, author.name, author.rank),
            Self::Book(book) => (book.id, book.name, book.rank),
            Self::Tag(tag) => (tag.id, tag.name, tag.rank),
        };
        match leaf.column {
            0 => leaf.number(id),
            1 => leaf.text(name),
            _ => leaf.number(rank),
        }
    }
}

impl Related {
    /// The comparison through the models' fields; `None` where they have no spelling for it.
    pub(super) fn typed<M: Root>(&self) -> Option<Q<M>> {
        let mut spelled = None;
        let own = M::q(|fields| {
            let mut path = self.path.iter();
            let end = path.try_fold(M::start(fields), |at, hop| at.behind(hop.name));
            spelled = end.and_then(|end| end.compare(&self.leaf));
            Q::all()
        });
        Some(own & spelled?)
    }
}
