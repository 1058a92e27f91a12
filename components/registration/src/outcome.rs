//! The result of registering one lead, which the store, the rules and the routes share.

use domain::records::RegistrationOutcome;
use domain::{Error, LeadId, Problem, RegistrantId, Sensitive};

/// How the registration of a lead ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LeadOutcome {
    /// Registered in Zoom, with a join link of its own (R9).
    Registered {
        /// Zoom's registrant id.
        registrant: RegistrantId,
        /// The personal join link.
        join_url: Sensitive,
    },
    /// Registered in Zoom and waiting for the host's approval.
    Pending {
        /// Zoom's registrant id.
        registrant: RegistrantId,
    },
    /// Not to be registered at all (R5, R7).
    Skipped {
        /// Why.
        problem: Problem,
        /// The shared join link of a webinar without registration (R5).
        join_url: Option<Sensitive>,
    },
    /// Not registered in Zoom. The problem's code decides whether the tick retries the lead.
    Failed(Problem),
}

impl LeadOutcome {
    /// Returns the name that the HTTP contract uses (docs/API.md).
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Registered { .. } => "registered",
            Self::Pending { .. } => "pending",
            Self::Skipped { .. } => "skipped",
            Self::Failed(_) => "failed",
        }
    }

    /// Returns the problem of a lead that was skipped or failed.
    pub const fn problem(&self) -> Option<&Problem> {
        match self {
            Self::Skipped { problem, .. } | Self::Failed(problem) => Some(problem),
            Self::Registered { .. } | Self::Pending { .. } => None,
        }
    }

    /// Returns Zoom's registrant id.
    pub const fn registrant(&self) -> Option<&RegistrantId> {
        match self {
            Self::Registered { registrant, .. } | Self::Pending { registrant } => Some(registrant),
            Self::Skipped { .. } | Self::Failed(_) => None,
        }
    }

    /// Returns the join link, personal or shared.
    pub const fn join_url(&self) -> Option<&Sensitive> {
        match self {
            Self::Registered { join_url, .. } => Some(join_url),
            Self::Skipped { join_url, .. } => join_url.as_ref(),
            Self::Pending { .. } | Self::Failed(_) => None,
        }
    }
}

impl From<RegistrationOutcome> for LeadOutcome {
    fn from(outcome: RegistrationOutcome) -> Self {
        match outcome {
            RegistrationOutcome::Registered { registrant, join_url } => Self::Registered { registrant, join_url },
            RegistrationOutcome::Pending { registrant } => Self::Pending { registrant },
            RegistrationOutcome::Failed { problem, .. } => Self::Failed(problem),
        }
    }
}

/// Whether a lead has its outcome.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Disposition {
    /// The lead has its outcome.
    Final(LeadOutcome),
    /// The lead stays queued, because its attempt failed at an upstream.
    Deferred(Problem),
    /// The lead stays queued, and no attempt at it took place: its service or an upstream cannot be used, or no time was
    /// left. This does not count as a try.
    Postponed(Problem),
}

impl Disposition {
    /// Returns the problem of a lead that was skipped, failed or is deferred.
    pub const fn problem(&self) -> Option<&Problem> {
        match self {
            Self::Final(outcome) => outcome.problem(),
            Self::Deferred(problem) | Self::Postponed(problem) => Some(problem),
        }
    }
}

impl From<Error> for Disposition {
    /// A rejection is final, except where the service needs a sign-in or a permission: those leads stay queued until
    /// the admin restores the service (R2).
    fn from(error: Error) -> Self {
        use domain::ErrorCode::{ServiceLacksPermission, ServiceNeedsSignIn};
        let problem = error.problem();
        let waits = matches!(problem.code, ServiceNeedsSignIn | ServiceLacksPermission);
        match error {
            Error::Rejected(problem) if !waits => Self::Final(LeadOutcome::Failed(problem)),
            Error::Rejected(_) | Error::Internal(_) | Error::Upstream(_) => Self::Postponed(problem),
        }
    }
}

/// One lead and the result of registering it.
#[derive(Debug, Clone)]
pub struct LeadResult {
    /// The lead.
    pub lead: LeadId,
    /// Its outcome, or why there is none yet.
    pub disposition: Disposition,
    /// Number and topic of the webinar. `None` if the lead did not get as far as a webinar.
    pub webinar: Option<(String, String)>,
    /// Whether the registration was to be cancelled. Then nothing is written to the membership.
    pub is_cancellation: bool,
}

impl LeadResult {
    /// Returns the result of a lead that failed before a webinar was chosen.
    pub const fn failed(lead: LeadId, problem: Problem) -> Self {
        Self {
            lead,
            disposition: Disposition::Final(LeadOutcome::Failed(problem)),
            webinar: None,
            is_cancellation: false,
        }
    }

    /// Returns the result of a lead that was not attempted because of an error.
    pub const fn postponed(lead: LeadId, problem: Problem) -> Self {
        Self { lead, disposition: Disposition::Postponed(problem), webinar: None, is_cancellation: false }
    }

    /// Returns the result of a lead whose attempt ended with an error.
    pub const fn deferred(lead: LeadId, problem: Problem) -> Self {
        Self { lead, disposition: Disposition::Deferred(problem), webinar: None, is_cancellation: false }
    }

    /// Returns the outcome; `None` while the lead is deferred.
    pub const fn outcome(&self) -> Option<&LeadOutcome> {
        match &self.disposition {
            Disposition::Final(outcome) => Some(outcome),
            Disposition::Deferred(_) | Disposition::Postponed(_) => None,
        }
    }

    /// Returns the lead with its outcome, if that is to be written to its membership.
    pub const fn to_write(&self) -> Option<(LeadId, &LeadOutcome)> {
        match self.outcome() {
            Some(outcome) if !self.is_cancellation => Some((self.lead, outcome)),
            _ => None,
        }
    }

    /// Adds a sentence to the detail of a lead that could not be registered.
    pub fn add_to_failure(&mut self, sentence: &str) {
        if let Disposition::Final(LeadOutcome::Failed(problem)) = &mut self.disposition
            && !self.is_cancellation
        {
            problem.detail = format!("{} {sentence}", problem.detail);
        }
    }

    /// Turns a deferred lead into a failed one, after it waited too long.
    pub fn give_up(&mut self) {
        if let Disposition::Deferred(problem) | Disposition::Postponed(problem) = &self.disposition {
            self.disposition = Disposition::Final(LeadOutcome::Failed(problem.clone()));
        }
    }
}
