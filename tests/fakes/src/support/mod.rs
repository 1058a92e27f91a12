//! What both stand-ins share: a movable clock, faults on demand, a record of requests, the server around them, and the
//! look of their pages.

mod backstage;
mod clock;
mod faults;
mod form;
pub(crate) mod page;
mod record;
mod server;

pub use backstage::Backstage;
pub use clock::Clock;
pub use faults::{DropWhen, Effect, Fault, Faults, path_matches};
pub(crate) use form::Form;
pub use record::{Entry, Log, Refusal};
pub(crate) use server::serve_on;
pub use server::{Served, serve};

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks a stand-in's state. A panic elsewhere does not poison it: the failing test has already said what went wrong.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
