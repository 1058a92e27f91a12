//! Marketo's error codes. They come as strings, with HTTP 200 (docs/reference/marketo.md).

use domain::lenient::{Object, Unreadable};
use domain::time::{Offset, SignedDuration, Timestamp, next_midnight};
use domain::{Error, ErrorCode, Problem, Retry, Upstream, UpstreamError};
use serde_json::Value;

/// Why a call failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MarketoError {
    /// Marketo refused the request: a bug of this application, or a missing asset or record.
    #[error("Marketo refused with code {0}")]
    Api(MarketoCode),
    /// Any other failure: no token, no answer, or a rate limit that outlasts the deadline.
    #[error(transparent)]
    Other(#[from] Error),
}

impl From<Unreadable> for MarketoError {
    fn from(unreadable: Unreadable) -> Self {
        let what = format_args!("Marketo's answer cannot be read: {unreadable}.");
        let problem = Problem::because(ErrorCode::MarketoUnavailable, what);
        let (upstream, retry) = (Upstream::Marketo, Retry::Soon);
        Self::Other(Error::Upstream(UpstreamError { upstream, problem, retry, maybe_executed: false }))
    }
}

/// An error code of Marketo.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct MarketoCode(pub u32);

impl MarketoCode {
    /// No code.
    pub const NONE: Self = Self(0);
    /// "Lead skipped": the member is already in or past the status, or its step is higher (R16).
    pub const KEPT_STATUS: Self = Self(1037);
    /// "Invalid data". Also the answer to a listing of members of a program with more than 100,000.
    pub const INVALID: Self = Self(1003);
    /// "Membership not found".
    pub const NO_MEMBER: Self = Self(1013);
    /// "Lead not found".
    pub const NO_LEAD: Self = Self(1004);
    /// "Lead already exists".
    pub const LEAD_EXISTS: Self = Self(1005);
    /// "Multiple leads match".
    pub const SEVERAL_MATCH: Self = Self(1007);
    /// The API user may not access the lead's partition.
    pub const PARTITION_DENIED: Self = Self(1008);
    /// A lead partition has to be named.
    pub const PARTITION_REQUIRED: Self = Self(1009);
    /// The lead exists in another partition than the named one.
    pub const OTHER_PARTITION: Self = Self(1010);
}

impl MarketoCode {
    /// Returns what a person can do about an error of lead partitions.
    pub const fn partition_advice(self) -> Option<&'static str> {
        match self {
            Self::PARTITION_DENIED => Some(
                "The API user may not access their lead partition; give its role all workspaces and partitions in Marketo, \
                 under Admin, Users & Roles.",
            ),
            Self::PARTITION_REQUIRED => {
                Some("Marketo has to know the lead partition of new leads; name it in the program's settings.")
            }
            Self::OTHER_PARTITION => Some(
                "They exist in another lead partition than the one of the program's settings; name that one, or let Marketo \
                 choose.",
            ),
            _ => None,
        }
    }

    /// Reads the code of an entry of `errors` or `reasons`; `None` if it has none.
    pub(crate) fn read(entry: &Value) -> Option<Self> {
        Object::of(entry).number("code").map(Self)
    }
}

impl std::fmt::Display for MarketoCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// How to recover from a response-level error code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Recovery {
    /// Renews the token, once.
    RenewToken,
    /// Backs off, at least for `wait`, and retries.
    BackOff { wait: Option<SignedDuration> },
    /// The daily quota is used up. The call fails, and can be retried when the quota resets.
    QuotaExhausted,
    /// An admin of Marketo has to change the permissions of the API user.
    FixAccess,
    /// The request itself is refused.
    None,
}

/// Window of Marketo's rate limit of 100 calls in 20 seconds.
pub(crate) const RATE_WINDOW: SignedDuration = SignedDuration::from_secs(20);

impl MarketoCode {
    /// Returns how to recover from this code at response level (docs/FAILURES.md).
    pub(crate) const fn recovery(self) -> Recovery {
        match self.0 {
            600..=602 => Recovery::RenewToken,
            603 => Recovery::FixAccess,
            // The minimum that helps; the retry budget adds jitter.
            606 => Recovery::BackOff { wait: Some(SignedDuration::from_secs(1)) },
            607 => Recovery::QuotaExhausted,
            500 | 502 | 604 | 608 | 611 | 614 | 615 | 713 | 719 => Recovery::BackOff { wait: None },
            _ => Recovery::None,
        }
    }
}

/// Returns an error of Marketo.
pub(crate) fn upstream_error(code: ErrorCode, retry: Retry) -> Error {
    Error::Upstream(UpstreamError {
        upstream: Upstream::Marketo,
        problem: Problem::of(code),
        retry,
        maybe_executed: false,
    })
}

impl From<MarketoError> for Error {
    fn from(error: MarketoError) -> Self {
        match error {
            MarketoError::Api(code) => Self::Upstream(UpstreamError {
                upstream: Upstream::Marketo,
                problem: Problem::because(
                    ErrorCode::MarketoUnavailable,
                    format_args!("Marketo refused the request with code {code}."),
                ),
                retry: Retry::Never,
                maybe_executed: false,
            }),
            MarketoError::Other(error) => error,
        }
    }
}

/// Offset of US Central Standard Time.
const CST: Offset = Offset::constant(-6);

/// Returns when Marketo's daily quota resets: 00:00 US Central. Midnight CST is used all year, because in summer it comes an
/// hour after midnight CDT, so it is never too early.
pub(crate) fn quota_reset(now: Timestamp) -> Timestamp {
    next_midnight(now, CST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_read_from_strings_and_numbers() {
        let read = |text: &str| MarketoCode::read(&serde_json::from_str(text).unwrap());
        for json in [r#"{"code":"606","message":"Max rate limit"}"#, r#"{"code":606}"#] {
            assert_eq!(read(json), Some(MarketoCode(606)));
        }
        for json in [r#"{"code":"?"}"#, r#"{"code":-1}"#, "{}", "null", "[]"] {
            assert_eq!(read(json), None);
        }
    }

    #[test]
    fn each_code_has_its_recovery() {
        for code in [601, 602] {
            assert_eq!(MarketoCode(code).recovery(), Recovery::RenewToken);
        }
        for code in [606, 615, 604, 608, 611, 713, 502] {
            assert!(matches!(MarketoCode(code).recovery(), Recovery::BackOff { .. }), "{code}");
        }
        assert_eq!(MarketoCode(607).recovery(), Recovery::QuotaExhausted);
        assert_eq!(MarketoCode(603).recovery(), Recovery::FixAccess);
        assert_eq!(MarketoCode(610).recovery(), Recovery::None);
    }

    #[test]
    fn the_quota_resets_at_midnight_central_time() {
        let reset = |now: &str| quota_reset(now.parse().unwrap()).to_string();
        assert_eq!(reset("2026-11-02T05:59:59Z"), "2026-11-02T06:00:00Z");
        assert_eq!(reset("2026-11-02T06:00:00Z"), "2026-11-03T06:00:00Z");
    }
}
