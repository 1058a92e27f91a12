//! Leads that could not be registered. Only `registration` writes these records.

use super::lease::{Lease, Leased};
use super::record::Record;
use super::source::RecordSource;
use crate::error_code::Problem;
use crate::first_version;
use crate::ids::{LeadId, ProgramId};
use crate::time::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// A lead whose registration failed, to be retried by the tick or shown to the admin.
///
/// Also a lead from the webhook whose registration has begun: if the process is killed, the tick resumes it by this
/// record. The ledger cannot replace it, since the ledger is keyed by e-mail address. The lead's fields stay in Marketo.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// Record version.
    pub v: u32,
    /// The program.
    pub program: ProgramId,
    /// The lead.
    pub lead: LeadId,
    /// The flow step's choice: a webinar id, or `None` for the program's own webinar.
    pub choice: Option<String>,
    /// Why the registration failed.
    pub problem: Problem,
    /// When it first failed.
    pub since: Timestamp,
    /// Number of completed attempts; 0 while the first one is in progress.
    pub tries: u32,
    /// When the tick retries; `None` if it does not.
    pub next_try: Option<Timestamp>,
    /// Whether the lead's program status has yet to be read from Marketo (R7).
    #[serde(default)]
    pub status_unknown: bool,
    /// The claim of the worker that attempts it. It expires with `next_try`.
    #[serde(default)]
    pub claim: Option<Lease>,
    /// What is known of crashes of its workers.
    #[serde(default)]
    pub crashes: WorkerCrashes,
    /// The service of the program, by which its account is known (R17); `None` for a program that was not connected, and in
    /// records of earlier builds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<RecordSource>,
}

/// Crashes of the workers that attempted a lead.
///
/// An extension that traps takes the instance down, and the records of all leads that it was attempting keep their claims.
/// From then on each of them is mapped alone, to find the one on which it traps.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkerCrashes {
    /// Whether a worker crashed during an attempt.
    pub is_suspected: bool,
    /// Whether the extension maps this lead, and no other lead of its batch, since the record was written.
    pub maps_alone: bool,
    /// Number of crashes while it was mapped alone.
    pub alone: u32,
}

impl WorkerCrashes {
    /// Adds the crash of a worker whose claim expired.
    #[must_use]
    pub const fn after_crash(self) -> Self {
        let alone = if self.maps_alone { self.alone.saturating_add(1) } else { self.alone };
        Self { is_suspected: true, maps_alone: false, alone }
    }
}

impl Leased for Failure {
    fn lease(&self) -> Option<Lease> {
        self.claim
    }
}

/// Leads with a [`Failure`] record, and when the tick attempts them, instead of a listing of keys.
///
/// Each of a fixed number of these records lists some of the leads. An entry may be out of date: the lead's own record
/// decides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailureIndex {
    /// Record version.
    pub v: u32,
    /// Program, lead, and when it is due; `None` if it is not retried.
    pub entries: Vec<(ProgramId, LeadId, Option<Timestamp>)>,
}

impl Default for FailureIndex {
    fn default() -> Self {
        Self { v: Self::VERSION, entries: Vec::new() }
    }
}

first_version!(Failure, FailureIndex);

/// How long after it is due a first attempt that no worker has claimed is not shown as a failure: two ticks.
const FIRST_ATTEMPT_GRACE: SignedDuration = SignedDuration::from_mins(2);

impl Failure {
    /// Returns whether the first attempt is in progress, or is to be made by one of the next ticks. Once `next_try` of a
    /// claimed record has passed, its worker is taken for crashed.
    pub fn is_under_way(&self, now: Timestamp) -> bool {
        let grace = if self.claim.is_some() { SignedDuration::ZERO } else { FIRST_ATTEMPT_GRACE };
        self.tries == 0 && self.next_try.is_some_and(|at| now < at + grace)
    }
}
