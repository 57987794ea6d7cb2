use std::sync::{Arc, Weak};

/// Where tasks run.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub enum Executor {
    /// smol's global executor.
    #[default]
    Global,
    /// An executor that lives as long as the program.
    Static(&'static smol::Executor<'static>),
    /// An executor that the program shares. Weak, since a task that holds its runtime would
    /// otherwise hold the executor that holds the task.
    Shared(Weak<smol::Executor<'static>>),
}

impl From<&'static smol::Executor<'static>> for Executor {
    fn from(executor: &'static smol::Executor<'static>) -> Self {
        Self::Static(executor)
    }
}

impl From<&Arc<smol::Executor<'static>>> for Executor {
    fn from(executor: &Arc<smol::Executor<'static>>) -> Self {
        Self::Shared(Arc::downgrade(executor))
    }
}

impl From<Arc<smol::Executor<'static>>> for Executor {
    fn from(executor: Arc<smol::Executor<'static>>) -> Self {
        Self::from(&executor)
    }
}
