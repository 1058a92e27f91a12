//! The names and outcomes of checks.

use domain::Problem;
use serde::Serialize;

/// What is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum CheckName {
    /// Zoom accepts the service's token, and shows the webinar.
    ZoomToken,
    /// The sign-in granted every scope.
    ZoomScopes,
    /// The clocks of the application and of Zoom agree.
    Clock,
    /// The API user may read the program and its channel.
    MarketoAccess,
    /// The channel has the statuses, and its steps allow the changes.
    ChannelSteps,
    /// The API user may write the member fields.
    MemberFields,
    /// The scheduler calls.
    Scheduler,
    /// Zoom reaches the webhook.
    ZoomWebhook,
    /// Marketo has the flow step installed.
    FlowStep,
    /// Marketo's status changes are read (R23).
    StatusChanges,
}

/// The outcome of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Outcome {
    /// It works.
    Passed,
    /// It works, with a restriction.
    Warning,
    /// It does not work.
    Failed,
    /// It was not seen yet, so that nobody knows.
    Unknown,
}

/// A check with its outcome.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Check {
    pub(super) name: CheckName,
    pub(super) outcome: Outcome,
    /// What was found, and what to do if it is not right.
    pub(super) detail: String,
}

impl CheckName {
    pub(super) fn passed(self, detail: impl Into<String>) -> Check {
        Check { name: self, outcome: Outcome::Passed, detail: detail.into() }
    }

    pub(super) fn warning(self, detail: impl Into<String>) -> Check {
        Check { name: self, outcome: Outcome::Warning, detail: detail.into() }
    }

    pub(super) fn failed(self, problem: Problem) -> Check {
        Check { name: self, outcome: Outcome::Failed, detail: problem.detail }
    }

    pub(super) fn failed_because(self, detail: impl Into<String>) -> Check {
        Check { name: self, outcome: Outcome::Failed, detail: detail.into() }
    }

    pub(super) fn unknown(self, detail: impl Into<String>) -> Check {
        Check { name: self, outcome: Outcome::Unknown, detail: detail.into() }
    }
}
