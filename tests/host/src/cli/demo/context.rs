//! The state that all steps of the demo share.

use fakes::env::{Admin, TestEnv};

use super::people::People;
use super::report::{Checks, Timeline};
use crate::cli::seed::SeededWebinars;

/// A running demo. The modules of the steps implement its methods.
pub(super) struct Demo {
    pub(super) env: TestEnv,
    pub(super) admin: Admin,
    /// The application's base URL.
    pub(super) url: String,
    pub(super) webinars: SeededWebinars,
    pub(super) people: People,
    pub(super) timeline: Timeline,
    pub(super) checks: Checks,
}
