//! A row of a model as the right-hand side of a comparison.

use super::Operand;
use crate::meta::ModelMeta;
use crate::model::Model;
use crate::related::Loadable;
use crate::row::Record;
use crate::value::Value;

/// A row to compare a relation with.
#[derive(Clone, Debug, PartialEq)]
pub struct RowOperand {
    pub(crate) model: u64,
    pub(crate) name: Box<str>,
    /// By the column's place in the model; `None` where it was not read.
    pub(crate) values: Box<[Option<Value>]>,
}

impl Operand {
    /// A row that a relation leads to: Django's `filter(author=author)`. A row of another model
    /// than the relation's, or one without a key, is an error of kind
    /// [`Value`](crate::ErrorKind::Value) of the query.
    ///
    /// ```
    /// # use queryset::{ForeignKey, Model};
    /// use queryset::Operand;
    ///
    /// # #[derive(Model)]
    /// # struct Author { #[model(primary_key)] id: i64 }
    /// # #[derive(Model)]
    /// # struct Book { #[model(primary_key)] id: i64, author: ForeignKey<Author> }
    /// # let author = Author { id: 1 };
    /// let books = Book::objects().lookup("author", Operand::row(&author));
    /// # books.check()?;
    /// # Ok::<(), queryset::Error>(())
    /// ```
    pub fn row<M: Model>(row: &M) -> Self {
        let meta = M::meta();
        let values = row.values().into_iter().map(Some);
        Self::Row(Box::new(RowOperand {
            model: meta.id(),
            name: meta.name().into(),
            values: values.collect(),
        }))
    }

    /// The same with a record of a model.
    pub fn record(meta: &ModelMeta, row: &Record) -> Self {
        let columns = 0..meta.columns().len();
        Self::Row(Box::new(RowOperand {
            model: meta.id(),
            name: meta.name().into(),
            values: columns.map(|column| row.part(meta, column)).collect(),
        }))
    }
}
