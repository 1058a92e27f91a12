//! The ledger: the registration of one e-mail address for one webinar. Only `registration` writes these records.

use crate::error_code::Problem;
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
    },
}

/// Add-registrant calls made on one UTC day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddCalls {
    /// The UTC day.
    pub day: UtcDay,
    /// Number of calls.
    pub count: u8,
}
