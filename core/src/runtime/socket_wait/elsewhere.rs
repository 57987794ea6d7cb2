use std::convert::Infallible;
use std::sync::Arc;
use std::task::Waker;

use super::Socket;
use crate::cancel::CancelToken;
use crate::error::Result;

/// What there is on Unix alone.
#[derive(Clone, Debug)]
pub struct SocketWait(Infallible);

impl SocketWait {
    /// None.
    pub fn of_this_thread() -> Option<Self> {
        None
    }

    /// Of no value.
    pub fn is_of(&self, _: &Waker) -> bool {
        match self.0 {}
    }

    /// Of no value.
    pub fn until_readable(&self, _: &Arc<Socket>) {
        match self.0 {}
    }

    /// Of no value.
    pub fn until_writable(&self, _: &Arc<Socket>) {
        match self.0 {}
    }

    /// Of no value.
    ///
    /// # Errors
    /// None.
    pub fn block_on<T>(
        self,
        _: impl Future<Output = Result<T>>,
        _: Option<&CancelToken>,
    ) -> Result<T> {
        match self.0 {}
    }
}
