//! Faults and the plan that injects them.

use bytes::Bytes;
use http::Request;

/// The `Retry-After` of a 429.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RetryAfter {
    /// No header.
    Absent,
    /// Seven seconds, as a number.
    Seconds,
    /// In seven seconds, as an HTTP date (RFC 9110).
    HttpDate,
    /// In seven seconds, as an RFC 3339 date-time, which Zoom sends.
    DateTime,
}

/// A fault of one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The connection is refused.
    Refused,
    /// The connection breaks before the request is executed.
    DroppedBefore,
    /// The connection breaks after the request was executed.
    DroppedAfter,
    /// The request is executed at once; the answer comes after 30 seconds.
    Hang,
    /// The request is executed after 30 seconds, even if the caller has given up; the answer is lost.
    Late,
    /// 429: the rate limit per second is exceeded.
    TooMany(RetryAfter),
    /// 429: Zoom's limit of 3 add calls per e-mail address, webinar and UTC day.
    DailyOfRegistrant,
    /// 429: Zoom's daily limit of calls for the account.
    DailyOfAccount,
    /// HTTP 200 with a Marketo error code.
    MarketoCode(&'static str),
    /// An HTTP error; the request was not executed.
    ErrorBefore(u16),
    /// An HTTP error; the request was executed.
    ErrorAfter(u16),
    /// The request is executed; the answer is truncated.
    Malformed,
    /// The request is executed; the answer is empty.
    Empty,
    /// The store fails before the access.
    StoreErrorBefore,
    /// The store fails after the access.
    StoreErrorAfter,
    /// The process is killed before the call is executed.
    KilledBefore,
    /// The upstream fails but counts the call, and the process is killed before the answer comes.
    KilledAfterCountedFailure,
    /// The process is killed after the call was executed.
    KilledAfter,
}

impl Fault {
    /// All faults in all their forms.
    pub const ALL: [Self; 34] = [
        Self::Refused,
        Self::DroppedBefore,
        Self::DroppedAfter,
        Self::Hang,
        Self::Late,
        Self::TooMany(RetryAfter::Absent),
        Self::TooMany(RetryAfter::Seconds),
        Self::TooMany(RetryAfter::HttpDate),
        Self::TooMany(RetryAfter::DateTime),
        Self::DailyOfRegistrant,
        Self::DailyOfAccount,
        Self::MarketoCode("606"),
        Self::MarketoCode("615"),
        Self::MarketoCode("607"),
        Self::MarketoCode("601"),
        Self::MarketoCode("602"),
        Self::MarketoCode("604"),
        Self::MarketoCode("608"),
        Self::MarketoCode("611"),
        Self::MarketoCode("713"),
        Self::MarketoCode("502"),
        Self::ErrorBefore(500),
        Self::ErrorAfter(500),
        Self::ErrorBefore(502),
        Self::ErrorAfter(502),
        Self::ErrorBefore(503),
        Self::ErrorAfter(504),
        Self::Malformed,
        Self::Empty,
        Self::StoreErrorBefore,
        Self::StoreErrorAfter,
        Self::KilledBefore,
        Self::KilledAfterCountedFailure,
        Self::KilledAfter,
    ];

    /// Returns whether the fault kills the process.
    pub const fn kills(self) -> bool {
        matches!(self, Self::KilledBefore | Self::KilledAfterCountedFailure | Self::KilledAfter)
    }
}

/// A kind of access to the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Reads a value.
    Get,
    /// Writes a value.
    Set,
    /// Deletes a value.
    Delete,
    /// Lists keys.
    List,
}

/// Decides which fault hits which call.
pub trait FaultPlan: Send + Sync {
    /// Returns the fault of a request.
    fn of_request(&self, request: &Request<Bytes>) -> Option<Fault>;

    /// Returns the fault of a call to the store. Faults that a store cannot have kill the process after the call.
    fn of_store(&self, access: Access, key: &str) -> Option<Fault>;

    /// Records that a request was executed.
    fn executed(&self, _: &Request<Bytes>) {}
}

/// A plan without faults.
#[derive(Debug, Clone, Copy)]
pub struct NoFaults;

impl FaultPlan for NoFaults {
    fn of_request(&self, _: &Request<Bytes>) -> Option<Fault> {
        None
    }

    fn of_store(&self, _: Access, _: &str) -> Option<Fault> {
        None
    }
}
