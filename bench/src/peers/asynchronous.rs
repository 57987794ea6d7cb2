//! queryset's asynchronous methods.

use std::path::Path;
use std::time::Instant;

use futures_util::TryStreamExt;
use queryset::{Database, Model};

use super::{Peer, build, counted, load, open};
use crate::runtime::Started;
use crate::workload::{Batch, TASKS, Workload};
use crate::{Checksum, Item, Outcome, Result, RuntimeKind};

pub(super) struct Asynchronous {
    runtime: Started,
    db: Database,
}

impl Asynchronous {
    pub(super) fn open(file: &Path, runtime: RuntimeKind) -> Result<Self> {
        let runtime = runtime.start()?;
        let db = open(file, runtime.adapter.clone())?;
        Ok(Self { runtime, db })
    }

    async fn tasks64(&self, keys: &[i64]) -> Result<Checksum> {
        let handles: Vec<_> = keys
            .chunks(keys.len() / TASKS)
            .map(|keys| {
                let (db, keys) = (self.db.clone(), keys.to_vec());
                self.runtime.spawn(async move {
                    let mut checksum = Checksum::default();
                    for key in keys {
                        checksum.item(&get(&db, key).await?);
                    }
                    Result::<_>::Ok(checksum)
                })
            })
            .collect();
        let mut checksum = Checksum::default();
        for handle in handles {
            checksum.merge(handle.await??);
        }
        Ok(checksum)
    }

    async fn work(&self, batch: &Batch, keys: &[i64]) -> Result<Checksum> {
        let db = &self.db;
        let mut checksum = Checksum::default();
        match batch.workload {
            Workload::Tasks64 => return self.tasks64(keys).await,
            Workload::Get => {
                for &key in keys {
                    checksum.item(&get(db, key).await?);
                }
            }
            Workload::Count => {
                for &key in keys {
                    checksum.number(counted(key).acount(db).await?);
                }
            }
            Workload::Exists => {
                for &key in keys {
                    let found = Item::objects()
                        .filter(|item| item.qty.eq(key as i32))
                        .aexists(db)
                        .await?;
                    checksum.number(found.into());
                }
            }
            Workload::Stream => {
                for _ in keys {
                    let mut rows = Item::objects().order_by(|item| item.id.asc()).aiter(db);
                    while let Some(item) = rows.try_next().await? {
                        checksum.item(&item);
                    }
                }
            }
            Workload::Load10 | Workload::Load100 | Workload::Load1000 | Workload::Load10000 => {
                let limit = batch.workload.limit().unwrap_or(0);
                for &key in keys {
                    for item in &load(key, limit).alist(db).await? {
                        checksum.item(item);
                    }
                }
            }
            Workload::Build | Workload::BuildKept => {}
        }
        Ok(checksum)
    }
}

impl Peer for Asynchronous {
    fn run(&mut self, batch: &Batch) -> Result<Outcome> {
        if matches!(batch.workload, Workload::Build | Workload::BuildKept) {
            return build(&self.db, batch);
        }
        let keys = batch.keys();
        let start = Instant::now();
        let checksum = self.runtime.block_on(self.work(batch, &keys))?;
        Ok(Outcome {
            elapsed: start.elapsed(),
            checksum,
        })
    }
}

async fn get(db: &Database, key: i64) -> queryset::Result<Item> {
    Item::objects()
        .filter(|item| item.id.eq(key))
        .aget(db)
        .await
}
