//! The jobs of the tick. Each can run twice at once. A missed tick delays them to the next one.
//!
//! | module | content |
//! |---|---|
//! | [`resume_chunks`] | resumes chunks that were deferred or abandoned |
//! | [`retry_failures`] | retries failed leads that are due |
//! | [`status_changes`] | reads who became Registered or Cancelled in Marketo (R23) |
//! | [`reconcile`] | compares webinars with Zoom (R18) |
//! | [`maintenance`] | once an hour: mends what the others find their work by, and sweeps |
//! | [`sweep`] | deletes old records |

pub mod maintenance;
pub mod reconcile;
pub mod resume_chunks;
pub mod retry_failures;
pub mod status_changes;
pub mod sweep;
