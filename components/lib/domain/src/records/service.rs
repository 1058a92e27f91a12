//! LaunchPoint services and their tokens. Only `oauth` writes these records.

use super::record::Record;
use crate::digest::sha256_hex;
use crate::email::Email;
use crate::error_code::Problem;
use crate::first_version;
use crate::ids::{AccountId, ProgramId, ServiceId, UserId};
use crate::sensitive::Sensitive;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// A LaunchPoint service: one sign-in of one Zoom account under one name.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Service {
    /// Record version.
    pub v: u32,
    /// The id.
    pub id: ServiceId,
    /// The name that the admin chose.
    pub name: String,
    /// The Zoom account; its hash once the account removed the app and its data is deleted.
    pub account_id: AccountId,
    /// The user who signed in.
    pub admin_user_id: UserId,
    /// E-mail address of that user.
    pub admin_email: Email,
    /// The scopes that Zoom granted.
    pub scopes: Vec<String>,
    /// Base URL of the account's API, without `/v2`.
    pub api_base: String,
    /// Enabled users: their webinars may be used besides the admin's (R3).
    pub users: Vec<Email>,
    /// The state.
    pub state: ServiceState,
    /// When it was created.
    pub created_at: Timestamp,
    /// The present problem.
    pub problem: Option<Problem>,
    /// The program that the problem concerns, if it concerns a single one.
    #[serde(default)]
    pub problem_program: Option<ProgramId>,
    /// Since when Zoom rejects the service, while probes show whether it still does.
    #[serde(default)]
    pub rejection: Option<Rejection>,
}

/// Zoom rejects a service: its grant, or calls with a token that it has just issued.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rejection {
    /// Since when.
    pub since: Timestamp,
    /// When a probe last showed it.
    pub probed_at: Timestamp,
}

impl Rejection {
    /// Creates the rejection of a service that Zoom has rejected now.
    pub const fn new(now: Timestamp) -> Self {
        Self { since: now, probed_at: now }
    }
}

/// What the hash of an account begins with. No id of Zoom does.
const FORGOTTEN: char = '~';

fn hash_of(account: &AccountId) -> AccountId {
    format!("{FORGOTTEN}{}", sha256_hex(account.as_str().as_bytes())).into()
}

impl Service {
    /// Returns whether a host's webinars may be used: the host is the admin who signed in or an enabled user (R3).
    pub fn enables(&self, host: &Email) -> bool {
        self.admin_email == *host || self.users.contains(host)
    }

    /// Returns whether the service is of an account, also if it was [forgotten](Self::forget_account).
    pub fn is_of(&self, account: &AccountId) -> bool {
        self.account_id == *account || self.account_id == hash_of(account)
    }

    /// Replaces the account by its hash, once all its data is deleted (R17): a repeated event and another sign-in are recognized
    /// by that.
    pub fn forget_account(&mut self) {
        if !self.is_account_forgotten() {
            self.account_id = hash_of(&self.account_id);
        }
    }

    /// Returns whether the account was replaced by its hash.
    pub fn is_account_forgotten(&self) -> bool {
        self.account_id.as_str().starts_with(FORGOTTEN)
    }
}

/// The state of a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ServiceState {
    /// The service can be used.
    Active,
    /// A later sign-in of the same account under another name replaced it (R1).
    Superseded,
    /// Zoom refuses the grant, or has rejected calls for an hour; an admin has to sign in again, unless a probe succeeds.
    NeedsSignIn,
    /// The app was removed from the account (R17).
    Deauthorized,
}

/// All services.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Services {
    /// Record version.
    pub v: u32,
    /// Ids, in order of creation.
    pub ids: Vec<ServiceId>,
}

impl Default for Services {
    fn default() -> Self {
        Self { v: Self::VERSION, ids: Vec::new() }
    }
}

/// The live service of an account.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct LiveService {
    /// Record version.
    pub v: u32,
    /// The service's id.
    pub service: ServiceId,
}

/// A service's tokens, encrypted.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SealedTokens {
    /// Record version.
    pub v: u32,
    /// `{key id}.{base64 of nonce and ciphertext}`; the service id is the associated data.
    pub sealed: String,
}

/// A sign-in whose callback has not arrived.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PendingSignIn {
    /// Record version.
    pub v: u32,
    /// Name of the service to create.
    pub service: String,
    /// The PKCE code verifier.
    pub verifier: Sensitive,
    /// Hash of the cookie that binds the sign-in to one browser.
    pub browser: String,
    /// When it expires.
    pub expires_at: Timestamp,
}

/// The keys that seal records, and the key of the codes of addresses, encrypted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealedDataKeys {
    /// Record version.
    pub v: u32,
    /// The same keys, encrypted with each listed token key, so that instances with another list can read them.
    pub sealed: Vec<String>,
}

first_version!(Service, Services, LiveService, SealedTokens, SealedDataKeys, PendingSignIn);
