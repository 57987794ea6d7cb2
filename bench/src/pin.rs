//! One core for everything.

use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

use crate::Result;

/// Pins the calling thread, and with it every thread that it starts, to the last of the cores
/// that it may use; which core that is.
///
/// Unpinned, waking a core that sleeps costs ten times a query, and whether a hop crosses cores is
/// a matter of luck.
pub fn pin() -> Result<usize> {
    let allowed = sched_getaffinity(None)?;
    let core = (0..CpuSet::MAX_CPU)
        .rev()
        .find(|&core| allowed.is_set(core))
        .ok_or("no core may be used")?;
    let mut one = CpuSet::new();
    one.set(core);
    sched_setaffinity(None, &one)?;
    Ok(core)
}
