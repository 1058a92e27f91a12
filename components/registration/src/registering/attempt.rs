//! The context of one attempt to register leads, and what the steps of a batch share.

use super::eligibility::Candidate;
use crate::state::AppState;
use crate::store::failures;
use domain::records::{AddCalls, Failure, OutboxId, OutboxKey};
use domain::time::Timestamp;
use domain::{Error, LeadId};
use platform::lease::LeaseWatch;
use zoom_client::ZoomError;

/// The context of one attempt.
#[derive(Debug, Clone, Copy)]
pub struct AttemptContext<'a> {
    /// When the registration was requested.
    pub requested_at: Timestamp,
    /// Whether an earlier attempt may have crashed halfway. Then Zoom may have registrants that the ledger lacks.
    pub is_retry: bool,
    /// No add call starts after this.
    pub deadline: Timestamp,
    /// The chunk, if an earlier run did not finish it. Then its leads are mapped one by one, to find those that crash
    /// the mapping extension.
    pub chunk: Option<&'a OutboxId>,
    /// Write-ahead: records each add call before making it, so that it counts towards the daily limit (R12) and is
    /// looked up after a crash. The first run of a chunk does without, to save a write for each lead: after a crash all
    /// of its leads are looked up.
    pub write_ahead: bool,
    /// Whether a worker without write-ahead crashed. Then each lead of the chunk may have used an add call.
    pub crashed_before: bool,
    /// What makes this worker the only one with these leads.
    pub claim: WorkClaim<'a>,
}

/// The claim of a worker on the leads that it registers.
#[derive(Debug, Clone, Copy)]
pub enum WorkClaim<'a> {
    /// A claim on their chunk.
    Chunk(&'a LeaseWatch<OutboxKey>),
    /// A claim on the record of each lead.
    Leads(&'a [Failure]),
}

impl WorkClaim<'_> {
    /// Returns whether the worker still has the claim on a lead. Without a record, no other worker has the lead either.
    pub async fn is_held(self, state: &AppState, lead: LeadId) -> Result<bool, Error> {
        match self {
            Self::Chunk(watch) => watch.is_owned(&state.ports).await,
            Self::Leads(claimed) => match claimed.iter().find(|failure| failure.lead == lead) {
                Some(claimed) => Ok(!failures::is_claimed_by_another(state, claimed).await?),
                None => Ok(true),
            },
        }
    }
}

/// A candidate whose outcome the ledger does not know.
#[derive(Clone, Copy)]
pub struct OpenCandidate<'c> {
    /// Index among the candidates of the batch.
    pub index: usize,
    /// The candidate.
    pub candidate: &'c Candidate,
    /// Today's add calls at this webinar.
    pub add_calls: AddCalls,
    /// Whether the answer to an earlier add call was lost.
    pub is_outcome_unknown: bool,
    /// Whether an earlier request registered the person. Then other memberships may share the registrant (R18).
    pub was_registered: bool,
}

/// An error that ends a batch early.
#[derive(Debug)]
pub enum BatchError {
    /// The store failed. Nothing is known of any candidate.
    Internal(Error),
    /// Zoom failed. Every candidate without an outcome is deferred.
    Zoom(ZoomError),
}

impl From<Error> for BatchError {
    fn from(error: Error) -> Self {
        Self::Internal(error)
    }
}

impl From<ZoomError> for BatchError {
    fn from(error: ZoomError) -> Self {
        Self::Zoom(error)
    }
}
