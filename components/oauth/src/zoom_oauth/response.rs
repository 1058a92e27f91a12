//! Responses of Zoom's OAuth server: a grant, or why there is none.

use domain::lenient::{Object, read_object};
use domain::time::{SignedDuration, Timestamp};
use domain::{Error, ErrorCode, Problem, Retry, Sensitive, Upstream, UpstreamError};
use http::{Response, StatusCode};
use platform::ports::TransportError;
use platform::url_origin::UrlOrigin;

/// Lifetime of an access token whose response does not say it: that of all of Zoom's tokens (docs/reference/zoom.md).
const TOKEN_LIFETIME: SignedDuration = SignedDuration::from_hours(1);

/// Maximum lifetime of an access token. A longer one in a response is shortened.
const MAX_TOKEN_LIFETIME: SignedDuration = SignedDuration::from_hours(24);

/// A grant, as a sign-in or a renewal returns it.
#[derive(Debug, Clone)]
pub(crate) struct Grant {
    pub(crate) access_token: Sensitive,
    pub(crate) refresh_token: Sensitive,
    pub(crate) expires_at: Timestamp,
    /// The granted scopes, or `None` if the response lacks them.
    pub(crate) scopes: Option<Vec<String>>,
    /// The server of the account's API, or `None` if the response lacks an acceptable one.
    pub(crate) api_base: Option<UrlOrigin>,
}

/// Why there is no grant.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum GrantError {
    /// The code or the refresh token is invalid, expired or was used already.
    #[error("Zoom rejects the grant")]
    Invalid,
    /// Zoom rejects the app itself.
    #[error("Zoom rejects the app: {0:?}")]
    AppRejected(AppFault),
    /// No usable response. Zoom may have used up the code or rotated the refresh token.
    #[error("Zoom's OAuth server gives no usable response")]
    Unavailable,
    /// Zoom's rate limit is reached.
    #[error("Zoom's OAuth server rejects the request because of its rate limit")]
    RateLimited,
    /// A fault of this application or its store.
    #[error(transparent)]
    Internal(#[from] Error),
}

/// Why Zoom rejects the app itself. Waiting work resumes once the fault is repaired.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AppFault {
    /// The client id, the client secret or the redirect URI is wrong.
    Misconfigured,
    /// The app is disabled, by Zoom (4717) or by the account's admin (4738).
    Disabled,
}

impl AppFault {
    /// Returns what to do.
    pub(crate) const fn sentence(self) -> &'static str {
        match self {
            Self::Misconfigured => {
                "Zoom does not accept this application. Its operator has to check zoom_client_id, zoom_client_secret \
                 and public_url; waiting work then resumes by itself."
            }
            Self::Disabled => {
                "This application is disabled in Zoom. A Zoom admin has to enable it in the App Marketplace; waiting \
                 work then resumes by itself."
            }
        }
    }
}

impl From<AppFault> for Problem {
    fn from(fault: AppFault) -> Self {
        Self { code: ErrorCode::ServiceLacksPermission, detail: fault.sentence().to_owned() }
    }
}

impl From<TransportError> for GrantError {
    fn from(_: TransportError) -> Self {
        Self::Unavailable
    }
}

impl From<GrantError> for Error {
    fn from(error: GrantError) -> Self {
        let zoom = |code, maybe_executed| {
            let problem = Problem::of(code);
            Self::Upstream(UpstreamError { upstream: Upstream::Zoom, problem, retry: Retry::Soon, maybe_executed })
        };
        match error {
            GrantError::Invalid => ErrorCode::ServiceNeedsSignIn.into(),
            GrantError::AppRejected(fault) => Self::Rejected(fault.into()),
            GrantError::Unavailable => zoom(ErrorCode::ZoomUnavailable, true),
            GrantError::RateLimited => zoom(ErrorCode::RateLimited, false),
            GrantError::Internal(error) => error,
        }
    }
}

impl Grant {
    /// Reads a response of the token endpoint. The `api_url` in it must be https, unless it is `default_api`, which the
    /// operator configured.
    pub(super) fn read(
        response: &Response<bytes::Bytes>,
        now: Timestamp,
        default_api: &UrlOrigin,
    ) -> Result<Self, GrantError> {
        check_status(response)?;
        let granted = read_object(response.body()).map_err(|_| GrantError::Unavailable)?;
        let granted = Object::from(&granted);
        let token = |name| granted.text_id(name).map(Sensitive::<String>::new).ok_or(GrantError::Unavailable);
        let lifetime = granted.integer("expires_in").map_or(TOKEN_LIFETIME, SignedDuration::from_secs);
        let scopes = granted.get("scope").map(|_| granted.texts("scope"));
        Ok(Self {
            access_token: token("access_token")?,
            refresh_token: token("refresh_token")?,
            expires_at: now + lifetime.clamp(SignedDuration::ZERO, MAX_TOKEN_LIFETIME),
            scopes: scopes
                .map(|scopes| scopes.iter().flat_map(|text| text.split_whitespace()).map(str::to_owned).collect()),
            api_base: granted.text("api_url").and_then(|url| acceptable_api(&url, default_api)),
        })
    }
}

/// Returns the error of an unsuccessful response. Zoom's body has `error` and `reason`, but not always its number for the
/// error.
pub(super) fn check_status(response: &Response<bytes::Bytes>) -> Result<(), GrantError> {
    match response.status() {
        status if status.is_success() => Ok(()),
        StatusCode::TOO_MANY_REQUESTS => Err(GrantError::RateLimited),
        StatusCode::REQUEST_TIMEOUT => Err(GrantError::Unavailable),
        status if status.is_client_error() => {
            let body = read_object(response.body()).unwrap_or_default();
            let text = |name| Object::from(&body).text(name).unwrap_or_default();
            let (error, reason) = (text("error"), text("reason").to_ascii_lowercase());
            // Zoom writes its numbers with a comma (docs/reference/zoom.md).
            if ["disabled", "4,717", "4,738", "4717", "4738"].iter().any(|word| reason.contains(word)) {
                return Err(GrantError::AppRejected(AppFault::Disabled));
            }
            Err(rejection(status, &error, &reason))
        }
        _ => Err(GrantError::Unavailable),
    }
}

/// Distinguishes a rejected grant from a rejected app. The same status means both: 401 with "Invalid Token!" was the answer
/// to an invalid grant before it became 400 `invalid_grant` (docs/reference/zoom.md). A refusal that gives no reason is none
/// of Zoom's, and ends no grant.
fn rejection(status: StatusCode, error: &str, reason: &str) -> GrantError {
    let reason_has = |words: &[&str]| words.iter().any(|word| reason.contains(word));
    let app = GrantError::AppRejected(AppFault::Misconfigured);
    match error {
        "invalid_client" | "unauthorized_client" => app,
        "invalid_grant" => GrantError::Invalid,
        _ if reason_has(&["invalid token"]) => GrantError::Invalid,
        _ if status == StatusCode::UNAUTHORIZED || reason_has(&["redirect", "client_id", "client_secret"]) => app,
        "" if reason.is_empty() => GrantError::Unavailable,
        _ => GrantError::Invalid,
    }
}

/// Returns the origin of an API URL if tokens may be sent there.
fn acceptable_api(url: &str, default_api: &UrlOrigin) -> Option<UrlOrigin> {
    UrlOrigin::of_url(url).filter(|origin| origin.is_https() || origin == default_api)
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use platform::testing::odd_answers::{Cost, Tally, fault, odd_answers};
    use serde_json::json;

    fn read(status: u16, body: &str) -> Result<Grant, GrantError> {
        let response = Response::builder().status(status).body(Bytes::from(body.to_owned())).unwrap();
        let default_api = UrlOrigin::parse("http://127.0.0.1:4000").unwrap();
        Grant::read(&response, Timestamp::UNIX_EPOCH, &default_api)
    }

    #[test]
    fn accepts_an_api_url_that_is_https_or_configured() {
        for (url, base) in [
            ("https://api-eu.zoom.us", Some("https://api-eu.zoom.us")),
            ("https://api.zoom.us/", Some("https://api.zoom.us")),
            ("http://127.0.0.1:4000", Some("http://127.0.0.1:4000")),
            ("http://api.zoom.us", None),
            ("http://127.0.0.1:4001", None),
            ("file:///etc/passwd", None),
            ("javascript:alert(1)", None),
            ("", None),
        ] {
            let body = format!(r#"{{"access_token":"a","refresh_token":"r","expires_in":3600,"api_url":"{url}"}}"#);
            let read = read(200, &body).unwrap().api_base.map(|base| base.to_string());
            assert_eq!(read.as_deref(), base, "{url}");
        }
    }

    #[test]
    fn r2_distinguishes_the_errors_of_the_token_endpoint() {
        for (status, body, expected) in [
            (400, r#"{"reason":"Invalid Token!","error":"invalid_grant"}"#, "Invalid"),
            (400, r#"{"reason":"Invalid authorization code","error":"invalid_grant"}"#, "Invalid"),
            (401, r#"{"reason":"Invalid Token!","error":"invalid_grant"}"#, "Invalid"),
            (401, r#"{"reason":"Invalid Token!"}"#, "Invalid"),
            (401, r#"{"error":"invalid_grant"}"#, "Invalid"),
            (400, r#"{"reason":"The token is revoked. (4,741)","error":"invalid_request"}"#, "Invalid"),
            (400, "<html>", "Unavailable"),
            (401, "<html>", "AppRejected(Misconfigured)"),
            (400, r#"{"error":"invalid_client"}"#, "AppRejected(Misconfigured)"),
            (
                401,
                r#"{"reason":"Invalid client_id or client_secret","error":"invalid_client"}"#,
                "AppRejected(Misconfigured)",
            ),
            (
                400,
                r#"{"reason":"The app has been disabled. (4,717)","error":"invalid_request"}"#,
                "AppRejected(Disabled)",
            ),
            (401, r#"{"reason":"Disabled by the admin. (4,738)","error":"invalid_client"}"#, "AppRejected(Disabled)"),
            (400, r#"{"reason":"Redirect URI mismatch","error":"invalid_request"}"#, "AppRejected(Misconfigured)"),
            (429, "", "RateLimited"),
            (503, "", "Unavailable"),
            (302, "", "Unavailable"),
            (200, "cut o", "Unavailable"),
            (200, r#"{"access_token":"","refresh_token":"r","expires_in":3600}"#, "Unavailable"),
        ] {
            assert_eq!(format!("{:?}", read(status, body).unwrap_err()), expected, "{status} {body}");
        }
    }

    #[test]
    fn clamps_the_lifetime_of_a_token() {
        for (seconds, expected) in [(-5, 0), (3600, 3600), (i64::MAX, 86_400)] {
            let body = format!(r#"{{"access_token":"a","refresh_token":"r","expires_in":{seconds}}}"#);
            assert_eq!(read(200, &body).unwrap().expires_at.as_second(), expected);
        }
    }

    #[test]
    fn r22_an_odd_value_costs_at_most_what_needs_it() {
        let good = json!({
            "access_token": "eyJh", "token_type": "bearer", "refresh_token": "eyJr", "expires_in": 3600,
            "scope": "user:read:user:admin webinar:read:webinar:admin", "api_url": "https://api-eu.zoom.us",
        });
        let image = |text: &[u8]| {
            let response = Response::new(Bytes::from(text.to_vec()));
            let grant =
                Grant::read(&response, Timestamp::UNIX_EPOCH, &UrlOrigin::parse("https://api.zoom.us").unwrap());
            grant.map_err(|error| format!("{error:?}")).map(|grant| {
                let image = json!({
                    "access_token": grant.access_token.expose(), "refresh_token": grant.refresh_token.expose(),
                    "expires_in": grant.expires_at.as_second(), "scope": grant.scopes, "api_url": grant.api_base,
                });
                (image, None)
            })
        };
        let costs = [("/access_token", Cost::Answer), ("/refresh_token", Cost::Answer)];
        let (baseline, _) = image(good.to_string().as_bytes()).unwrap();
        let mut tally = Tally::default();
        for odd in odd_answers(&good) {
            tally.add("token", &odd, fault(&odd, &baseline, &image(&odd.text), &costs));
        }
        tally.finish("Zoom's grant", 130);

        let good = json!({"reason": "The app has been disabled. (4,717)", "error": "invalid_request", "status": 400});
        let image = |text: &[u8]| {
            let response = Response::builder().status(400).body(Bytes::from(text.to_vec())).unwrap();
            check_status(&response).map_or_else(
                |error| Ok((json!({"reason": format!("{error:?}")}), None)),
                |()| Err("a refusal was taken for a success".to_owned()),
            )
        };
        let (baseline, _) = image(good.to_string().as_bytes()).unwrap();
        let mut tally = Tally::default();
        for odd in odd_answers(&good) {
            tally.add("refusal", &odd, fault(&odd, &baseline, &image(&odd.text), &[]));
        }
        tally.finish("Zoom's refusal of a grant", 60);
    }
}
