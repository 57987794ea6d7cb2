//! Rows that wait for their related rows, which are fetched for many of them together.

use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::vec;

use crate::database::Database;
use crate::error::{Error, Result};
use crate::query::{Began, Query, loadables};
use crate::row::FromRow;
use crate::runtime::BoxFuture;

/// What is fetched, and for how many rows together.
#[derive(Clone, Debug)]
pub(crate) struct Together {
    pub(crate) query: Arc<Query>,
    pub(crate) rows: usize,
    pub(crate) began: Began,
}

pub(super) struct Blocking<T> {
    together: Together,
    ready: vec::IntoIter<T>,
    /// Comes behind the rows that were read before it.
    failed: Option<Error>,
}

impl<T: FromRow> Blocking<T> {
    pub(super) fn new(together: Together) -> Self {
        Self {
            together,
            ready: Vec::new().into_iter(),
            failed: None,
        }
    }

    pub(super) fn next(
        &mut self,
        db: &Database,
        mut next_row: impl FnMut() -> Option<Result<T>>,
    ) -> Option<Result<T>> {
        if let Some(row) = self.ready.next() {
            return Some(Ok(row));
        }
        if let Some(error) = self.failed.take() {
            return Some(Err(error));
        }
        let mut rows = Vec::new();
        while rows.len() < self.together.rows {
            match next_row() {
                Some(Ok(row)) => rows.push(row),
                Some(Err(error)) => {
                    self.failed = Some(error);
                    break;
                }
                None => break,
            }
        }
        if rows.is_empty() {
            return self.failed.take().map(Err);
        }
        let Together { query, began, .. } = &self.together;
        if let Err(error) = query.prefetch_for(db, loadables(&rows), *began) {
            return Some(Err(error));
        }
        self.ready = rows.into_iter();
        self.ready.next().map(Ok)
    }
}

pub(super) struct Async<T> {
    together: Together,
    gathered: Vec<T>,
    fetching: Option<BoxFuture<'static, Result<Vec<T>>>>,
    ready: vec::IntoIter<T>,
    ended: bool,
    /// Comes behind the rows that were read before it.
    failed: Option<Error>,
}

impl<T: FromRow> Async<T> {
    pub(super) fn new(together: Together) -> Self {
        Self {
            together,
            gathered: Vec::new(),
            fetching: None,
            ready: Vec::new().into_iter(),
            ended: false,
            failed: None,
        }
    }

    pub(super) fn poll_next(
        &mut self,
        db: &Database,
        context: &mut Context<'_>,
        mut poll_row: impl FnMut(&mut Context<'_>) -> Poll<Option<Result<T>>>,
    ) -> Poll<Option<Result<T>>> {
        loop {
            if let Some(row) = self.ready.next() {
                return Poll::Ready(Some(Ok(row)));
            }
            if let Some(fetching) = &mut self.fetching {
                let fetched = ready!(fetching.as_mut().poll(context));
                self.fetching = None;
                match fetched {
                    Ok(rows) => self.ready = rows.into_iter(),
                    Err(error) => {
                        self.ended = true;
                        self.failed = None;
                        return Poll::Ready(Some(Err(error)));
                    }
                }
                continue;
            }
            while !self.ended && self.gathered.len() < self.together.rows {
                match ready!(poll_row(context)) {
                    Some(Ok(row)) => self.gathered.push(row),
                    Some(Err(error)) => {
                        self.ended = true;
                        self.failed = Some(error);
                    }
                    None => self.ended = true,
                }
            }
            if self.gathered.is_empty() {
                return Poll::Ready(self.failed.take().map(Err));
            }
            let rows = std::mem::take(&mut self.gathered);
            self.fetching = Some(fetch(self.together.clone(), db.clone(), rows));
        }
    }
}

fn fetch<T: FromRow>(
    together: Together,
    db: Database,
    rows: Vec<T>,
) -> BoxFuture<'static, Result<Vec<T>>> {
    Box::pin(async move {
        let Together { query, began, .. } = &together;
        let fetched = query.aprefetch_for(&db, loadables(&rows), *began);
        fetched.await?;
        Ok(rows)
    })
}
