//! All keys of the store, typed, so that a record of one kind cannot be read under the key of another.
//!
//! A key is `kind:id[:id]`, at most 255 bytes long, without `/ \ ? #`.

use super::attendance::{Attendance, Lease};
use super::failure::Failure;
use super::outbox::{MappingCrashMarker, Outbox, OutboxId, OutboxPart};
use super::program::{ConnectedPrograms, ProgramConnection};
use super::record::{Key, Moment};
use super::registration::Registration;
use super::service::{LiveService, PendingSignIn, SealedTokens, Service, Services};
use crate::digest::sha256_hex;
use crate::email::EmailHash;
use crate::ids::{AccountId, LeadId, ProgramId, ServiceId, WebinarId};
use std::fmt;

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
    /// Ids of all services.
    ServicesKey() => Services, "services";
    /// One LaunchPoint service.
    ServiceKey(id: ServiceId) => Service, "service:{id}";
    /// Encrypted tokens of a service. Only `oauth` can decrypt them.
    TokenKey(id: ServiceId) => SealedTokens, "token:{id}";
    /// A pending sign-in.
    SignInKey(state: String) => PendingSignIn, "signin:{state}";
    /// Ids of all connected programs.
    ProgramsKey() => ConnectedPrograms, "programs";
    /// A program's connection to a webinar.
    ProgramKey(id: ProgramId) => ProgramConnection, "program:{id}";
    /// Ledger entry of one e-mail address for one webinar.
    RegistrationKey(webinar: WebinarId, email: EmailHash) => Registration, "registration:{webinar}:{email}";
    /// A lead that could not be registered.
    FailureKey(program: ProgramId, lead: LeadId) => Failure, "failure:{program}:{lead}";
    /// A flow-step chunk that was accepted and whose callback is not done.
    OutboxKey(id: OutboxId) => Outbox, "outbox:{id}";
    /// A further part of a chunk that does not fit into one value.
    OutboxPartKey(id: OutboxId, part: usize) => OutboxPart, "outbox:{id}:{part}";
    /// Crash marker of the extension for one chunk.
    MappingCrashMarkerKey(outbox: OutboxId) => MappingCrashMarker, "outbox:{outbox}:crash-marker";
    /// Progress of a program's attendance.
    AttendanceKey(program: ProgramId) => Attendance, "attendance:{program}";
    /// Lease of the attendance worker.
    WorkerKey() => Lease, "worker:attendance";
    /// When Zoom last reported the end of a webinar.
    WebinarEndedKey(webinar: WebinarId) => Moment, "ended:{webinar}";
    /// When the scheduler last called.
    LastTickKey() => Moment, "last:tick";
    /// When expired records were last swept.
    LastSweepKey() => Moment, "last:sweep";
    /// When a sync of a program was last requested while the worker was busy with another program.
    SyncRequestedKey(program: ProgramId) => Moment, "sync-requested:{program}";
    /// When Zoom last sent an event.
    LastEventKey() => Moment, "last:zoom-event";
}

/// The live service of a Zoom account (R1).
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
        // Zoom's account ids are opaque; one that does not fit into a key is hashed.
        let id = self.account.as_str();
        let plain =
            (1..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        if plain { write!(f, "account:{id}") } else { write!(f, "account:~{}", sha256_hex(id.as_bytes())) }
    }
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
        fn keys_are_portable_for_all_ids(account in any::<String>(), webinar in any::<u64>(), email in "[^@\\s]{1,40}@[a-z]{1,9}") {
            let account = AccountKey { account: account.as_str().into() }.to_string();
            prop_assert!(is_portable(&account));
            if let Some(email) = Email::parse(&email) {
                let key = RegistrationKey { webinar: webinar.into(), email: email.hash() }.to_string();
                prop_assert!(is_portable(&key));
            }
        }
    }

    #[test]
    fn keys_have_their_documented_form() {
        assert_eq!(ServicesKey {}.to_string(), "services");
        assert_eq!(ProgramKey { id: 1015.into() }.to_string(), "program:1015");
        assert_eq!(AccountKey { account: "acc_1".into() }.to_string(), "account:acc_1");
    }
}
