//! LaunchPoint services and their tokens. Written by `oauth` alone.

use crate::code::Problem;
use crate::email::Email;
use crate::ids::{AccountId, ServiceId, UserId};
use crate::sensitive::Sensitive;
use crate::time::Timestamp;
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
