//! The jobs of the tick. Each can run twice at once. A missed tick delays them to the next one, and the sweep to the
//! next tick in the first minute of an hour.
//!
//! | module | content |
//! |---|---|
//! | [`resume_chunks`] | resumes chunks that were deferred or abandoned |
//! | [`retry_failures`] | retries failed leads that are due |
//! | [`reconcile`] | compares webinars with Zoom (R18) |
//! | [`sweep`] | deletes old records |

pub mod reconcile;
pub mod resume_chunks;
pub mod retry_failures;
pub mod sweep;
