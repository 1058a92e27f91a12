//! Everything that the fake Marketo holds: the leads, programs and members of one subscription, and their activity log.
//!
//! Nothing here depends on HTTP, and the current time is always an argument.

pub(super) mod activity;
pub(super) mod contents;
pub(super) mod field;
pub(super) mod lead;
pub(super) mod lead_sync;
pub(super) mod member;
mod member_fields;
mod membership;
pub(super) mod program;
pub(super) mod seed;

pub use activity::{Activity, ActivityType, SentEmail, Violation};
pub use contents::Subscription;
pub use field::{Field, FieldType};
pub use lead::{Lead, LeadDatabase};
pub use lead_sync::{LeadSync, SyncAction};
pub use member::{ChangedBy, Member, StatusChange};
pub use program::{Channel, MyToken, MyTokenType, NewProgram, Program, ProgressionStatus};
pub use seed::{DEFAULT_PROGRAM, GERMAN_CHANNEL, JOIN_URL_FIELD, WEBINAR_CHANNEL, WEBINAR_PROGRAM};
