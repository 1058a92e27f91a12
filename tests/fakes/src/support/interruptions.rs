//! Interruptions: work of a test that runs while a request is in progress.

use std::fmt;
use std::sync::{Arc, Mutex};

use futures::future::{BoxFuture, FutureExt};

use crate::support::fault_injection::path_matches;
use crate::support::sync::lock;

/// The pending interruptions. Clones share them.
#[derive(Clone, Default)]
pub struct Interruptions(Arc<Mutex<Vec<Interruption>>>);

struct Interruption {
    method: String,
    path: String,
    work: BoxFuture<'static, ()>,
}

impl Interruptions {
    /// Runs a future while the next matching request is in progress, before it is executed. `path` is a pattern (see
    /// [`path_matches`]).
    pub fn during_next(&self, method: &str, path: &str, work: impl Future<Output = ()> + Send + 'static) {
        let (method, path) = (method.to_owned(), path.to_owned());
        lock(&self.0).push(Interruption { method, path, work: work.boxed() });
    }

    /// Removes the first interruption that matches a request and returns its work.
    pub(super) fn next_work(&self, method: &str, path: &str) -> Option<BoxFuture<'static, ()>> {
        let mut pending = lock(&self.0);
        let is_due = |one: &Interruption| one.method == method && path_matches(&one.path, path);
        let place = pending.iter().position(is_due)?;
        Some(pending.remove(place).work)
    }
}

impl fmt::Debug for Interruptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Interruptions").finish_non_exhaustive()
    }
}
