use super::{CaseResult, Stage, case, ensure, fail, needing};
use crate::runtime::{Capability, RuntimeCase};

pub(super) const CASES: &[RuntimeCase] = &[
    case("runtime.several", several),
    needing(
        Capability::Missing,
        "runtime.missing.is_error",
        missing_is_error,
    ),
];

/// Two at once, each waiting for the other.
fn several(stage: &Stage<'_>) -> CaseResult {
    let (first, second) = (stage.start(), stage.start());
    let inner = second.runtime().clone();
    let outer = first.runtime().spawn(async move {
        let task = inner.spawn(async { 7 })?;
        Ok::<_, queryset::runtime::SpawnError>(task.await)
    })?;
    let value = stage.join("a task that waits for another runtime's", outer)??;
    ensure(
        matches!(value, Ok(7)),
        format!("the other runtime's task: {value:?}"),
    )
}

fn missing_is_error(stage: &Stage<'_>) -> CaseResult {
    let made = stage.under_test.make_where_missing();
    ensure(!made.is_empty(), "`make_where_missing` tries nothing")?;
    for (place, made) in made {
        match made {
            Ok(_) => return fail(format!("{place}: the adapter was made")),
            Err(error) => ensure(
                error.to_string().contains(error.missing()),
                format!("{place}: the error does not say what is missing: {error}"),
            )?,
        }
    }
    Ok(())
}
