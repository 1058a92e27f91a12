//! The ways in which a sign-in fails, with what to do.

use crate::grant::{AppFault, GrantError, Scope};
use domain::Error;
use http::StatusCode;
use platform::ports::StoreError;
use zoom_client::ZoomError;

/// How a sign-in failed.
pub(super) enum Ending {
    /// The admin said no at Zoom.
    Declined,
    /// No sign-in under way has this state: it was used before, is older than the sweep, or was made up.
    Unknown,
    /// Another browser began it.
    Foreign,
    /// Begun too long ago.
    TooLate,
    /// Zoom does not take the code: used or expired.
    CodeRefused,
    /// The grant lacks scopes.
    MissingScopes(Vec<&'static Scope>),
    /// Zoom does not let this person sign in, or read their own account (R2).
    NotPermitted,
    /// Zoom does not accept our client id, secret or redirect URI.
    AppRefused,
    /// The app is disabled in Zoom.
    AppDisabled,
    /// Zoom does not answer properly.
    ZoomUnavailable,
    /// Our own fault.
    Ours,
}

impl Ending {
    /// For the log.
    pub(super) const fn name(&self) -> &'static str {
        match self {
            Self::Declined => "declined",
            Self::Unknown => "unknown_state",
            Self::Foreign => "foreign_state",
            Self::TooLate => "too_late",
            Self::CodeRefused => "code_refused",
            Self::MissingScopes(_) => "missing_scopes",
            Self::NotPermitted => "not_permitted",
            Self::AppRefused => "app_refused",
            Self::AppDisabled => "app_disabled",
            Self::ZoomUnavailable => "zoom_unavailable",
            Self::Ours => "internal",
        }
    }

    pub(super) const fn status(&self) -> StatusCode {
        match self {
            Self::Unknown | Self::TooLate | Self::CodeRefused => StatusCode::BAD_REQUEST,
            Self::Declined | Self::Foreign | Self::MissingScopes(_) | Self::NotPermitted => StatusCode::FORBIDDEN,
            Self::AppRefused | Self::AppDisabled | Self::ZoomUnavailable => StatusCode::BAD_GATEWAY,
            Self::Ours => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// What happened.
    pub(super) const fn title(&self) -> &'static str {
        match self {
            Self::Declined => "You declined",
            Self::Unknown => "This sign-in is not known",
            Self::Foreign => "This sign-in was begun in another browser",
            Self::TooLate => "This sign-in took too long",
            Self::CodeRefused => "Zoom does not accept this sign-in any more",
            Self::MissingScopes(_) => "Zoom did not grant everything that is needed",
            Self::NotPermitted => "Zoom does not let you sign in here",
            Self::AppRefused => "Zoom does not accept this application",
            Self::AppDisabled => "This application is disabled in Zoom",
            Self::ZoomUnavailable => "Zoom does not answer properly",
            Self::Ours => "Something went wrong on our side",
        }
    }

    /// What to do.
    pub(super) const fn advice(&self) -> &'static str {
        match self {
            Self::Declined => {
                "Nothing was stored. To connect Zoom, sign in again from the console and allow the application."
            }
            Self::Unknown => {
                "It was finished already, or its address is not complete. If the service is not in the console, sign in again from there."
            }
            Self::Foreign => "Go back to that browser, or sign in again from the console in this one.",
            Self::TooLate => "A sign-in has to be finished within 10 minutes. Sign in again from the console.",
            Self::CodeRefused => {
                "What Zoom gave for this sign-in was used already or is older than 5 minutes. Sign in again from the console."
            }
            Self::MissingScopes(_) => {
                "Add these scopes to the Zoom app, or sign in as a Zoom admin whose role has the permissions behind them:"
            }
            Self::NotPermitted => {
                "Sign in as a Zoom admin, or ask one to approve the application in Zoom's App Marketplace first."
            }
            Self::AppRefused => {
                "Whoever operates this application has to check zoom_client_id, zoom_client_secret and public_url: Zoom must know them, with {public_url}/oauth/callback as redirect address."
            }
            Self::AppDisabled => {
                "A Zoom admin has to enable it in Zoom's App Marketplace first. Then sign in again from the console."
            }
            Self::ZoomUnavailable => "Nothing was stored. Wait a little and sign in again from the console.",
            Self::Ours => "It is in the log. Sign in again from the console.",
        }
    }
}

impl From<GrantError> for Ending {
    fn from(error: GrantError) -> Self {
        match error {
            GrantError::Refused => Self::CodeRefused,
            GrantError::App(AppFault::Settings) => Self::AppRefused,
            GrantError::App(AppFault::Disabled) => Self::AppDisabled,
            GrantError::Unavailable | GrantError::RateLimited => Self::ZoomUnavailable,
            GrantError::Ours(error) => error.into(),
        }
    }
}

impl From<ZoomError> for Ending {
    fn from(error: ZoomError) -> Self {
        match error {
            ZoomError::Refused(_) => Self::NotPermitted,
            ZoomError::DailyLimit { .. } | ZoomError::Other(Error::Peer(_)) => Self::ZoomUnavailable,
            ZoomError::Other(error) => error.into(),
        }
    }
}

impl From<Error> for Ending {
    fn from(error: Error) -> Self {
        platform::log!("sign_in.error", error = error);
        Self::Ours
    }
}

impl From<StoreError> for Ending {
    fn from(error: StoreError) -> Self {
        Error::from(error).into()
    }
}
