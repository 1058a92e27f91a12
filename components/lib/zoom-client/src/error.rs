//! Zoom's errors. One code has several meanings, so errors are classified by status, code and message together
//! (docs/reference/zoom.md).

use domain::lenient::{Object, Unreadable, read_object};
use domain::time::{Offset, SignedDuration, Timestamp, next_midnight};
use domain::{Error, ErrorCode, Problem, Retry, Sensitive, Upstream, UpstreamError};

/// Why a call failed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ZoomError {
    /// Zoom answered with an error document.
    #[error("Zoom refused: {0:?}")]
    Api(ZoomApiError),
    /// A daily limit is reached, of the registrant (R12) or of the account.
    #[error("a daily limit of Zoom is reached")]
    DailyLimit {
        /// When the limit resets: the next 00:00 UTC.
        until: Timestamp,
    },
    /// Any other failure: no token, no answer, an unreadable answer, or a rate limit that outlasts the deadline.
    #[error(transparent)]
    Other(#[from] Error),
}

impl From<Unreadable> for ZoomError {
    fn from(unreadable: Unreadable) -> Self {
        let what = format_args!("Zoom's answer cannot be read: {unreadable}.");
        Self::Other(Error::Upstream(UpstreamError {
            upstream: Upstream::Zoom,
            problem: Problem::because(ErrorCode::ZoomUnavailable, what),
            retry: Retry::Soon,
            maybe_executed: true,
        }))
    }
}

/// Zoom's error document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ZoomApiError {
    /// The HTTP status.
    pub status: u16,
    /// Zoom's error code.
    pub code: i64,
    /// Zoom's message. It may name a person, so it is never shown.
    pub message: Sensitive,
    /// The invalid fields that Zoom names.
    pub fields: Vec<String>,
}

impl ZoomApiError {
    /// Parses an error document. Any other body counts as code 0 without a message.
    pub fn read(status: u16, body: &[u8]) -> Self {
        let document = read_object(body).unwrap_or_default();
        let document = Object::from(&document);
        let fields = document.items("errors").iter().filter_map(|error| Object::from(error.as_object()?).text("field"));
        Self {
            status,
            code: document.integer("code").unwrap_or_default(),
            message: document.text("message").unwrap_or_default().into(),
            fields: fields.filter(|field| is_field_name(field)).collect(),
        }
    }

    /// Returns whether the message contains some lower-case words, in any case.
    pub fn message_contains(&self, words: &str) -> bool {
        self.message.expose().to_ascii_lowercase().contains(words)
    }

    /// Returns whether the resource does not exist or, for a report, is not ready yet.
    pub fn is_not_found(&self) -> bool {
        self.status == 404 || self.code == 3001 || self.code == 1001
    }

    /// Returns whether the token is invalid or expired. A missing scope is not that, even with status 401.
    pub fn is_bad_token(&self) -> bool {
        self.status == 401 && !self.is_missing_scope()
    }

    /// Returns whether the token lacks a scope. Zoom uses codes 4700 and 4711 for that, so the message decides.
    pub fn is_missing_scope(&self) -> bool {
        self.message_contains("does not contain scopes") || (self.code == 4711 && self.status != 401)
    }

    /// Returns whether the user who signed in lacks the role that the call requires (R2).
    pub fn is_missing_role(&self) -> bool {
        self.code == 200 && self.message_contains("no permission")
    }

    /// Returns whether the host of a webinar has no webinar licence. Zoom uses the same code for a missing permission; only
    /// a licence is a matter of one user, and waiting does not help.
    pub fn is_missing_licence(&self) -> bool {
        self.code == 200 && self.message_contains("plan is missing")
    }

    /// Returns the problem of the service as a whole, if the error shows one (R2).
    pub fn service_problem(&self) -> Option<Problem> {
        if self.is_missing_scope() {
            let what = format_args!("The sign-in to Zoom lacks {}.", self.scopes());
            return Some(Problem::because(ErrorCode::ServiceLacksPermission, what));
        }
        (self.is_bad_token() || self.is_missing_role()).then(|| Problem::of(self.code()))
    }

    /// Returns the scopes that the message lists in brackets, omitting texts that do not look like a scope.
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

    /// Returns the error code for callers, for errors that mean the same in every call. The module of an operation
    /// classifies the errors that are specific to it.
    pub fn code(&self) -> ErrorCode {
        match self {
            _ if self.is_missing_scope() => ErrorCode::ServiceLacksPermission,
            _ if self.is_bad_token() => ErrorCode::ServiceNeedsSignIn,
            _ if self.is_missing_licence() => ErrorCode::HostLacksLicence,
            Self { code: 1001, .. } => ErrorCode::UserNotFound,
            Self { code: 3001, .. } => ErrorCode::WebinarNotFound,
            Self { code: 200, .. } | Self { status: 403, .. } => ErrorCode::ServiceLacksPermission,
            Self { status: 404, .. } => ErrorCode::WebinarNotFound,
            _ => ErrorCode::ZoomUnavailable,
        }
    }
}

/// Returns whether a text looks like a field name, so that it may be shown.
fn is_field_name(field: &str) -> bool {
    !field.is_empty() && field.len() <= 40 && field.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'.')
}

impl From<ZoomError> for Error {
    fn from(error: ZoomError) -> Self {
        match error {
            // Final for this host, unlike a failure of Zoom.
            ZoomError::Api(error) if error.is_missing_licence() => ErrorCode::HostLacksLicence.into(),
            ZoomError::Api(error) => Self::Upstream(UpstreamError {
                upstream: Upstream::Zoom,
                problem: Problem::of(error.code()),
                retry: Retry::Never,
                maybe_executed: false,
            }),
            ZoomError::DailyLimit { until } => Self::Upstream(UpstreamError {
                upstream: Upstream::Zoom,
                problem: Problem::of(ErrorCode::DailyLimit),
                retry: Retry::At(until),
                maybe_executed: false,
            }),
            ZoomError::Other(error) => error,
        }
    }
}

/// The limit that a 429 reports, by its headers and message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ExceededLimit {
    /// Requests per second. `wait` is the `Retry-After`.
    PerSecond { wait: Option<SignedDuration> },
    /// Requests per day, which resets at 00:00 UTC.
    Daily { until: Timestamp },
}

impl ExceededLimit {
    pub(crate) fn read(headers: &http::HeaderMap, error: &ZoomApiError, now: Timestamp) -> Self {
        let by_header = headers
            .get("x-ratelimit-type")
            .and_then(|value| value.to_str().ok())
            .is_some_and(|kind| kind.to_ascii_lowercase().contains("daily"));
        if by_header || error.message_contains("daily") {
            return Self::Daily { until: next_utc_midnight(now) };
        }
        Self::PerSecond { wait: platform::retry::retry_after(headers, now) }
    }
}

/// Returns the next 00:00 UTC, when Zoom's daily limits reset (R12).
pub fn next_utc_midnight(now: Timestamp) -> Timestamp {
    next_midnight(now, Offset::UTC)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn api_error(status: u16, body: &str) -> ZoomApiError {
        ZoomApiError::read(status, body.as_bytes())
    }

    #[test]
    fn errors_are_classified_by_status_code_and_message() {
        for (status, body, code) in [
            (401, r#"{"code":124,"message":"Invalid access token."}"#, ErrorCode::ServiceNeedsSignIn),
            (401, r#"{"code":201,"message":"Credentials token is expired."}"#, ErrorCode::ServiceNeedsSignIn),
            (
                400,
                r#"{"code":4711,"message":"Invalid access token, does not contain scopes:[x]."}"#,
                ErrorCode::ServiceLacksPermission,
            ),
            (
                401,
                r#"{"code":4700,"message":"Invalid access token, does not contain scopes:[x]."}"#,
                ErrorCode::ServiceLacksPermission,
            ),
            (404, r#"{"code":1001,"message":"User does not exist"}"#, ErrorCode::UserNotFound),
            (404, r#"{"code":3001,"message":"Webinar 1 has expired"}"#, ErrorCode::WebinarNotFound),
            (400, r#"{"code":200,"message":"Webinar plan is missing. You must ..."}"#, ErrorCode::HostLacksLicence),
            (400, r#"{"code":200,"message":"No permission."}"#, ErrorCode::ServiceLacksPermission),
            (500, "<html>", ErrorCode::ZoomUnavailable),
        ] {
            assert_eq!(api_error(status, body).code(), code, "{body}");
        }
    }

    #[test]
    fn r2_problems_of_the_service_have_their_own_sentences() {
        let problem = |status, body| api_error(status, body).service_problem().map(|problem| problem.detail);
        let scope = problem(
            400,
            r#"{"code":4711,"message":"Invalid access token, does not contain scopes:[a:b_c:admin, <b>]."}"#,
        );
        assert!(scope.unwrap().starts_with("The sign-in to Zoom lacks the scope a:b_c:admin."));
        let unnamed = problem(401, r#"{"code":4700,"message":"does not contain scopes"}"#);
        assert!(unnamed.unwrap().starts_with("The sign-in to Zoom lacks a scope."));
        let role = problem(400, r#"{"code":200,"message":"No permission."}"#);
        assert!(role.unwrap().contains("give the admin role back"));
        let token = problem(401, r#"{"code":124,"message":"Invalid access token."}"#);
        assert!(token.unwrap().contains("sign in again"));
        for (status, body) in
            [(400, r#"{"code":200,"message":"Webinar plan is missing."}"#), (404, r#"{"code":3001,"message":"x"}"#)]
        {
            assert_eq!(problem(status, body), None);
        }
    }

    #[test]
    fn a_daily_limit_resets_at_midnight_utc() {
        let now: Timestamp = "2026-11-02T23:30:00Z".parse().unwrap();
        let midnight: Timestamp = "2026-11-03T00:00:00Z".parse().unwrap();
        let daily =
            api_error(429, r#"{"code":429,"message":"You have exceeded the daily rate limit of (3) for Add a ..."}"#);
        assert_eq!(ExceededLimit::read(&http::HeaderMap::new(), &daily, now), ExceededLimit::Daily { until: midnight });

        let second = api_error(429, r#"{"code":429,"message":"You have reached the maximum per-second rate limit"}"#);
        let headers = http::HeaderMap::from_iter([(http::header::RETRY_AFTER, "2".parse().unwrap())]);
        let wait = Some(SignedDuration::from_secs(2));
        assert_eq!(ExceededLimit::read(&headers, &second, now), ExceededLimit::PerSecond { wait });
    }

    #[test]
    fn messages_are_redacted() {
        let error = api_error(429, r#"{"code":429,"message":"for the registrant (ada@example.com)"}"#);
        assert!(!format!("{error:?} {}", ZoomError::Api(error.clone())).contains("ada"));
    }
}
