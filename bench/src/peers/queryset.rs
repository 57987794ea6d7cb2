//! queryset's asynchronous methods.

use futures_util::TryStreamExt;
use queryset::{Database, Model, QuerySet};

use super::queries;
use crate::reads::{Reader, Reads};
use crate::rows::Item;
use crate::runtime::Started;
use crate::{Backend, Checksum, Place, Result, Workload};

pub(super) struct Queryset {
    db: Database,
    /// What `build-kept` builds again.
    kept: QuerySet<Item>,
}

#[derive(Clone)]
pub(super) struct TaskReader(Database);

impl Queryset {
    pub(super) async fn open(backend: Backend, place: &Place, runtime: &Started) -> Result<Self> {
        let db = queries::connect(backend, place, runtime.adapter.clone()).await?;
        Ok(Self::on(db))
    }

    fn on(db: Database) -> Self {
        let kept = queries::built(1);
        Self { db, kept }
    }

    pub(super) async fn open_inline(place: &Place, runtime: &Started) -> Result<Self> {
        let db = queries::connect_inline(place, runtime.adapter.clone()).await?;
        Ok(Self::on(db))
    }

    pub(super) async fn open_pipelined(place: &Place, runtime: &Started) -> Result<Self> {
        let db = queries::connect_pipelined(place, runtime.adapter.clone()).await?;
        Ok(Self::on(db))
    }
}

impl Reads for Queryset {
    type Reader = TaskReader;

    async fn get(&mut self, key: i64, checksum: &mut Checksum) -> Result<()> {
        checksum.item(&queries::get(key).aget(&self.db).await?);
        Ok(())
    }

    async fn count(&mut self, key: i64) -> Result<u64> {
        Ok(queries::counted(key).acount(&self.db).await?)
    }

    async fn exists(&mut self, qty: i32) -> Result<bool> {
        Ok(queries::with_qty(qty).aexists(&self.db).await?)
    }

    async fn load(&mut self, key: i64, limit: u64, checksum: &mut Checksum) -> Result<()> {
        for item in &queries::load(key, limit).alist(&self.db).await? {
            checksum.item(item);
        }
        Ok(())
    }

    async fn stream(&mut self, checksum: &mut Checksum) -> Result<()> {
        let mut rows = Item::objects()
            .order_by(|item| item.id.asc())
            .aiter(&self.db);
        while let Some(item) = rows.try_next().await? {
            checksum.item(&item);
        }
        Ok(())
    }

    async fn join(&mut self, checksum: &mut Checksum) -> Result<()> {
        for line in &queries::join().alist(&self.db).await? {
            checksum.line(line);
        }
        Ok(())
    }

    async fn rel_join(&mut self, checksum: &mut Checksum) -> Result<()> {
        for post in &queries::posts_with_users().alist(&self.db).await? {
            checksum.post(post);
            checksum.user(post.user.loaded()?);
        }
        Ok(())
    }

    async fn rel_two(&mut self, checksum: &mut Checksum) -> Result<()> {
        for user in &queries::users_with_posts().alist(&self.db).await? {
            queries::sum(user, checksum)?;
        }
        Ok(())
    }

    fn build(&mut self, key: i64) -> Result<()> {
        queries::build(&self.db, key)
    }

    fn build_own(&mut self, workload: Workload, key: i64) -> Result<()> {
        queries::build_own(&self.db, workload, key, &self.kept)
    }

    fn reader(&self) -> Result<TaskReader> {
        Ok(TaskReader(self.db.clone()))
    }

    fn lacks(&self, _: Workload) -> Option<&'static str> {
        None
    }

    async fn close(self) {
        // The program goes on whatever is left open.
        let _ = self.db.aclose().await;
    }
}

impl Reader for TaskReader {
    async fn get(&mut self, key: i64, checksum: &mut Checksum) -> Result<()> {
        checksum.item(&queries::get(key).aget(&self.0).await?);
        Ok(())
    }
}
