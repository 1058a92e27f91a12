//! The ledger: the registration of one e-mail address for one webinar. Only `registration` writes these records.

use super::source::RecordSource;
use crate::error_code::{ErrorCode, Problem};
use crate::first_version;
use crate::ids::{LeadId, ProgramId, RegistrantId};
use crate::sensitive::Sensitive;
use crate::time::{Timestamp, UtcDay};
use serde::{Deserialize, Serialize};

/// A ledger entry. Its join link is in clear, like the one in Marketo.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Registration {
    /// Record version.
    pub v: u32,
    /// The program that registered the person.
    pub program: ProgramId,
    /// The person's lead.
    pub lead: LeadId,
    /// When it was last written.
    pub at: Timestamp,
    /// The outcome.
    pub outcome: RegistrationOutcome,
    /// Number of add calls for this address today (R12).
    pub adds: AddCalls,
    /// Whether other memberships of the person may not have this outcome yet (R18). If they have it, a status that differs
    /// was set by a marketer.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub others_stale: bool,
    /// Whether the person registered on Zoom's own page, and is not yet a member of every program that copies such
    /// registrations (R10).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub copy_pending: bool,
    /// The service of the webinar, by which its account is known (R17); `None` in records of earlier builds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<RecordSource>,
}

first_version!(Registration);

/// The outcome of a registration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RegistrationOutcome {
    /// Registered in Zoom, with a personal join link (R9).
    Registered {
        /// Id of the registrant.
        registrant: RegistrantId,
        /// The personal join link.
        join_url: Sensitive,
    },
    /// Registered in Zoom, waiting for the host's approval.
    Pending {
        /// Id of the registrant.
        registrant: RegistrantId,
    },
    /// Not registered in Zoom.
    Failed {
        /// Why the registration failed.
        problem: Problem,
        /// When the tick retries; `None` if a retry would fail again.
        next_try: Option<Timestamp>,
        /// Id of the registrant who was denied or cancelled. The next registration of the person approves it again.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        registrant: Option<RegistrantId>,
    },
}

impl RegistrationOutcome {
    /// Returns the outcome of a person who is not registered in Zoom.
    pub const fn failed(problem: Problem, next_try: Option<Timestamp>) -> Self {
        Self::Failed { problem, next_try, registrant: None }
    }

    /// Returns the registrant, also one who was denied or cancelled.
    pub const fn registrant(&self) -> Option<&RegistrantId> {
        match self {
            Self::Registered { registrant, .. } | Self::Pending { registrant } => Some(registrant),
            Self::Failed { registrant, .. } => registrant.as_ref(),
        }
    }

    /// Returns whether the person cancelled, or the host deleted the registrant.
    pub fn is_cancelled(&self) -> bool {
        matches!(self, Self::Failed { problem, .. } if problem.code == ErrorCode::RegistrantCancelled)
    }

    /// Returns whether the registration was denied, cancelled or deleted in Zoom.
    pub fn is_withdrawn(&self) -> bool {
        use ErrorCode::{RegistrantCancelled, RegistrantDenied};
        matches!(self, Self::Failed { problem, .. } if matches!(problem.code, RegistrantDenied | RegistrantCancelled))
    }
}

/// Add-registrant calls made on one UTC day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddCalls {
    /// The UTC day.
    pub day: UtcDay,
    /// Number of calls.
    pub count: u8,
}
