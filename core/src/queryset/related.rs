//! The rows that a relation of one row leads to, as a query.

use std::sync::Arc;

use super::QuerySet;
use crate::condition::Condition;
use crate::error::{Error, ErrorKind, Result};
use crate::meta::ModelMeta;
use crate::model::not_loaded;
use crate::prefetch::Tie;
use crate::query::Query;
use crate::related::Loadable;
use crate::row::Record;
use crate::value::Value;

impl<T> QuerySet<T> {
    /// The rows that a relation, a row of whose model has `key`, leads to.
    pub(crate) fn related(meta: &Arc<ModelMeta>, relation: usize, key: Value) -> Self {
        let tie = meta
            .relation_at(relation)
            .map(|relation| Tie::new(meta, relation.name()));
        let query = match tie {
            Some(Ok(tie)) => tie.query_of([key]),
            Some(Err(error)) => Query::refused(meta, &error),
            None => {
                let message = format!("{} has no such relation", meta.name());
                Query::refused(meta, &Error::new(ErrorKind::Field, message))
            }
        };
        Self::of(query)
    }
}

impl QuerySet<Record> {
    /// The rows that a relation of a record leads to; `None` where a NULL leads nowhere.
    pub(crate) fn related_to_record(
        meta: &Arc<ModelMeta>,
        name: &str,
        row: &Record,
    ) -> Result<Option<Self>> {
        let tie = Tie::new(meta, name)?;
        let mut key = Vec::new();
        for column in tie.own_columns() {
            let value = row.part(meta, column);
            let name = meta.columns()[column].name();
            key.push(value.ok_or_else(|| not_loaded(&format!("{}.{name}", meta.name())))?);
        }
        if key.iter().any(Value::is_null) {
            // A key that is NULL leads nowhere; but for others to refer to a row it needs one.
            return match tie.is_referred_to() {
                true => Err(no_key(meta, name)),
                false => Ok(None),
            };
        }
        let mut query = tie.query_of(key);
        query.records = true;
        Ok(Some(Self::of(query)))
    }
}

#[cold]
fn no_key(meta: &ModelMeta, name: &str) -> Error {
    let message = format!(
        "the {} has no key yet, so that nothing can refer to it by '{name}'",
        meta.name()
    );
    Error::new(ErrorKind::Value, message).with_model(meta.name())
}

impl Query {
    /// A query that every terminal refuses.
    fn refused(meta: &Arc<ModelMeta>, error: &Error) -> Self {
        let mut query = Self::new(Arc::clone(meta));
        let invalid = crate::condition::Invalid::new(error.kind(), error.to_string());
        query.filter(Condition::from(invalid));
        query
    }
}
