//! The three kinds of error, told apart by type: ours ([`Error::Ours`]), a peer's ([`Error::Peer`], which says whether
//! and when to try again), and one bad item, whose batch goes on: that is no error but an outcome, of a type of the
//! batch's own.

use crate::code::{Code, Problem};
use crate::time::{SignedDuration, Timestamp};
use std::fmt;

/// What ends an operation as a whole.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Our fault, or our store's. Callers see `INTERNAL` and no more; the text goes to the log.
    #[error("internal: {0}")]
    Ours(String),
    /// A peer did not do its part.
    #[error(transparent)]
    Peer(#[from] PeerError),
    /// The caller asked for something that cannot be.
    #[error("{}: {}", .0.code, .0.detail)]
    Caller(Problem),
}

impl Error {
    /// What a caller is told. Never carries the internal text.
    pub fn problem(&self) -> Problem {
        match self {
            Self::Ours(_) => Problem::of(Code::Internal),
            Self::Peer(error) => error.problem.clone(),
            Self::Caller(problem) => problem.clone(),
        }
    }

    /// Whether, and when, trying the same again may help.
    pub fn retry(&self) -> Retry {
        match self {
            Self::Ours(_) => Retry::Soon,
            Self::Peer(error) => error.retry,
            Self::Caller(_) => Retry::Never,
        }
    }
}

impl From<Code> for Error {
    fn from(code: Code) -> Self {
        Self::Caller(Problem::of(code))
    }
}

impl From<Problem> for Error {
    fn from(problem: Problem) -> Self {
        Self::Caller(problem)
    }
}

/// Who the other side is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Peer {
    /// Zoom's REST API or its OAuth server.
    Zoom,
    /// Marketo's REST API or its callback.
    Marketo,
    /// Another component of ours, by service chaining.
    Component,
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Zoom => "Zoom",
            Self::Marketo => "Marketo",
            Self::Component => "a component",
        })
    }
}

/// A peer's fault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{peer}: {}: {}", .problem.code, .problem.detail)]
pub struct PeerError {
    /// Whose.
    pub peer: Peer,
    /// What to tell people.
    pub problem: Problem,
    /// Whether, and when, to try again.
    pub retry: Retry,
    /// Whether the request may have been carried out although no usable answer came.
    pub ambiguous: bool,
}

/// When to try again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// It would fail again in the same way.
    Never,
    /// Within this run, after our own back-off.
    Soon,
    /// Not before this long, as the peer told.
    After(SignedDuration),
    /// Not before this instant (a daily limit).
    At(Timestamp),
}
