//! Two ways to use a peer.

/// Tuned or not, known while compiling, so that neither pays for the other.
pub(super) trait Style: Send + Sync + Unpin + 'static {
    /// Whether its user has read the documentation to the end.
    const TUNED: bool;
}

/// What its documentation advises where speed counts; the peer's file says what that is.
pub(super) struct Tuned;

/// What its first page shows.
pub(super) struct AsItComes;

impl Style for Tuned {
    const TUNED: bool = true;
}

impl Style for AsItComes {
    const TUNED: bool = false;
}
