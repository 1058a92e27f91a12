//! The kinds of error: internal, upstream (with whether and when to retry), and rejected. A rejected item of a batch is
//! not an error but an outcome of the batch's own type, and the batch goes on.

use crate::error_code::{ErrorCode, Problem};
use crate::time::{SignedDuration, Timestamp};
use std::fmt;

/// An error that ends an operation.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// A fault of this application or its store. Callers see `INTERNAL` only; the text goes to the log.
    #[error("internal: {0}")]
    Internal(String),
    /// A failure of Zoom, Marketo or another component.
    #[error(transparent)]
    Upstream(#[from] UpstreamError),
    /// A request that cannot be fulfilled.
    #[error("{}: {}", .0.code, .0.detail)]
    Rejected(Problem),
}

impl Error {
    /// Returns the problem for the caller, without internal texts.
    pub fn problem(&self) -> Problem {
        match self {
            Self::Internal(_) => Problem::of(ErrorCode::Internal),
            Self::Upstream(error) => error.problem.clone(),
            Self::Rejected(problem) => problem.clone(),
        }
    }

    /// Returns whether and when a retry may succeed.
    pub fn retry(&self) -> Retry {
        match self {
            Self::Internal(_) => Retry::Soon,
            Self::Upstream(error) => error.retry,
            Self::Rejected(_) => Retry::Never,
        }
    }
}

impl From<ErrorCode> for Error {
    fn from(code: ErrorCode) -> Self {
        Self::Rejected(Problem::of(code))
    }
}

impl From<Problem> for Error {
    fn from(problem: Problem) -> Self {
        Self::Rejected(problem)
    }
}

/// A system that this application calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Upstream {
    /// Zoom's REST API or its OAuth server.
    Zoom,
    /// Marketo's REST API or its callback.
    Marketo,
    /// Another component, by service chaining.
    Component,
}

impl fmt::Display for Upstream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Zoom => "Zoom",
            Self::Marketo => "Marketo",
            Self::Component => "a component",
        })
    }
}

/// A failure of an upstream.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{upstream}: {}: {}", .problem.code, .problem.detail)]
pub struct UpstreamError {
    /// The upstream that failed.
    pub upstream: Upstream,
    /// The problem for people.
    pub problem: Problem,
    /// Whether and when to retry.
    pub retry: Retry,
    /// Whether the upstream may have executed the request although no usable answer came.
    pub maybe_executed: bool,
}

/// When to retry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// A retry would fail in the same way.
    Never,
    /// Within this run, after a back-off.
    Soon,
    /// Not before this duration has passed, as the upstream asked.
    After(SignedDuration),
    /// Not before this instant (a daily limit).
    At(Timestamp),
}
