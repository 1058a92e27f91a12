//! What becomes of one lead.

use domain::{Error, Problem, RegistrantId, Sensitive};

/// How a lead's push ended.
#[derive(Debug, Clone, PartialEq, Eq)]
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
    /// Not to be pushed at all (R5, R7).
    Skipped {
        /// Why.
        problem: Problem,
        /// The shared link of a webinar without registration (R5).
        join_url: Option<Sensitive>,
    },
    /// Not in Zoom, and the same would fail again, or not before tomorrow.
    Failed(Problem),
}

impl Outcome {
    /// As the contract names it.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Registered { .. } => "registered",
            Self::Pending { .. } => "pending",
            Self::Skipped { .. } => "skipped",
            Self::Failed(_) => "failed",
        }
    }

    /// What is wrong, if anything is.
    pub const fn problem(&self) -> Option<&Problem> {
        match self {
            Self::Skipped { problem, .. } | Self::Failed(problem) => Some(problem),
            Self::Registered { .. } | Self::Pending { .. } => None,
        }
    }

    /// Zoom's id.
    pub const fn registrant(&self) -> Option<&RegistrantId> {
        match self {
            Self::Registered { registrant, .. } | Self::Pending { registrant } => Some(registrant),
            Self::Skipped { .. } | Self::Failed(_) => None,
        }
    }

    /// A link that lets the person in.
    pub const fn join_url(&self) -> Option<&Sensitive> {
        match self {
            Self::Registered { join_url, .. } => Some(join_url),
            Self::Skipped { join_url, .. } => join_url.as_ref(),
            Self::Pending { .. } | Self::Failed(_) => None,
        }
    }
}

/// An outcome, or the reason why there is none yet: a peer is unwell, and the lead stays queued.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Settled {
    /// It ended.
    Now(Outcome),
    /// Try again later.
    Later(Problem),
}

impl Settled {
    /// What is wrong, if anything is.
    pub const fn problem(&self) -> Option<&Problem> {
        match self {
            Self::Now(outcome) => outcome.problem(),
            Self::Later(problem) => Some(problem),
        }
    }
}

impl From<Error> for Settled {
    /// A caller's problem is final, except a lost sign-in: then work stays queued until somebody signs in (R2).
    fn from(error: Error) -> Self {
        use domain::Code::{ServiceLacksPermission, ServiceNeedsSignIn};
        let problem = error.problem();
        let waits = matches!(problem.code, ServiceNeedsSignIn | ServiceLacksPermission);
        match error {
            Error::Caller(problem) if !waits => Self::Now(Outcome::Failed(problem)),
            Error::Caller(_) | Error::Ours(_) | Error::Peer(_) => Self::Later(problem),
        }
    }
}
