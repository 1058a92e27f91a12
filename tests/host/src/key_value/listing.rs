//! A listing of keys, which a task sends while the guest receives.

use tokio::sync::{mpsc, oneshot};

/// Number of keys that a listing buffers for the guest, as in Spin.
pub(super) const LISTING_BUFFER: usize = 4;

/// A running listing of keys.
pub(crate) struct KeyListing {
    pub(crate) keys: mpsc::Receiver<String>,
    /// The listing's result, available once the channel is closed.
    pub(crate) outcome: oneshot::Receiver<anyhow::Result<()>>,
}
