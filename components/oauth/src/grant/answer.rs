//! What Zoom's token endpoint answers.

use domain::time::{SignedDuration, Timestamp};
use domain::{Code, Error, Peer, PeerError, Problem, Retry, Sensitive};
use http::{Response, StatusCode};
use platform::origin::Origin;
use platform::ports::TransportError;
use serde::Deserialize;

/// Zoom's access tokens live an hour. A longer life than a day is not believed.
const LONGEST_LIFE: SignedDuration = SignedDuration::from_hours(24);

/// A grant, as a sign-in or a renewal yields it.
#[derive(Debug, Clone)]
pub(crate) struct Grant {
    pub(crate) access_token: Sensitive,
    pub(crate) refresh_token: Sensitive,
    pub(crate) expires_at: Timestamp,
    /// `None` when Zoom does not tell.
    pub(crate) scopes: Option<Vec<String>>,
    /// Where the account's API is; `None` when Zoom does not tell, or names a place that we do not call.
    pub(crate) api_base: Option<String>,
}

/// Why there is no grant.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum GrantError {
    /// The code or the refresh token is not, or no longer, good.
    #[error("Zoom refuses the grant")]
    Refused,
    /// Zoom does not let the app itself in.
    #[error("Zoom refuses the app: {0:?}")]
    App(AppFault),
    /// No usable answer. The code may be spent, the refresh token may have been rotated.
    #[error("Zoom's OAuth server does not answer properly")]
    Unavailable,
    /// Asked too often.
    #[error("Zoom's OAuth server limits our rate")]
    RateLimited,
    /// Our own fault.
    #[error(transparent)]
    Ours(#[from] Error),
}

/// Why Zoom does not let the app itself in. What is waiting goes on once somebody mended it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AppFault {
    /// Our client id, secret or redirect URI.
    Settings,
    /// The app was disabled in Zoom: by Zoom itself (4717), or by the account's admin (4738).
    Disabled,
}

impl AppFault {
    /// What to do about it.
    pub(crate) const fn sentence(self) -> &'static str {
        match self {
            Self::Settings => {
                "Zoom does not accept this application; whoever operates it has to check zoom_client_id, \
                 zoom_client_secret and public_url, and what is waiting then goes on by itself."
            }
            Self::Disabled => {
                "The application was disabled in Zoom; a Zoom admin has to enable it in the App Marketplace, and what \
                 is waiting then goes on by itself."
            }
        }
    }
}

impl From<AppFault> for Problem {
    fn from(fault: AppFault) -> Self {
        Self { code: Code::ServiceLacksPermission, detail: fault.sentence().to_owned() }
    }
}

impl From<TransportError> for GrantError {
    fn from(_: TransportError) -> Self {
        Self::Unavailable
    }
}

impl From<GrantError> for Error {
    fn from(error: GrantError) -> Self {
        let zoom = |code, ambiguous| {
            let problem = Problem::of(code);
            Self::Peer(PeerError { peer: Peer::Zoom, problem, retry: Retry::Soon, ambiguous })
        };
        match error {
            GrantError::Refused => Code::ServiceNeedsSignIn.into(),
            GrantError::App(fault) => Self::Caller(fault.into()),
            GrantError::Unavailable => zoom(Code::ZoomUnavailable, true),
            GrantError::RateLimited => zoom(Code::RateLimited, false),
            GrantError::Ours(error) => error,
        }
    }
}

#[derive(Deserialize)]
struct Granted {
    access_token: Sensitive,
    refresh_token: Sensitive,
    expires_in: i64,
    scope: Option<String>,
    api_url: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Refused {
    error: String,
    reason: String,
}

impl Grant {
    /// Reads the answer of the token endpoint. `default_api` is what the operator set: an `api_url` of another place
    /// must at least be https.
    pub(super) fn read(
        response: &Response<bytes::Bytes>,
        now: Timestamp,
        default_api: &str,
    ) -> Result<Self, GrantError> {
        accepted(response)?;
        let granted: Granted = domain::json::read(response.body()).map_err(|_| GrantError::Unavailable)?;
        if granted.access_token.expose().is_empty() || granted.refresh_token.expose().is_empty() {
            return Err(GrantError::Unavailable);
        }
        let life = SignedDuration::from_secs(granted.expires_in).clamp(SignedDuration::ZERO, LONGEST_LIFE);
        Ok(Self {
            access_token: granted.access_token,
            refresh_token: granted.refresh_token,
            expires_at: now + life,
            scopes: granted.scope.map(|scope| scope.split_whitespace().map(str::to_owned).collect()),
            api_base: granted.api_url.and_then(|url| acceptable_api(&url, default_api)),
        })
    }
}

/// Tells Zoom's refusals apart. Zoom's numbers for them are not always in the body; `error` and `reason` are.
pub(super) fn accepted(response: &Response<bytes::Bytes>) -> Result<(), GrantError> {
    match response.status() {
        status if status.is_success() => Ok(()),
        StatusCode::TOO_MANY_REQUESTS => Err(GrantError::RateLimited),
        StatusCode::REQUEST_TIMEOUT => Err(GrantError::Unavailable),
        status if status.is_client_error() => {
            let refused: Refused = domain::json::read(response.body()).unwrap_or_default();
            let reason = refused.reason.to_ascii_lowercase();
            // zoom.md section 1 gives Zoom's numbers, which it writes with a comma.
            if ["disabled", "4,717", "4,738", "4717", "4738"].iter().any(|sign| reason.contains(sign)) {
                return Err(GrantError::App(AppFault::Disabled));
            }
            let about_the_app = status == StatusCode::UNAUTHORIZED
                || ["invalid_client", "unauthorized_client"].contains(&refused.error.as_str())
                || ["redirect", "client_id", "client_secret"].iter().any(|word| reason.contains(word));
            Err(if about_the_app { GrantError::App(AppFault::Settings) } else { GrantError::Refused })
        }
        _ => Err(GrantError::Unavailable),
    }
}

/// The origin of an API address that tokens may be sent to.
fn acceptable_api(url: &str, default_api: &str) -> Option<String> {
    let origin = Origin::of(url)?;
    (origin.is_https() || origin.fits(default_api)).then(|| origin.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;

    fn read(status: u16, body: &str) -> Result<Grant, GrantError> {
        let response = Response::builder().status(status).body(Bytes::from(body.to_owned())).unwrap();
        Grant::read(&response, Timestamp::UNIX_EPOCH, "http://127.0.0.1:4000")
    }

    #[test]
    fn the_api_is_at_https_or_where_the_operator_set_it() {
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
            assert_eq!(read(200, &body).unwrap().api_base.as_deref(), base, "{url}");
        }
    }

    #[test]
    fn refusals_are_told_apart() {
        for (status, body, expected) in [
            (400, r#"{"reason":"Invalid Token!","error":"invalid_grant"}"#, "Refused"),
            (400, r#"{"reason":"Invalid authorization code","error":"invalid_grant"}"#, "Refused"),
            (400, "<html>", "Refused"),
            (401, r#"{"reason":"Invalid client_id or client_secret","error":"invalid_client"}"#, "App(Settings)"),
            (400, r#"{"reason":"The app has been disabled. (4,717)","error":"invalid_request"}"#, "App(Disabled)"),
            (401, r#"{"reason":"Disabled by the admin. (4,738)","error":"invalid_client"}"#, "App(Disabled)"),
            (400, r#"{"reason":"Redirect URI mismatch","error":"invalid_request"}"#, "App(Settings)"),
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
    fn an_odd_life_is_kept_within_bounds() {
        for (seconds, expected) in [(-5, 0), (3600, 3600), (i64::MAX, 86_400)] {
            let body = format!(r#"{{"access_token":"a","refresh_token":"r","expires_in":{seconds}}}"#);
            assert_eq!(read(200, &body).unwrap().expires_at.as_second(), expected);
        }
    }
}
