use std::future::poll_fn;
use std::task::Poll;
use std::time::Duration;

use super::{CaseResult, Stage, case, ensure, fail, needing};
use crate::runtime::{Capability, RuntimeCase};

pub(super) const CASES: &[RuntimeCase] = &[
    case("runtime.timer.sleeps", sleeps),
    case("runtime.timer.not_early", not_early),
    case("runtime.timer.order", order),
    case("runtime.timer.from_the_call", from_the_call),
    case("runtime.timer.outside", outside),
    case("runtime.timer.endless", endless),
    case("runtime.timer.dropped", dropped),
    needing(
        Capability::PausedClock,
        "runtime.paused_clock",
        paused_clock,
    ),
];

const HOUR: Duration = Duration::from_secs(3_600);

fn sleeps(stage: &Stage<'_>) -> CaseResult {
    let running = stage.start();
    for millis in [0, 1, 15] {
        let sleep = running
            .runtime()
            .timer()
            .sleep(Duration::from_millis(millis));
        let task = running.runtime().spawn(sleep)?;
        stage.join(&format!("a sleep of {millis} ms"), task)?;
    }
    Ok(())
}

/// Several times, since a busy machine can make a sleep that is too short look long enough.
fn not_early(stage: &Stage<'_>) -> CaseResult {
    let running = stage.start();
    let asked = Duration::from_millis(15);
    for _ in 0..10 {
        let timer = running.runtime().timer().clone();
        let slept = stage.in_task(running.runtime(), async move {
            let start = timer.now();
            timer.sleep(asked).await;
            timer.now().saturating_duration_since(start)
        })?;
        ensure(
            slept >= asked,
            format!("a sleep of {asked:?} took {slept:?}"),
        )?;
    }
    Ok(())
}

/// The shorter of two sleeps ends first, however late, if the other is an hour.
fn order(stage: &Stage<'_>) -> CaseResult {
    let running = stage.start();
    let timer = running.runtime().timer();
    let (mut long, mut short) = (timer.sleep(HOUR), timer.sleep(Duration::from_millis(20)));
    let short_first = stage.in_task(
        running.runtime(),
        poll_fn(move |cx| {
            if long.as_mut().poll(cx).is_ready() {
                return Poll::Ready(false);
            }
            short.as_mut().poll(cx).map(|()| true)
        }),
    )?;
    ensure(short_first, "a sleep of an hour ended before one of 20 ms")
}

/// A sleep runs before it is polled: one that is due by now ends before a fresh one, however short.
fn from_the_call(stage: &Stage<'_>) -> CaseResult {
    let running = stage.start();
    let timer = running.runtime().timer().clone();
    let due_first = stage.in_task(running.runtime(), async move {
        let mut due = timer.sleep(Duration::from_millis(200));
        timer.sleep(Duration::from_millis(200)).await;
        let mut fresh = timer.sleep(Duration::from_millis(20));
        poll_fn(|cx| match due.as_mut().poll(cx) {
            Poll::Ready(()) => Poll::Ready(true),
            Poll::Pending => fresh.as_mut().poll(cx).map(|()| false),
        })
        .await
    })?;
    ensure(due_first, "a sleep counts from its first poll")
}

/// Polled by a thread that the runtime does not know.
fn outside(stage: &Stage<'_>) -> CaseResult {
    let running = stage.start();
    let sleep = running.runtime().timer().sleep(Duration::from_millis(15));
    stage.wait("a sleep that is polled outside the runtime", sleep)
}

fn endless(stage: &Stage<'_>) -> CaseResult {
    let running = stage.start();
    let mut sleep = running.runtime().timer().sleep(Duration::MAX);
    let mut task = running.runtime().timer().sleep(Duration::from_millis(20));
    let endless = stage.in_task(
        running.runtime(),
        poll_fn(move |cx| match sleep.as_mut().poll(cx) {
            Poll::Ready(()) => Poll::Ready(false),
            Poll::Pending => task.as_mut().poll(cx).map(|()| true),
        }),
    )?;
    ensure(endless, "the longest sleep there is has ended")
}

fn dropped(stage: &Stage<'_>) -> CaseResult {
    let running = stage.start();
    let timer = running.runtime().timer().clone();
    let early = stage.in_task(running.runtime(), async move {
        let mut sleeps: Vec<_> = (0..10_000).map(|_| timer.sleep(HOUR)).collect();
        let early = poll_fn(|cx| {
            Poll::Ready(
                sleeps
                    .iter_mut()
                    .any(|sleep| sleep.as_mut().poll(cx).is_ready()),
            )
        })
        .await;
        drop(sleeps);
        timer.sleep(Duration::from_millis(1)).await;
        early
    })?;
    ensure(!early, "a sleep of an hour ended at once")
}

/// An hour passes at once when nothing else is to do, and the timer's own clock shows it.
fn paused_clock(stage: &Stage<'_>) -> CaseResult {
    let Some(running) = stage.under_test.start_paused() else {
        return fail("`start_paused` gives no runtime");
    };
    let timer = running.runtime().timer().clone();
    let slept = stage.in_task(running.runtime(), async move {
        let start = timer.now();
        timer.sleep(HOUR).await;
        timer.now().saturating_duration_since(start)
    })?;
    ensure(
        slept >= HOUR,
        format!("a sleep of an hour took {slept:?} of a paused clock"),
    )
}
