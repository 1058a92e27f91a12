//! Segments of keys that are no ids of their own.

use crate::digest::sha256_hex;
use crate::ids::AccountId;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Maximum length of an account id in a key. A longer one is hashed.
const MAX_ACCOUNT_LENGTH: usize = 64;

/// A Zoom account in a key. Zoom's account ids are opaque; one that does not fit into a key is hashed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountSegment(String);

impl AccountSegment {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let id = text.strip_prefix('~');
        let fits = match id {
            Some(hash) => is_sha256(hash),
            None => is_plain(text),
        };
        fits.then(|| Self(text.to_owned()))
    }
}

/// Returns whether a text is a SHA-256 in lower-case hexadecimal.
fn is_sha256(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

fn is_plain(id: &str) -> bool {
    (1..=MAX_ACCOUNT_LENGTH).contains(&id.len())
        && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

impl From<&AccountId> for AccountSegment {
    fn from(account: &AccountId) -> Self {
        let id = account.as_str();
        Self(if is_plain(id) { id.to_owned() } else { format!("~{}", sha256_hex(id.as_bytes())) })
    }
}

impl fmt::Display for AccountSegment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Length of the OAuth `state`: 32 bytes in base64.
const SIGN_IN_STATE_LENGTH: usize = 43;

/// The OAuth `state` of a pending sign-in: 32 random bytes in URL-safe base64.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignInState(String);

impl SignInState {
    /// Parses a state; `None` for a text that this application did not generate.
    pub fn parse(text: &str) -> Option<Self> {
        let is_valid = text.len() == SIGN_IN_STATE_LENGTH
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        is_valid.then(|| Self(text.to_owned()))
    }
}

impl fmt::Display for SignInState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The hash of a console session's id. The id itself is in the browser's cookie alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionHash(String);

impl SessionHash {
    /// Returns the hash of an id.
    pub fn of(id: &str) -> Self {
        Self(sha256_hex(id.as_bytes()))
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        is_sha256(text).then(|| Self(text.to_owned()))
    }
}

impl fmt::Display for SessionHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The lists of a run of attendance, whose pages are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckpointList {
    /// The participants of the attendance report.
    Report,
    /// The approved registrants.
    Registrants,
    /// The registrants whose registration was cancelled or denied.
    Denied,
    /// The registrants who did not attend.
    Absentees,
    /// The program's members.
    Members,
    /// The members that an e-mail address matched to an attendee.
    MatchedLeads,
    /// People whose leads are still to be looked up.
    PendingLookups,
    /// When each attendee was present. These pages outlast the run.
    Presences,
}

impl CheckpointList {
    /// All lists.
    pub const ALL: [Self; 8] = [
        Self::Report,
        Self::Registrants,
        Self::Denied,
        Self::Absentees,
        Self::Members,
        Self::MatchedLeads,
        Self::PendingLookups,
        Self::Presences,
    ];

    /// Returns the list's segment of a key.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Report => "report",
            Self::Registrants => "registrants",
            Self::Denied => "denied",
            Self::Absentees => "absentees",
            Self::Members => "members",
            Self::MatchedLeads => "matched",
            Self::PendingLookups => "pending-lookups",
            Self::Presences => "presences",
        }
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|list| list.name() == text)
    }
}

impl fmt::Display for CheckpointList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
