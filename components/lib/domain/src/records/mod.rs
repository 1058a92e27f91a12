//! What lies in the key-value store (DESIGN section 5): one type per kind of record, and typed keys, so that a kind
//! cannot be read under another's key.
//!
//! Keys are `kind:id[:id]`, at most 255 bytes, without `/ \ ? #`. Values are JSON with a `v` for their version, up to
//! 64 kB. There are no atomics: every record has one writer, or writers that would write the same thing.

mod attendance;
mod failure;
mod member_fields;
mod outbox;
mod program;
mod registration;
mod service;

pub use attendance::{Attendance, Counts, Lease, Moment, Phase};
pub use failure::Failure;
pub use member_fields::MemberFields;
pub use outbox::{Callback, Lead, Outbox, OutboxId, OutboxPart, Questioned};
pub use program::{ConnectedPrograms, Connection, MAX_MOVES};
pub use registration::{AddCalls, Outcome, Registration};
pub use service::{LiveService, SealedTokens, Service, ServiceState, Services, SignIn};

use crate::email::EmailHash;
use crate::ids::{AccountId, LeadId, ProgramId, ServiceId, WebinarId};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use std::fmt;

/// The version that this code writes into every record's `v`.
pub const VERSION: u32 = 1;

/// The largest value that every store takes (reference/spin.md).
pub const MAX_VALUE_BYTES: usize = 64_000;

/// A key together with the kind of record that lies under it.
pub trait Key: fmt::Display {
    /// What lies there.
    type Record: Serialize + DeserializeOwned;
}

macro_rules! keys {
    ($($(#[$meta:meta])* $name:ident($($field:ident: $type:ty),*) => $record:ty, $format:literal;)*) => {$(
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub struct $name { $(#[doc = "Part of the key."] pub $field: $type),* }

        impl Key for $name {
            type Record = $record;
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let Self { $($field),* } = self;
                write!(f, $format)
            }
        }
    )*};
}

keys! {
    /// The ids of all services.
    ServicesKey() => Services, "services";
    /// One LaunchPoint service.
    ServiceKey(id: ServiceId) => Service, "service:{id}";
    /// The sealed tokens of a service. Only `oauth` can open them.
    TokenKey(id: ServiceId) => SealedTokens, "token:{id}";
    /// A sign-in under way.
    SignInKey(state: String) => SignIn, "signin:{state}";
    /// The ids of all connected programs.
    ProgramsKey() => ConnectedPrograms, "programs";
    /// A program's connection to a webinar.
    ProgramKey(id: ProgramId) => Connection, "program:{id}";
    /// What became of one e-mail address at one webinar.
    RegistrationKey(webinar: WebinarId, email: EmailHash) => Registration, "registration:{webinar}:{email}";
    /// A lead that could not be registered.
    FailureKey(program: ProgramId, lead: LeadId) => Failure, "failure:{program}:{lead}";
    /// A flow-step chunk that was accepted and not yet called back.
    OutboxKey(id: OutboxId) => Outbox, "outbox:{id}";
    /// The second and further parts of a chunk that does not fit into one value.
    OutboxPartKey(id: OutboxId, part: usize) => OutboxPart, "outbox:{id}:{part}";
    /// Whom the extension was asked about while a chunk was worked on again.
    QuestionedKey(outbox: OutboxId) => Questioned, "outbox:{outbox}:questioned";
    /// How far a program's attendance is.
    AttendanceKey(program: ProgramId) => Attendance, "attendance:{program}";
    /// Who works on attendance now.
    WorkerKey() => Lease, "worker:attendance";
    /// When Zoom last told that a webinar ended.
    EndedKey(webinar: WebinarId) => Moment, "ended:{webinar}";
    /// When the scheduler last called.
    LastTickKey() => Moment, "last:tick";
    /// When what is of no use any more was last swept away.
    LastSweepKey() => Moment, "last:sweep";
    /// When somebody last asked for a program's attendance in vain, since another was being worked on.
    AskedKey(program: ProgramId) => Moment, "asked:{program}";
    /// When Zoom last sent an event.
    LastEventKey() => Moment, "last:zoom-event";
}

/// Which service of a Zoom account is the live one (R1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountKey {
    /// The account.
    pub account: AccountId,
}

impl Key for AccountKey {
    type Record = LiveService;
}

impl fmt::Display for AccountKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Zoom's account ids are opaque; one that does not fit a key is hashed.
        let id = self.account.as_str();
        let plain =
            (1..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        if plain { write!(f, "account:{id}") } else { write!(f, "account:~{}", hex_digest(id.as_bytes())) }
    }
}

/// The SHA-256 of some bytes.
pub fn digest(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// The SHA-256 of some bytes as 64 hexadecimal digits.
pub fn hex_digest(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits = |byte: u8| [byte >> 4, byte & 15].map(|digit| char::from(DIGITS[usize::from(digit)]));
    digest(bytes).into_iter().flat_map(digits).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::email::Email;
    use proptest::prelude::*;

    fn is_portable(key: &str) -> bool {
        key.len() <= 255 && !key.contains(['/', '\\', '?', '#'])
    }

    proptest! {
        #[test]
        fn keys_are_portable_whatever_the_ids(account in any::<String>(), webinar in any::<u64>(), email in "[^@\\s]{1,40}@[a-z]{1,9}") {
            let account = AccountKey { account: account.as_str().into() }.to_string();
            prop_assert!(is_portable(&account));
            if let Some(email) = Email::parse(&email) {
                let key = RegistrationKey { webinar: webinar.into(), email: email.hash() }.to_string();
                prop_assert!(is_portable(&key));
            }
        }
    }

    #[test]
    fn keys_read_as_the_design_says() {
        assert_eq!(ServicesKey {}.to_string(), "services");
        assert_eq!(ProgramKey { id: 1015.into() }.to_string(), "program:1015");
        assert_eq!(AccountKey { account: "acc_1".into() }.to_string(), "account:acc_1");
    }
}
