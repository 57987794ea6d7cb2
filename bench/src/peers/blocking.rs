//! queryset's blocking methods, on the caller's thread.

use std::path::Path;
use std::sync::Barrier;
use std::thread;
use std::time::Instant;

use queryset::runtime::Threads;
use queryset::{Database, Model};

use super::{Peer, build, counted, load, open};
use crate::workload::{Batch, TASKS, Workload};
use crate::{Checksum, Item, Outcome, Result};

pub(super) struct Blocking {
    db: Database,
}

impl Blocking {
    pub(super) fn open(file: &Path) -> Result<Self> {
        let db = open(file, Threads.into())?;
        Ok(Self { db })
    }

    /// As many threads as there would be tasks; starting them is not part of the time.
    fn tasks64(&self, keys: &[i64]) -> Result<Outcome> {
        // One gate to be sure that all are there, and one that the clock sees opening.
        let ready = Barrier::new(TASKS + 1);
        let begin = Barrier::new(TASKS + 1);
        thread::scope(|scope| {
            let threads: Vec<_> = keys
                .chunks(keys.len() / TASKS)
                .map(|keys| {
                    let (ready, begin) = (&ready, &begin);
                    scope.spawn(move || {
                        ready.wait();
                        begin.wait();
                        let mut checksum = Checksum::default();
                        for &key in keys {
                            checksum.item(&get(&self.db, key)?);
                        }
                        Result::<_>::Ok(checksum)
                    })
                })
                .collect();
            ready.wait();
            let start = Instant::now();
            begin.wait();
            let mut checksum = Checksum::default();
            for thread in threads {
                checksum.merge(thread.join().map_err(|_| "a thread panicked")??);
            }
            Ok(Outcome {
                elapsed: start.elapsed(),
                checksum,
            })
        })
    }
}

impl Peer for Blocking {
    fn run(&mut self, batch: &Batch) -> Result<Outcome> {
        let db = &self.db;
        let keys = batch.keys();
        let mut checksum = Checksum::default();
        let start = Instant::now();
        match batch.workload {
            Workload::Build | Workload::BuildKept => return build(db, batch),
            Workload::Tasks64 => return self.tasks64(&keys),
            Workload::Get => {
                for key in keys {
                    checksum.item(&get(db, key)?);
                }
            }
            Workload::Count => {
                for key in keys {
                    checksum.number(counted(key).count(db)?);
                }
            }
            Workload::Exists => {
                for key in keys {
                    let found = Item::objects()
                        .filter(|item| item.qty.eq(key as i32))
                        .exists(db)?;
                    checksum.number(found.into());
                }
            }
            Workload::Stream => {
                for _ in keys {
                    for item in Item::objects().order_by(|item| item.id.asc()).iter(db) {
                        checksum.item(&item?);
                    }
                }
            }
            Workload::Load10 | Workload::Load100 | Workload::Load1000 | Workload::Load10000 => {
                let limit = batch.workload.limit().unwrap_or(0);
                for key in keys {
                    for item in &load(key, limit).list(db)? {
                        checksum.item(item);
                    }
                }
            }
        }
        Ok(Outcome {
            elapsed: start.elapsed(),
            checksum,
        })
    }
}

fn get(db: &Database, key: i64) -> queryset::Result<Item> {
    Item::objects().filter(|item| item.id.eq(key)).get(db)
}
