//! LaunchPoint services and their tokens. Written by `oauth` alone.

use crate::code::{Code, Problem};
use crate::email::Email;
use crate::ids::{AccountId, ServiceId, UserId};
use crate::sensitive::Sensitive;
use crate::time::Timestamp;
use crate::webinar::Snapshot;
use serde::{Deserialize, Serialize};

/// A LaunchPoint service: one sign-in of one Zoom account under one name.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Service {
    /// Record version.
    pub v: u32,
    /// Its id.
    pub id: ServiceId,
    /// The name that the admin gave it.
    pub name: String,
    /// The Zoom account.
    pub account_id: AccountId,
    /// The user who signed in.
    pub admin_user_id: UserId,
    /// That user's address.
    pub admin_email: Email,
    /// The scopes that Zoom granted.
    pub scopes: Vec<String>,
    /// Where the account's API lives, without `/v2`.
    pub api_base: String,
    /// Users whose webinars may be used besides the admin's (R3).
    pub users: Vec<Email>,
    /// Whether it can be used.
    pub state: ServiceState,
    /// When it was first made.
    pub created_at: Timestamp,
    /// What is wrong with it now.
    pub problem: Option<Problem>,
}

impl Service {
    /// Whether a host's webinars may be used (R3): those of the admin who signed in and of the enabled users.
    pub fn enables(&self, host: &Email) -> bool {
        self.admin_email == *host || self.users.contains(host)
    }

    /// Why a connected webinar cannot be used through this service now; `None` when it can (R1, R3).
    pub fn obstacle_to(&self, webinar: &Snapshot) -> Option<Code> {
        let host_is_enabled = webinar.host_email.as_ref().is_none_or(|host| self.enables(host));
        self.state.obstacle().or((!host_is_enabled).then_some(Code::HostNotEnabled))
    }
}

/// Whether a service can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ServiceState {
    /// It works.
    Active,
    /// The account was signed in under another name later (R1).
    Superseded,
    /// Zoom refuses our grant; an admin has to sign in again.
    NeedsSignIn,
    /// The app was removed from the account (R17).
    Deauthorized,
}

impl ServiceState {
    /// Why a service in this state cannot be used; `None` when it can. The same answer wherever a service is used.
    pub const fn obstacle(self) -> Option<Code> {
        match self {
            Self::Active => None,
            Self::Superseded => Some(Code::ServiceSuperseded),
            // Of a service whose app was removed only the name is left; signing in again revives it.
            Self::NeedsSignIn | Self::Deauthorized => Some(Code::ServiceNeedsSignIn),
        }
    }
}

/// Which services exist.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Services {
    /// Record version.
    pub v: u32,
    /// In order of creation.
    pub ids: Vec<ServiceId>,
}

/// The live service of an account.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct LiveService {
    /// Record version.
    pub v: u32,
    /// The service.
    pub service: ServiceId,
}

/// A service's tokens, sealed: the store never sees them in the clear.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SealedTokens {
    /// Record version.
    pub v: u32,
    /// `{key id}.{base64 of nonce and ciphertext}`; the service id is the associated data.
    pub sealed: String,
}

/// A sign-in that was begun and has not come back.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SignIn {
    /// Record version.
    pub v: u32,
    /// The name for the service.
    pub service: String,
    /// The PKCE code verifier.
    pub verifier: Sensitive,
    /// The hash of the cookie that binds the sign-in to one browser.
    pub browser: String,
    /// No longer good after this.
    pub expires_at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r1_only_an_active_service_can_be_used() {
        assert_eq!(ServiceState::Active.obstacle(), None);
        assert_eq!(ServiceState::Superseded.obstacle(), Some(Code::ServiceSuperseded));
        assert_eq!(ServiceState::NeedsSignIn.obstacle(), Some(Code::ServiceNeedsSignIn));
        assert_eq!(ServiceState::Deauthorized.obstacle(), Some(Code::ServiceNeedsSignIn));
    }
}
