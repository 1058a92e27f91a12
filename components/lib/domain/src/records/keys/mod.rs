//! All keys of the store, in one place and typed: for each kind of record the form of its key, the type of the record,
//! the component that owns it, and how its life ends (docs/STATE.md).
//!
//! A key is `kind:id[:id]`, at most 255 bytes long, without `/ \ ? #`. Only the owner of a kind writes and deletes its
//! records; the others may read them. No code besides this module takes a key apart: a listing is parsed as one kind, or
//! as [`AnyKey`].
//!
//! | module | content |
//! |---|---|
//! | `form` | formats and parses keys by their form |
//! | `segments` | parts of keys that are no ids of their own |
//! | `kind` | the traits of keys, and the life of records |

mod form;
mod kind;
mod segments;
#[cfg(test)]
mod tests;

use kind::Secrecy;
pub use kind::{Key, Life, StoreKey, TypedKey};
pub use segments::{AccountSegment, CheckpointList, SessionHash, SignInState};

use super::activities::ActivityCursor;
use super::alerts::OpenAlerts;
use super::attendance::{Attendance, EndedSessions, StartedSession};
use super::failure::{Failure, FailureIndex};
use super::lease::Lease;
use super::live::{LiveDone, LiveJoins};
use super::outbox::{ChunkSlot, GivenUpChunks, MappingCrashMarker, Outbox, OutboxId, OutboxPart, RefusedCallback};
use super::program::{ArchivedPrograms, ConnectedPrograms, ProgramConnection};
use super::record::Moment;
use super::refreshed::RefreshedState;
use super::registrants::{ChosenWebinars, Maintenance, Reconciled, RegistrantsChanged, RegistrationCounts};
use super::registration::Registration;
use super::removal::Removal;
use super::sent_fields::SentFields;
use super::service::{LiveService, PendingSignIn, SealedDataKeys, SealedTokens, Service, Services};
use super::session::{Session, SessionsEnded};
use super::sweep::Sweep;
use super::usage::MarketoUsage;
use crate::component::Component;
use crate::email::EmailHash;
use crate::ids::{AccountId, LeadId, ProgramId, ServiceId, WebinarId};
use form::{KeyParser, prefix_of};
use std::fmt;

/// Declares the kinds: `KIND KEY(FIELDS) => RECORD, FORM, OWNER, LIFE, OF_ACCOUNT, SECRECY`. The record is a name in parentheses if
/// only the owner knows its type.
macro_rules! kinds {
    ($($(#[$meta:meta])* $kind:ident $name:ident($($field:ident: $type:ty),*) => $record:tt,
        $form:literal, $owner:ident, $life:ident, $of_account:literal, $secrecy:ident;)*) => {
        /// The kinds of records.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum RecordKind { $($(#[$meta])* $kind,)* }

        impl RecordKind {
            /// All kinds.
            pub const ALL: &'static [Self] = &[$(Self::$kind),*];

            /// Returns the form of the keys, with the names of their ids in braces.
            pub const fn form(self) -> &'static str {
                match self { $(Self::$kind => $form,)* }
            }

            /// Returns the text that all keys of the kind begin with. Keys of other kinds may begin with it too.
            pub const fn prefix(self) -> &'static str {
                prefix_of(self.form())
            }

            /// Returns the name of the record's type.
            pub const fn record(self) -> &'static str {
                match self { $(Self::$kind => kinds!(@name $record),)* }
            }

            /// Returns the only component that writes and deletes the records.
            pub const fn owner(self) -> Component {
                match self { $(Self::$kind => Component::$owner,)* }
            }

            /// Returns how the life of a record ends.
            pub const fn life(self) -> Life {
                match self { $(Self::$kind => Life::$life,)* }
            }

            /// Returns whether a record belongs to a Zoom account, and is deleted when the account removes the app (R17).
            pub const fn is_of_account(self) -> bool {
                match self { $(Self::$kind => $of_account,)* }
            }

            /// Returns whether the store gets the record encrypted.
            pub const fn is_sealed(self) -> bool {
                match self { $(Self::$kind => matches!(Secrecy::$secrecy, Secrecy::Sealed),)* }
            }

            /// Parses a key of this kind.
            pub fn parse(self, key: &str) -> Option<AnyKey> {
                match self { $(Self::$kind => $name::parse(key).map(AnyKey::$kind),)* }
            }
        }

        /// A key of any kind.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum AnyKey { $($(#[$meta])* $kind($name),)* }

        impl AnyKey {
            /// Returns the kind.
            pub const fn kind(&self) -> RecordKind {
                match self { $(Self::$kind(_) => RecordKind::$kind,)* }
            }
        }

        impl fmt::Display for AnyKey {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self { $(Self::$kind(key) => key.fmt(f),)* }
            }
        }

        $(
            $(#[$meta])*
            #[derive(Debug, Clone, PartialEq, Eq)]
            pub struct $name { $(#[doc = "Part of the key."] pub $field: $type),* }

            impl fmt::Display for $name {
                fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    let Self { $($field),* } = self;
                    write!(f, $form)
                }
            }

            impl StoreKey for $name {
                const PREFIX: &'static str = prefix_of($form);

                fn parse(key: &str) -> Option<Self> {
                    #[allow(unused_mut, reason = "a form without ids")]
                    let mut parser = KeyParser::new($form, key);
                    let parsed = Self { $($field: parser.id::<$type>()?),* };
                    parser.ends().then_some(parsed)
                }
            }

            kinds!(@key $name $record);
        )*

        #[cfg(test)]
        fn keys_of(kind: RecordKind) -> proptest::strategy::BoxedStrategy<AnyKey> {
            use proptest::prelude::*;
            match kind {
                $(RecordKind::$kind => (Just(()), $(<$type as tests::AnySegment>::any(),)*)
                    .prop_map(|((), $($field,)*)| AnyKey::$kind($name { $($field),* }))
                    .boxed(),)*
            }
        }

        /// Returns the present version of a kind's record, and a function that reads a record and writes it again;
        /// `None` for a record that only its owner knows.
        #[cfg(test)]
        fn rewrites_of(kind: RecordKind) -> Option<(u32, tests::Rewrite)> {
            match kind { $(RecordKind::$kind => kinds!(@rewrite $record),)* }
        }
    };
    (@name ($record:ident)) => { stringify!($record) };
    (@name $record:ident) => { stringify!($record) };
    (@key $name:ident ($record:ident)) => {};
    (@key $name:ident $record:ident) => {
        impl Key for $name {
            type Record = $record;
        }
    };
    (@rewrite ($record:ident)) => { None };
    (@rewrite $record:ident) => { Some((<$record as crate::records::Record>::VERSION, tests::rewrite::<$record>)) };
}

kinds! {
    /// Ids of all services.
    Services ServicesKey() => Services, "services", Oauth, Overwritten, false, Plain;
    /// One LaunchPoint service. When its account removes the app, its name remains, until an admin deletes it.
    Service ServiceKey(id: ServiceId) => Service, "service:{id}", Oauth, UntilRemoved, false, Sealed;
    /// The live service of a Zoom account (R1).
    Account AccountKey(account: AccountSegment) => LiveService, "account:{account}", Oauth, UntilRemoved, true, Plain;
    /// Encrypted tokens of a service. Only `oauth` can decrypt them.
    Token TokenKey(id: ServiceId) => SealedTokens, "token:{id}", Oauth, UntilRemoved, true, Plain;
    /// The keys that seal records, encrypted. Only `oauth` can decrypt them.
    DataKeys DataKeysKey() => SealedDataKeys, "data-keys", Oauth, Overwritten, false, Plain;
    /// A pending sign-in.
    SignIn SignInKey(state: SignInState) => PendingSignIn, "signin:{state}", Oauth, UntilDone, false, Sealed;
    /// The removal of a service, while it is under way.
    Removal RemovalKey(id: ServiceId) => Removal, "removal:{id}", Oauth, UntilDone, true, Plain;
    /// Lease of the instance that renews the tokens of a service.
    RenewalLease RenewalLeaseKey(id: ServiceId) => Lease, "renewing:{id}", Oauth, Lease, false, Plain;
    /// The last sweep of oauth.
    OauthSweep OauthSweepKey() => Sweep, "last:oauth-sweep", Oauth, Overwritten, false, Plain;
    /// Ids of all connected programs that are not archived.
    Programs ProgramsKey() => ConnectedPrograms, "programs", Catalog, Overwritten, false, Plain;
    /// Ids of connected programs whose webinar ended long ago. A program's id selects the shard.
    ArchivedPrograms ArchivedProgramsKey(shard: usize) => ArchivedPrograms, "archived-programs:{shard}", Catalog,
        UntilRemoved, false, Plain;
    /// A program's connection to a webinar, as an admin chose it.
    Program ProgramKey(id: ProgramId) => ProgramConnection, "program:{id}", Catalog, UntilRemoved, true, Sealed;
    /// What refreshes learnt of a connected program.
    Refreshed RefreshedKey(program: ProgramId) => RefreshedState, "refreshed:{program}", Catalog, UntilRemoved, true, Sealed;
    /// The last sweep of catalog.
    CatalogSweep CatalogSweepKey() => Sweep, "last:catalog-sweep", Catalog, Overwritten, false, Plain;
    /// When Marketo last read the choices of the flow step.
    FlowStepCalled FlowStepCalledKey() => Moment, "last:flow-step-call", Catalog, Overwritten, false, Plain;
    /// Ledger entry of one e-mail address for one webinar.
    Registration RegistrationKey(webinar: WebinarId, email: EmailHash) => Registration,
        "registration:{webinar}:{email}", Registration, Swept, true, Sealed;
    /// The registrants of a webinar changed in Zoom, and the change is not worked off (R18).
    RegistrantsChanged RegistrantsChangedKey(webinar: WebinarId) => RegistrantsChanged,
        "registrants-changed:{webinar}", Registration, Swept, true, Plain;
    /// The last comparison of a webinar's registrants with the ledger and with Marketo (R18).
    Reconciled ReconciledKey(webinar: WebinarId) => Reconciled, "reconciled:{webinar}", Registration, Swept, true, Sealed;
    /// A lead that could not be registered.
    Failure FailureKey(program: ProgramId, lead: LeadId) => Failure, "failure:{program}:{lead}", Registration, Swept, true, Sealed;
    /// Which leads have a failure record, and when they are due. A lead's number selects the shard.
    FailureIndex FailureIndexKey(shard: usize) => FailureIndex, "failure-index:{shard}", Registration, UntilDone, false, Plain;
    /// The open chunk that has this slot.
    ChunkSlot ChunkSlotKey(slot: usize) => ChunkSlot, "chunk-slot:{slot}", Registration, UntilDone, false, Plain;
    /// A flow-step chunk that was accepted and whose callback is not done.
    Outbox OutboxKey(id: OutboxId) => Outbox, "outbox:{id}", Registration, UntilDone, true, Sealed;
    /// A further part of a chunk that does not fit into one value.
    OutboxPart OutboxPartKey(id: OutboxId, part: usize) => OutboxPart, "outbox:{id}:{part}", Registration, UntilDone, true, Sealed;
    /// Crash marker of the extension for one chunk.
    MappingCrashMarker MappingCrashMarkerKey(id: OutboxId) => MappingCrashMarker,
        "outbox:{id}:crash-marker", Registration, UntilDone, true, Plain;
    /// The callback address that was refused last.
    RefusedCallback RefusedCallbackKey() => RefusedCallback, "last:refused-callback", Registration, Overwritten, false, Plain;
    /// Lease of the worker that copies registrations of Zoom's own page (R10). One at a time, because two could create two
    /// leads for one person.
    CopyWorker CopyWorkerKey() => Lease, "worker:copy", Registration, Lease, false, Plain;
    /// How far Marketo's activities are read (R23).
    ActivityCursor ActivityCursorKey() => ActivityCursor, "activity-cursor", Registration, Overwritten, false, Plain;
    /// The webinars that the flow step chose.
    ChosenWebinars ChosenWebinarsKey() => ChosenWebinars, "chosen-webinars", Registration, Overwritten, false, Plain;
    /// The names of the lead fields that Marketo sent lately.
    SentFields SentFieldsKey() => SentFields, "last:sent-fields", Registration, Overwritten, false, Plain;
    /// Chunks that were given up and are kept for the admin. A chunk's id selects the shard.
    GivenUpChunks GivenUpChunksKey(shard: usize) => GivenUpChunks, "given-up-chunks:{shard}", Registration, UntilDone, false, Plain;
    /// How many people of a program the ledger has at a webinar.
    RegistrationCounts RegistrationCountsKey(webinar: WebinarId, program: ProgramId) => RegistrationCounts,
        "registration-counts:{webinar}:{program}", Registration, Swept, true, Plain;
    /// When registration last listed its records, and what it found.
    LastRegistrationSweep LastRegistrationSweepKey() => Maintenance, "last:registration-sweep", Registration, Overwritten, false, Plain;
    /// Progress of a program's attendance.
    Attendance AttendanceKey(program: ProgramId) => Attendance, "attendance:{program}", Attendance, Swept, true, Sealed;
    /// The checkpoint of a program's run.
    RunState RunStateKey(program: ProgramId) => (RunState), "attendance:{program}:work", Attendance, Swept, true, Sealed;
    /// One part of a page of a list that a run fetched or computed. Each restart of a fetch begins a new generation.
    Page PageKey(program: ProgramId, list: CheckpointList, generation: u32, page: u32, part: u32) => (Page),
        "attendance:{program}:{list}:{generation}:{page}:{part}", Attendance, Swept, true, Sealed;
    /// Lease of the attendance worker. One worker processes all due programs: two at once could create two leads for one
    /// person who attended both webinars, and all programs share Marketo's rate limit anyway.
    Worker WorkerKey() => Lease, "worker:attendance", Attendance, Lease, false, Plain;
    /// The sessions of a webinar whose end Zoom reported.
    WebinarEnded WebinarEndedKey(webinar: WebinarId) => EndedSessions, "ended:{webinar}", Attendance, Swept, true, Plain;
    /// The session of a webinar whose start Zoom reported last.
    WebinarStarted WebinarStartedKey(webinar: WebinarId) => StartedSession, "started:{webinar}", Attendance, Swept, true, Plain;
    /// Joins of a webinar under way that one component instance wrote down. An instance takes one of a few slots.
    LiveJoins LiveJoinsKey(webinar: WebinarId, slot: usize) => LiveJoins, "live-joins:{webinar}:{slot}", Attendance,
        UntilDone, true, Sealed;
    /// A page of the people of a webinar under way who need no further call.
    LiveDone LiveDoneKey(webinar: WebinarId, page: usize) => LiveDone, "live-done:{webinar}:{page}", Attendance, Swept, true, Sealed;
    /// Lease of the worker that sets people of a webinar under way to Attended.
    LiveWorker LiveWorkerKey(webinar: WebinarId) => Lease, "live-worker:{webinar}", Attendance, Lease, false, Plain;
    /// When a sync of a program was last requested while the worker was busy with another program.
    SyncRequested SyncRequestedKey(program: ProgramId) => Moment, "sync-requested:{program}", Attendance, Swept, true, Plain;
    /// When the scheduler last called.
    LastTick LastTickKey() => Moment, "last:tick", Attendance, Overwritten, false, Plain;
    /// When Zoom last sent an event.
    LastEvent LastEventKey() => Moment, "last:zoom-event", Attendance, Overwritten, false, Plain;
    /// When Zoom last validated the address of the webhook.
    LastValidation LastValidationKey() => Moment, "last:zoom-validation", Attendance, Overwritten, false, Plain;
    /// The alerts that were sent and are not over.
    OpenAlerts OpenAlertsKey() => OpenAlerts, "open-alerts", Attendance, Overwritten, false, Plain;
    /// Lease of the request that sends alerts, so that two at once do not send one twice.
    AlertWorker AlertWorkerKey() => Lease, "worker:alerts", Attendance, Lease, false, Plain;
    /// When the health check last wrote to the store.
    HealthProbe HealthProbeKey() => Moment, "last:health-probe", Attendance, Overwritten, false, Plain;
    /// How many calls Marketo counted when it was last asked, which costs one.
    MarketoUsage MarketoUsageKey() => MarketoUsage, "last:marketo-usage", Attendance, Overwritten, false, Plain;
    /// When expired records were last swept.
    LastSweep LastSweepKey() => Sweep, "last:sweep", Attendance, Overwritten, false, Plain;
    /// A session of the console.
    Session SessionKey(id: SessionHash) => Session, "session:{id}", Console, Swept, false, Plain;
    /// The last sign-out everywhere.
    SessionsEnded SessionsEndedKey() => SessionsEnded, "sessions-ended", Console, Overwritten, false, Plain;
    /// The last sweep of console.
    ConsoleSweep ConsoleSweepKey() => Sweep, "last:console-sweep", Console, Overwritten, false, Plain;
}

impl StoreKey for AnyKey {
    const PREFIX: &'static str = "";

    fn parse(key: &str) -> Option<Self> {
        let kinds = RecordKind::ALL.iter().filter(|kind| key.starts_with(kind.prefix()));
        kinds.into_iter().find_map(|kind| kind.parse(key))
    }
}

impl AccountKey {
    /// Returns the key of an account.
    pub fn of(account: &AccountId) -> Self {
        Self { account: account.into() }
    }
}

impl RegistrationKey {
    /// Returns the text that the keys of one webinar begin with.
    pub fn prefix_of_webinar(webinar: WebinarId) -> String {
        format!("{}{webinar}:", Self::PREFIX)
    }
}
