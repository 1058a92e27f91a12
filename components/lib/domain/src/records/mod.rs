//! The records of the key-value store and their keys (docs/STATE.md).
//!
//! Values are JSON with a `v` for their version, up to [`MAX_VALUE_BYTES`]. The store has no atomics: every record has
//! one writer, or writers that would write the same value.
//!
//! | module | content |
//! |---|---|
//! | `keys` | all keys, typed |
//! | `record` | what all records have in common |
//! | `service` | LaunchPoint services, their tokens, pending sign-ins; written by `oauth` |
//! | `program`, `member_fields` | programs that are connected to webinars; written by `catalog` |
//! | `registration`, `failure`, `outbox` | the ledger, failures, accepted chunks; written by `registration` |
//! | `attendance` | the progress of attendance; written by `attendance` |

mod attendance;
mod failure;
mod keys;
mod member_fields;
mod outbox;
mod program;
mod record;
mod registration;
mod service;

pub use attendance::{Attendance, Counts, Lease, Phase};
pub use failure::Failure;
pub use keys::{
    AccountKey, AttendanceKey, FailureKey, LastEventKey, LastSweepKey, LastTickKey, MappingCrashMarkerKey, OutboxKey,
    OutboxPartKey, ProgramKey, ProgramsKey, RegistrationKey, ServiceKey, ServicesKey, SignInKey, SyncRequestedKey,
    TokenKey, WebinarEndedKey, WorkerKey,
};
pub use member_fields::MemberFields;
pub use outbox::{Callback, MappingCrashMarker, Outbox, OutboxId, OutboxLead, OutboxPart};
pub use program::{ConnectedPrograms, MAX_PREVIOUS_STARTS, ProgramConnection};
pub use record::{Key, MAX_VALUE_BYTES, Moment, VERSION};
pub use registration::{AddCalls, Registration, RegistrationOutcome};
pub use service::{LiveService, PendingSignIn, SealedTokens, Service, ServiceState, Services};
