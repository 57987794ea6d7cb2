//! How often each peer asks the allocator for memory in one operation.
//!
//! A program of its own: counting in the measured one would be measured too.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicU64, Ordering};

use clap::ValueEnum;
use queryset_bench::{Backend, Batch, Databases, PeerKind, RuntimeKind, Workload};

struct Counting;

static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);
static BYTES: AtomicU64 = AtomicU64::new(0);

fn count(layout: Layout) {
    ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
    BYTES.fetch_add(layout.size() as u64, Ordering::Relaxed);
}

// SAFETY: every call goes to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout);
        // SAFETY: the caller's promise.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(layout);
        // SAFETY: the caller's promise.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(layout);
        // SAFETY: the caller's promise.
        unsafe { System.realloc(pointer, layout, size) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

fn main() -> queryset_bench::Result<()> {
    queryset_bench::pin()?;
    let databases = Databases::open(&[Backend::Sqlite], &|_| {})?;
    let place = databases.place(Backend::Sqlite)?;
    println!("| workload   | peer              | allocations | bytes |");
    println!("| ---------- | ----------------- | ----------: | ----: |");
    let mut peers = Vec::new();
    for kind in PeerKind::value_variants() {
        if kind.backends().contains(&Backend::Sqlite) {
            let peer = kind.open(Backend::Sqlite, place, RuntimeKind::Tokio)?;
            peers.push((kind, peer));
        }
    }
    for &workload in Workload::value_variants() {
        for (kind, peer) in &mut peers {
            if peer.lacks(workload).is_some() {
                continue;
            }
            let batch = |operations| Batch {
                operations,
                ..Batch::new(workload, Backend::Sqlite, 0)
            };
            let mut counted = |operations| -> queryset_bench::Result<(u64, u64)> {
                let before = (
                    ALLOCATIONS.load(Ordering::Relaxed),
                    BYTES.load(Ordering::Relaxed),
                );
                peer.run(&batch(operations))?;
                Ok((
                    ALLOCATIONS.load(Ordering::Relaxed) - before.0,
                    BYTES.load(Ordering::Relaxed) - before.1,
                ))
            };
            let operations = workload.operations(Backend::Sqlite);
            counted(operations)?;
            // What a batch takes beside its operations is in both, and cancels out.
            let (once, twice) = (counted(operations)?, counted(2 * operations)?);
            let each =
                |once: u64, twice: u64| twice.saturating_sub(once) as f64 / operations as f64;
            println!(
                "| {:<10} | {:<17} | {:>11.1} | {:>5.0} |",
                workload.name(),
                kind.name(),
                each(once.0, twice.0),
                each(once.1, twice.1),
            );
        }
    }
    Ok(())
}
