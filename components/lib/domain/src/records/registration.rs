//! The ledger: what became of one e-mail address at one webinar. Written by `registration` alone.

use crate::code::Problem;
use crate::ids::{LeadId, ProgramId, RegistrantId};
use crate::sensitive::Sensitive;
use crate::time::Timestamp;
use crate::time::UtcDay;
use serde::{Deserialize, Serialize};

/// A ledger entry. The join link in it is sealed by nothing but the store, like the one in Marketo.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Registration {
    /// Record version.
    pub v: u32,
    /// The program through which the person came.
    pub program: ProgramId,
    /// The person.
    pub lead: LeadId,
    /// When it was last written.
    pub at: Timestamp,
    /// What became of it.
    pub outcome: Outcome,
    /// How often we asked Zoom to add this address today (R12).
    pub adds: AddCalls,
}

/// What became of a registration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// In Zoom, with a link of their own (R9).
    Registered {
        /// Zoom's id.
        registrant: RegistrantId,
        /// The personal link.
        join_url: Sensitive,
    },
    /// In Zoom, waiting for the host's approval.
    Pending {
        /// Zoom's id.
        registrant: RegistrantId,
    },
    /// Not in Zoom.
    Failed {
        /// Why.
        problem: Problem,
        /// When the tick tries again; `None` for what would fail again.
        next_try: Option<Timestamp>,
    },
}

/// Add-registrant calls spent on one UTC day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddCalls {
    /// The UTC day.
    pub day: UtcDay,
    /// How many.
    pub count: u8,
}
