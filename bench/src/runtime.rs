//! The runtimes that the asynchronous peers can run on.

use std::pin::Pin;
use std::sync::Arc;

use clap::ValueEnum;
use queryset::runtime::{BoxFuture, Runtime, Threads};
use queryset_async_std::AsyncStd;
use queryset_smol::Smol;
use queryset_tokio::Tokio;

use crate::Result;

/// A runtime by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, ValueEnum)]
pub enum RuntimeKind {
    /// tokio with worker threads.
    Tokio,
    /// tokio on the calling thread alone.
    TokioCurrentThread,
    /// async-std.
    AsyncStd,
    /// smol with its global executor.
    Smol,
    /// No runtime: std's threads.
    Threads,
}

/// A runtime that was started.
#[derive(Clone, Debug)]
pub struct Started {
    kind: RuntimeKind,
    tokio: Option<Arc<tokio::runtime::Runtime>>,
    /// The adapter, which a Database is opened with.
    pub adapter: Runtime,
}

impl RuntimeKind {
    /// The name on the command line and in the results.
    pub fn name(self) -> String {
        let value = self.to_possible_value();
        value.map_or_else(String::new, |value| value.get_name().to_owned())
    }

    /// Starts the runtime.
    pub fn start(self) -> Result<Started> {
        let tokio = match self {
            Self::Tokio => Some(tokio::runtime::Builder::new_multi_thread()),
            Self::TokioCurrentThread => Some(tokio::runtime::Builder::new_current_thread()),
            _ => None,
        };
        let tokio = match tokio {
            Some(mut builder) => Some(Arc::new(builder.enable_all().build()?)),
            None => None,
        };
        let adapter = match (self, &tokio) {
            (_, Some(tokio)) => Tokio::from_handle(tokio.handle().clone())?.into(),
            (Self::AsyncStd, None) => AsyncStd.into(),
            (Self::Smol, None) => Smol.into(),
            (_, None) => Threads.into(),
        };
        Ok(Started {
            kind: self,
            tokio,
            adapter,
        })
    }
}

impl Started {
    /// Runs a future as the program's main one.
    pub fn block_on<T>(&self, future: impl Future<Output = T>) -> T {
        match (&self.tokio, self.kind) {
            (Some(tokio), _) => tokio.block_on(future),
            (None, RuntimeKind::AsyncStd) => async_std::task::block_on(future),
            (None, RuntimeKind::Smol) => smol::block_on(future),
            (None, _) => Threads.block_on(future),
        }
    }

    /// Spawns a task, in the runtime's own way, and gives what ends with it.
    pub fn spawn<T: Send + 'static>(
        &self,
        future: impl Future<Output = T> + Send + 'static,
    ) -> BoxFuture<'static, Result<T>> {
        match (&self.tokio, self.kind) {
            (Some(tokio), _) => ended(tokio.spawn(future)),
            (None, RuntimeKind::AsyncStd) => {
                let handle = async_std::task::spawn(future);
                Box::pin(async move { Ok(handle.await) })
            }
            (None, RuntimeKind::Smol) => {
                let handle = smol::spawn(future);
                Box::pin(async move { Ok(handle.await) })
            }
            (None, _) => match self.adapter.spawn(future) {
                Ok(handle) => ended(handle),
                Err(error) => Box::pin(std::future::ready(Err(error.into()))),
            },
        }
    }
}

fn ended<T, E>(
    handle: impl Future<Output = Result<T, E>> + Send + 'static,
) -> Pin<Box<dyn Future<Output = Result<T>> + Send>>
where
    E: std::error::Error + Send + Sync + 'static,
{
    Box::pin(async move { Ok(handle.await?) })
}
