//! queryset's blocking methods.

use queryset::{Database, Model, QuerySet};

use super::queries;
use crate::reads::{BlockingReader, BlockingReads};
use crate::rows::Item;
use crate::runtime::Started;
use crate::{Backend, Checksum, Place, Result, RuntimeKind, Workload};

pub(super) struct Queryset {
    db: Database,
    /// What `build-kept` builds again.
    kept: QuerySet<Item>,
    /// Where there are sockets: kept for as long as they are.
    _runtime: Started,
}

#[derive(Clone)]
pub(super) struct ThreadReader(Database);

impl Queryset {
    pub(super) fn open(backend: Backend, place: &Place, runtime: RuntimeKind) -> Result<Self> {
        let runtime = runtime.start()?;
        let db = queries::connect_blocking(backend, place, runtime.adapter.clone())?;
        Ok(Self {
            db,
            kept: queries::built(1),
            _runtime: runtime,
        })
    }
}

impl BlockingReads for Queryset {
    type Reader = ThreadReader;

    fn get(&mut self, key: i64, checksum: &mut Checksum) -> Result<()> {
        checksum.item(&queries::get(key).get(&self.db)?);
        Ok(())
    }

    fn count(&mut self, key: i64) -> Result<u64> {
        Ok(queries::counted(key).count(&self.db)?)
    }

    fn exists(&mut self, qty: i32) -> Result<bool> {
        Ok(queries::with_qty(qty).exists(&self.db)?)
    }

    fn load(&mut self, key: i64, limit: u64, checksum: &mut Checksum) -> Result<()> {
        for item in &queries::load(key, limit).list(&self.db)? {
            checksum.item(item);
        }
        Ok(())
    }

    fn stream(&mut self, checksum: &mut Checksum) -> Result<()> {
        for item in Item::objects()
            .order_by(|item| item.id.asc())
            .iter(&self.db)
        {
            checksum.item(&item?);
        }
        Ok(())
    }

    fn join(&mut self, checksum: &mut Checksum) -> Result<()> {
        for line in &queries::join().list(&self.db)? {
            checksum.line(line);
        }
        Ok(())
    }

    fn rel_join(&mut self, checksum: &mut Checksum) -> Result<()> {
        for post in &queries::posts_with_users().list(&self.db)? {
            checksum.post(post);
            checksum.user(post.user.loaded()?);
        }
        Ok(())
    }

    fn rel_two(&mut self, checksum: &mut Checksum) -> Result<()> {
        for user in &queries::users_with_posts().list(&self.db)? {
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

    fn reader(&self) -> Result<ThreadReader> {
        Ok(ThreadReader(self.db.clone()))
    }

    fn lacks(&self, _: Workload) -> Option<&'static str> {
        None
    }
}

impl BlockingReader for ThreadReader {
    fn get(&mut self, key: i64, checksum: &mut Checksum) -> Result<()> {
        checksum.item(&queries::get(key).get(&self.0)?);
        Ok(())
    }
}
