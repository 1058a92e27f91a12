//! Marketo's codes. They come as strings, with HTTP 200 (marketo.md section 4).

use domain::time::{SignedDuration, Timestamp};
use domain::{Code, Error, Peer, PeerError, Problem, Retry};
use serde::Deserialize;

/// What a call ends in when it does not succeed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MarketoError {
    /// Marketo understood the request and refused it: a bug of ours, or something that is not there.
    #[error("Marketo refused with code {0}")]
    Refused(MarketoCode),
    /// Anything else: no token, no answer, a limit that lasts.
    #[error(transparent)]
    Other(#[from] Error),
}

/// A code of Marketo's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct MarketoCode(pub u32);

impl MarketoCode {
    /// "Lead skipped": already in or past the status. That is success (R16).
    pub const ALREADY_PAST: Self = Self(1037);
    /// "Invalid data", among it a list of members of a program that has more than 100,000.
    pub const INVALID: Self = Self(1003);
    /// "Membership not found".
    pub const NO_MEMBER: Self = Self(1013);
    /// "Lead not found".
    pub const NO_LEAD: Self = Self(1004);
    /// "Lead already exists".
    pub const LEAD_EXISTS: Self = Self(1005);
    /// "Multiple leads match".
    pub const SEVERAL_MATCH: Self = Self(1007);
}

impl std::fmt::Display for MarketoCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// What to do about a response-level code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Remedy {
    /// 601, 602: a new token, once.
    NewToken,
    /// Wait and send the same again.
    Repeat { wait: Option<SignedDuration> },
    /// 607: the daily quota.
    Quota,
    /// 603 and the like: somebody has to change the API user.
    Access,
    /// The rest.
    Refuse,
}

/// The window of Marketo's rate limit, 100 calls in 20 seconds: after a 606 it is over by then.
pub(crate) const RATE_WINDOW: SignedDuration = SignedDuration::from_secs(20);

impl MarketoCode {
    /// marketo.md section 4, response-level table; DESIGN section 8.
    pub(crate) const fn remedy(self) -> Remedy {
        match self.0 {
            600..=602 => Remedy::NewToken,
            603 => Remedy::Access,
            // Full jitter under the window's length is what the caller's patience adds; a second is the least that
            // helps.
            606 => Remedy::Repeat { wait: Some(SignedDuration::from_secs(1)) },
            607 => Remedy::Quota,
            500 | 502 | 604 | 608 | 611 | 614 | 615 | 713 | 719 => Remedy::Repeat { wait: None },
            _ => Remedy::Refuse,
        }
    }
}

/// An entry of `errors` or `reasons`. Its code is a string, sometimes a number.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Reason {
    code: serde_json::Value,
}

impl Reason {
    pub(crate) fn code(&self) -> MarketoCode {
        let number = self.code.as_u64().or_else(|| self.code.as_str()?.parse().ok());
        MarketoCode(number.and_then(|number| u32::try_from(number).ok()).unwrap_or(0))
    }
}

impl From<MarketoError> for Error {
    fn from(error: MarketoError) -> Self {
        match error {
            MarketoError::Refused(code) => Self::Peer(PeerError {
                peer: Peer::Marketo,
                problem: Problem::because(
                    Code::MarketoUnavailable,
                    format_args!("Marketo refused the request with code {code}."),
                ),
                retry: Retry::Never,
                ambiguous: false,
            }),
            MarketoError::Other(error) => error,
        }
    }
}

const CST: SignedDuration = SignedDuration::from_hours(-6);

/// When Marketo's daily quota begins anew: 00:00 US Central. Marketo writes "CST", and in summer midnight CDT comes
/// an hour before midnight CST; the later one is right in both cases.
pub fn quota_reset(now: Timestamp) -> Timestamp {
    now.next_midnight(CST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_read_as_text_or_number() {
        for json in [r#"{"code":"606","message":"Max rate limit"}"#, r#"{"code":606}"#] {
            assert_eq!(serde_json::from_str::<Reason>(json).unwrap().code(), MarketoCode(606));
        }
        assert_eq!(serde_json::from_str::<Reason>(r#"{"code":"?"}"#).unwrap().code(), MarketoCode(0));
    }

    #[test]
    fn each_code_of_the_design_has_its_remedy() {
        for code in [601, 602] {
            assert_eq!(MarketoCode(code).remedy(), Remedy::NewToken);
        }
        for code in [606, 615, 604, 608, 611, 713, 502] {
            assert!(matches!(MarketoCode(code).remedy(), Remedy::Repeat { .. }), "{code}");
        }
        assert_eq!(MarketoCode(607).remedy(), Remedy::Quota);
        assert_eq!(MarketoCode(603).remedy(), Remedy::Access);
        assert_eq!(MarketoCode(610).remedy(), Remedy::Refuse);
    }

    #[test]
    fn the_quota_begins_anew_at_midnight_central() {
        let reset = |now: &str| quota_reset(now.parse().unwrap()).to_string();
        assert_eq!(reset("2026-11-02T05:59:59Z"), "2026-11-02T06:00:00Z");
        assert_eq!(reset("2026-11-02T06:00:00Z"), "2026-11-03T06:00:00Z");
    }
}
