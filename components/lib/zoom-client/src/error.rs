//! Zoom's refusals. One code has several meanings, so they are told apart by status, code and message together
//! (zoom.md section 2).

use domain::time::{SignedDuration, Timestamp};
use domain::{Code, Error, Peer, PeerError, Problem, Retry, Sensitive, json};
use serde::Deserialize;

/// What a call ends in when it does not succeed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ZoomError {
    /// Zoom understood and refused.
    #[error("Zoom refused: {0:?}")]
    Refused(Refusal),
    /// A limit that ends at the next 00:00 UTC, of this registrant or of the account.
    #[error("a daily limit of Zoom is reached")]
    DailyLimit {
        /// When it ends.
        until: Timestamp,
    },
    /// Anything else: no token, no answer, one that cannot be read, too many requests for too long.
    #[error(transparent)]
    Other(#[from] Error),
}

/// Zoom's error document. The message may name a person, so it is not shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The HTTP status.
    pub status: u16,
    /// Zoom's code.
    pub code: i64,
    /// Zoom's message.
    pub message: Sensitive,
    /// The fields that Zoom names as invalid.
    pub fields: Vec<String>,
}

#[derive(Deserialize)]
struct Document {
    #[serde(default)]
    code: i64,
    #[serde(default)]
    message: String,
    #[serde(default)]
    errors: Vec<FieldError>,
}

#[derive(Deserialize)]
struct FieldError {
    #[serde(default)]
    field: String,
}

impl Refusal {
    /// Reads an error document; a body that is none counts as code 0 without a message.
    pub fn read(status: u16, body: &[u8]) -> Self {
        let document = json::read(body).unwrap_or(Document { code: 0, message: String::new(), errors: Vec::new() });
        Self {
            status,
            code: document.code,
            message: document.message.into(),
            fields: document.errors.into_iter().map(|error| error.field).filter(|field| is_name(field)).collect(),
        }
    }

    /// Whether the message has some words in it, in any case.
    pub fn says(&self, words: &str) -> bool {
        self.message.expose().to_ascii_lowercase().contains(words)
    }

    /// Whether the thing that the call is about does not exist (or, for reports, is not there yet).
    pub fn is_not_found(&self) -> bool {
        self.status == 404 || self.code == 3001 || self.code == 1001
    }

    /// Whether the token is not good any more. A missing scope is another thing, whatever its status.
    pub fn is_bad_token(&self) -> bool {
        self.status == 401 && !self.is_missing_scope()
    }

    /// Whether the token lacks a scope (codes 4700 and 4711 both occur; the text decides).
    pub fn is_missing_scope(&self) -> bool {
        self.says("does not contain scopes") || (self.code == 4711 && self.status != 401)
    }

    /// Whether the person who signed in has not, or no longer, the role that the call takes (R2).
    pub fn is_missing_role(&self) -> bool {
        self.code == 200 && self.says("no permission")
    }

    /// What a refusal says of the service as a whole (R2), if it does.
    pub fn service_problem(&self) -> Option<Problem> {
        if self.is_missing_scope() {
            let what = format_args!("The sign-in to Zoom lacks {}.", self.scopes());
            return Some(Problem::because(Code::ServiceLacksPermission, what));
        }
        (self.is_bad_token() || self.is_missing_role()).then(|| Problem::of(self.code()))
    }

    /// The scopes that the message names between brackets. What does not look like a scope is not shown.
    fn scopes(&self) -> String {
        let (_, list) = self.message.expose().split_once('[').unwrap_or_default();
        let (list, _) = list.split_once(']').unwrap_or_default();
        let is_scope = |name: &&str| {
            !name.is_empty()
                && name.len() <= 80
                && name.bytes().all(|b| b.is_ascii_lowercase() || b == b':' || b == b'_')
        };
        let names: Vec<_> = list.split(',').map(str::trim).filter(is_scope).collect();
        if names.is_empty() { "a scope".to_owned() } else { format!("the scope {}", names.join(" or ")) }
    }

    /// The code for callers (DESIGN section 7), for refusals that mean the same in every call. What an operation
    /// means by a code is in its own module.
    pub fn code(&self) -> Code {
        match self {
            _ if self.is_missing_scope() => Code::ServiceLacksPermission,
            _ if self.is_bad_token() => Code::ServiceNeedsSignIn,
            Self { code: 1001, .. } => Code::UserNotFound,
            Self { code: 3001, .. } => Code::WebinarNotFound,
            Self { code: 200, .. } | Self { status: 403, .. } => Code::ServiceLacksPermission,
            Self { status: 404, .. } => Code::WebinarNotFound,
            _ => Code::ZoomUnavailable,
        }
    }
}

/// Field names are shown to callers; what does not look like one is not.
fn is_name(field: &str) -> bool {
    !field.is_empty() && field.len() <= 40 && field.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'.')
}

impl From<ZoomError> for Error {
    fn from(error: ZoomError) -> Self {
        match error {
            ZoomError::Refused(refusal) => Self::Peer(PeerError {
                peer: Peer::Zoom,
                problem: Problem::of(refusal.code()),
                retry: Retry::Never,
                ambiguous: false,
            }),
            ZoomError::DailyLimit { until } => Self::Peer(PeerError {
                peer: Peer::Zoom,
                problem: Problem::of(Code::DailyLimit),
                retry: Retry::At(until),
                ambiguous: false,
            }),
            ZoomError::Other(error) => error,
        }
    }
}

/// A 429, read from its headers and its message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Limit {
    /// Of requests per second.
    PerSecond { wait: Option<SignedDuration> },
    /// Of a day, over at 00:00 UTC.
    Daily { until: Timestamp },
}

impl Limit {
    pub(crate) fn read(headers: &http::HeaderMap, refusal: &Refusal, now: Timestamp) -> Self {
        let by_header = headers
            .get("x-ratelimit-type")
            .and_then(|value| value.to_str().ok())
            .is_some_and(|kind| kind.to_ascii_lowercase().contains("daily"));
        if by_header || refusal.says("daily") {
            return Self::Daily { until: next_utc_midnight(now) };
        }
        Self::PerSecond { wait: platform::patience::retry_after(headers, now) }
    }
}

/// The next 00:00 UTC, when Zoom's daily limits end (R12).
pub fn next_utc_midnight(now: Timestamp) -> Timestamp {
    now.next_midnight(SignedDuration::ZERO)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(status: u16, body: &str) -> Refusal {
        Refusal::read(status, body.as_bytes())
    }

    #[test]
    fn refusals_are_told_apart_by_status_code_and_message() {
        for (status, body, code) in [
            (401, r#"{"code":124,"message":"Invalid access token."}"#, Code::ServiceNeedsSignIn),
            (401, r#"{"code":201,"message":"Access token is expired."}"#, Code::ServiceNeedsSignIn),
            (
                400,
                r#"{"code":4711,"message":"Invalid access token, does not contain scopes:[x]."}"#,
                Code::ServiceLacksPermission,
            ),
            (
                401,
                r#"{"code":4700,"message":"Invalid access token, does not contain scopes:[x]."}"#,
                Code::ServiceLacksPermission,
            ),
            (404, r#"{"code":1001,"message":"User does not exist"}"#, Code::UserNotFound),
            (404, r#"{"code":3001,"message":"Webinar 1 has expired"}"#, Code::WebinarNotFound),
            (400, r#"{"code":200,"message":"Webinar plan is missing."}"#, Code::ServiceLacksPermission),
            (500, "<html>", Code::ZoomUnavailable),
        ] {
            assert_eq!(refusal(status, body).code(), code, "{body}");
        }
    }

    #[test]
    fn r2_what_concerns_the_service_has_a_sentence_of_its_own() {
        let problem = |status, body| refusal(status, body).service_problem().map(|problem| problem.detail);
        let scope = problem(
            400,
            r#"{"code":4711,"message":"Invalid access token, does not contain scopes:[a:b_c:admin, <b>]."}"#,
        );
        assert!(scope.unwrap().starts_with("The sign-in to Zoom lacks the scope a:b_c:admin."));
        let unnamed = problem(401, r#"{"code":4700,"message":"does not contain scopes"}"#);
        assert!(unnamed.unwrap().starts_with("The sign-in to Zoom lacks a scope."));
        let role = problem(400, r#"{"code":200,"message":"No permission."}"#);
        assert!(role.unwrap().contains("give back the admin role"));
        let token = problem(401, r#"{"code":124,"message":"Invalid access token."}"#);
        assert!(token.unwrap().contains("sign in again"));
        for (status, body) in
            [(400, r#"{"code":200,"message":"Webinar plan is missing."}"#), (404, r#"{"code":3001,"message":"x"}"#)]
        {
            assert_eq!(problem(status, body), None);
        }
    }

    #[test]
    fn a_limit_of_a_day_ends_at_midnight_utc() {
        let now: Timestamp = "2026-11-02T23:30:00Z".parse().unwrap();
        let midnight: Timestamp = "2026-11-03T00:00:00Z".parse().unwrap();
        let daily =
            refusal(429, r#"{"code":429,"message":"You have exceeded the daily rate limit of (3) for Add a ..."}"#);
        assert_eq!(Limit::read(&http::HeaderMap::new(), &daily, now), Limit::Daily { until: midnight });

        let second = refusal(429, r#"{"code":429,"message":"You have reached the maximum per-second rate limit"}"#);
        let headers = http::HeaderMap::from_iter([(http::header::RETRY_AFTER, "2".parse().unwrap())]);
        let wait = Some(SignedDuration::from_secs(2));
        assert_eq!(Limit::read(&headers, &second, now), Limit::PerSecond { wait });
    }

    #[test]
    fn messages_are_not_shown() {
        let refusal = refusal(429, r#"{"code":429,"message":"for the registrant (ada@example.com)"}"#);
        assert!(!format!("{refusal:?} {}", ZoomError::Refused(refusal.clone())).contains("ada"));
    }
}
