//! The ways in which a sign-in fails, and what the person at the browser reads about each.

use crate::zoom_oauth::response::{AppFault, GrantError};
use crate::zoom_oauth::scopes::RequiredScope;
use domain::Error;
use http::StatusCode;
use platform::ports::StoreError;
use zoom_client::ZoomError;

/// Why a sign-in failed.
pub(crate) enum SignInError {
    /// The admin declined at Zoom.
    Declined,
    /// No pending sign-in has this state: it was used already, swept, or made up.
    UnknownState,
    /// Another browser began the sign-in.
    OtherBrowser,
    /// The admin took too long.
    Expired,
    /// Zoom rejects the code: it was used already or has expired.
    CodeRejected,
    /// The grant lacks scopes (R2).
    MissingScopes(Vec<&'static RequiredScope>),
    /// Zoom does not let this person sign in or read their own account (R2).
    NotPermitted,
    /// Zoom rejects the client id, the client secret or the redirect URI.
    AppRejected,
    /// The app is disabled in Zoom.
    AppDisabled,
    /// Zoom gives no usable answer.
    ZoomUnavailable,
    /// A fault of this application or its store.
    Internal(Error),
}

impl SignInError {
    /// Returns the name for the log.
    pub(crate) const fn name(&self) -> &'static str {
        match self {
            Self::Declined => "declined",
            Self::UnknownState => "unknown_state",
            Self::OtherBrowser => "other_browser",
            Self::Expired => "expired",
            Self::CodeRejected => "code_rejected",
            Self::MissingScopes(_) => "missing_scopes",
            Self::NotPermitted => "not_permitted",
            Self::AppRejected => "app_rejected",
            Self::AppDisabled => "app_disabled",
            Self::ZoomUnavailable => "zoom_unavailable",
            Self::Internal(_) => "internal",
        }
    }

    /// Returns the status of the page.
    pub(crate) const fn status(&self) -> StatusCode {
        match self {
            Self::UnknownState | Self::Expired | Self::CodeRejected => StatusCode::BAD_REQUEST,
            Self::Declined | Self::OtherBrowser | Self::MissingScopes(_) | Self::NotPermitted => StatusCode::FORBIDDEN,
            Self::AppRejected | Self::AppDisabled | Self::ZoomUnavailable => StatusCode::BAD_GATEWAY,
            Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// Returns what happened.
    pub(crate) const fn title(&self) -> &'static str {
        match self {
            Self::Declined => "You declined",
            Self::UnknownState => "This sign-in is not known",
            Self::OtherBrowser => "This sign-in was begun in another browser",
            Self::Expired => "This sign-in took too long",
            Self::CodeRejected => "Zoom does not accept this sign-in any more",
            Self::MissingScopes(_) => "Zoom did not grant everything that is needed",
            Self::NotPermitted => "Zoom does not let you sign in here",
            Self::AppRejected => "Zoom does not accept this application",
            Self::AppDisabled => "This application is disabled in Zoom",
            Self::ZoomUnavailable => "Zoom does not answer properly",
            Self::Internal(_) => "Something went wrong in this application",
        }
    }

    /// Returns what to do.
    pub(crate) const fn advice(&self) -> &'static str {
        match self {
            Self::Declined => {
                "Nothing was stored. To connect Zoom, sign in again from the console and allow the application."
            }
            Self::UnknownState => {
                "It was finished already, or its address is not complete. If the console does not show the service, sign in again from there."
            }
            Self::OtherBrowser => "Go back to that browser, or sign in again from the console in this one.",
            Self::Expired => "A sign-in has to be finished within 10 minutes. Sign in again from the console.",
            Self::CodeRejected => {
                "The code that Zoom issued for this sign-in was used already or is older than 5 minutes. Sign in again from the console."
            }
            Self::MissingScopes(_) => {
                "Add these scopes to the Zoom app, or sign in as a Zoom admin whose role has the permissions behind them:"
            }
            Self::NotPermitted => {
                "Sign in as a Zoom admin, or ask one to approve the application in Zoom's App Marketplace first."
            }
            Self::AppRejected => {
                "The operator of this application has to check zoom_client_id, zoom_client_secret and public_url. Zoom must know them, with {public_url}/oauth/callback as redirect address."
            }
            Self::AppDisabled => {
                "A Zoom admin has to enable it in Zoom's App Marketplace first. Then sign in again from the console."
            }
            Self::ZoomUnavailable => "Nothing was stored. Wait a little and sign in again from the console.",
            Self::Internal(_) => "The cause is in the log. Sign in again from the console.",
        }
    }
}

impl From<GrantError> for SignInError {
    fn from(error: GrantError) -> Self {
        match error {
            GrantError::Invalid => Self::CodeRejected,
            GrantError::AppRejected(AppFault::Misconfigured) => Self::AppRejected,
            GrantError::AppRejected(AppFault::Disabled) => Self::AppDisabled,
            GrantError::Unavailable | GrantError::RateLimited => Self::ZoomUnavailable,
            GrantError::Internal(error) => Self::Internal(error),
        }
    }
}

impl From<ZoomError> for SignInError {
    fn from(error: ZoomError) -> Self {
        match error {
            ZoomError::Api(_) => Self::NotPermitted,
            ZoomError::DailyLimit { .. } | ZoomError::Other(Error::Upstream(_)) => Self::ZoomUnavailable,
            ZoomError::Other(error) => Self::Internal(error),
        }
    }
}

impl From<Error> for SignInError {
    fn from(error: Error) -> Self {
        Self::Internal(error)
    }
}

impl From<StoreError> for SignInError {
    fn from(error: StoreError) -> Self {
        Self::Internal(error.into())
    }
}
