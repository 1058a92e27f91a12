//! The records of the key-value store and their keys (docs/STATE.md).
//!
//! Values are JSON with a `v` for their version, up to [`MAX_VALUE_BYTES`]. The store has no atomics: every record has
//! one writer, or writers that would write the same value.
//!
//! | module | content |
//! |---|---|
//! | `keys` | all keys, typed: form, record, owner, life |
//! | `lease` | leases and claims, part of several records |
//! | `record` | what all records have in common: versions and their upgrade |
//! | `service`, `removal` | LaunchPoint services, their tokens, pending sign-ins, removals; written by `oauth` |
//! | `service_usability` | whether a service can be used |
//! | `program`, `refreshed`, `member_fields` | programs that are connected to webinars; written by `catalog` |
//! | `registration`, `failure`, `outbox` | the ledger, failures, accepted chunks; written by `registration` |
//! | `activities` | how far Marketo's activities are read; written by `registration` |
//! | `sent_fields` | the lead fields that Marketo sends; written by `registration` |
//! | `registrants` | changes in Zoom that are under way, and comparisons with Zoom; written by `registration` |
//! | `attendance` | the progress of attendance; written by `attendance` |
//! | `live` | people who joined a webinar that is under way; written by `attendance` |
//! | `alerts` | the alerts that are not over; written by `attendance` |
//! | `usage` | how many calls Marketo counts; written by `attendance` |
//! | `source` | the Zoom account that a record belongs to |
//! | `sweep` | the last sweep of a component; written by that component |

mod activities;
mod alerts;
mod attendance;
mod failure;
mod keys;
mod lease;
mod live;
mod member_fields;
mod outbox;
mod program;
mod record;
mod refreshed;
mod registrants;
mod registration;
mod removal;
mod sent_fields;
mod service;
mod service_usability;
mod session;
mod source;
mod sweep;
mod usage;

pub use activities::ActivityCursor;
pub use alerts::{Alert, AlertCause, OpenAlerts};
pub use attendance::{
    Attendance, Counts, EndedSession, EndedSessions, MAX_SESSIONS, NoShowReason, NoShowWait, Phase, SessionRecord,
    SessionVerdict, StartedSession,
};
pub use failure::{Failure, FailureIndex, WorkerCrashes};
pub use keys::{
    AccountKey, AccountSegment, ActivityCursorKey, AlertWorkerKey, AnyKey, ArchivedProgramsKey, AttendanceKey,
    CatalogSweepKey, CheckpointList, ChosenWebinarsKey, ChunkSlotKey, ConsoleSweepKey, CopyWorkerKey, DataKeysKey,
    FailureIndexKey, FailureKey, FlowStepCalledKey, GivenUpChunksKey, HealthProbeKey, Key, LastEventKey,
    LastRegistrationSweepKey, LastSweepKey, LastTickKey, LastValidationKey, Life, LiveDoneKey, LiveJoinsKey,
    LiveWorkerKey, MappingCrashMarkerKey, MarketoUsageKey, OauthSweepKey, OpenAlertsKey, OutboxKey, OutboxPartKey,
    PageKey, ProgramKey, ProgramsKey, ReconciledKey, RecordKind, RefreshedKey, RefusedCallbackKey,
    RegistrantsChangedKey, RegistrationCountsKey, RegistrationKey, RemovalKey, RenewalLeaseKey, RunStateKey,
    SentFieldsKey, ServiceKey, ServicesKey, SessionHash, SessionKey, SessionsEndedKey, SignInKey, SignInState,
    StoreKey, SyncRequestedKey, TokenKey, TypedKey, WebinarEndedKey, WebinarStartedKey, WorkerKey,
};
pub use lease::{Lease, Leased};
pub use live::{LiveDone, LiveJoin, LiveJoins};
pub use member_fields::MemberFields;
pub use outbox::{
    Callback, ChunkEnding, ChunkSlot, GivenUpChunks, MappingCrashMarker, Outbox, OutboxId, OutboxLead, OutboxPart,
    RefusedCallback,
};
pub use program::{
    ArchivedPrograms, ConnectedPrograms, DEFAULT_NO_SHOW_AFTER_MINUTES, LeadPartition, MAX_PREVIOUS_STARTS,
    ProgramConnection,
};
pub use record::{MAX_RECORD_BYTES, MAX_VALUE_BYTES, Moment, NoVersion, Record, RecordError, SEAL_BYTES, read};
pub use refreshed::RefreshedState;
pub use registrants::{
    ChosenWebinar, ChosenWebinars, Maintenance, Reconciled, ReconciliationCounts, RegistrantsChanged,
    RegistrationCounts,
};
pub use registration::{AddCalls, Registration, RegistrationOutcome};
pub use removal::{Removal, RemovalReason};
pub use sent_fields::{SentField, SentFields};
pub use service::{
    LiveService, PendingSignIn, Rejection, SealedDataKeys, SealedTokens, Service, ServiceState, Services,
};
pub use service_usability::ServiceUsability;
pub use session::{Session, SessionsEnded};
pub use source::RecordSource;
pub use sweep::Sweep;
pub use usage::MarketoUsage;
