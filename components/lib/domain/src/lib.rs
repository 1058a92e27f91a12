//! The words and pure rules that the components share. No I/O happens here.
//!
//! | module | what it holds |
//! |---|---|
//! | [`ids`] | typed ids of Zoom and Marketo |
//! | [`code`] | every code that a caller can meet, with its sentence |
//! | [`error`] | whose fault it is, and whether to try again |
//! | [`sensitive`] | wrappers for people's data and secrets, whose `Debug` is redacted |
//! | [`email`] | e-mail addresses: comparing, hashing |
//! | [`status`] | progression statuses and their order (R7, R16) |
//! | [`webinar`] | what we know of a Zoom webinar |
//! | [`time`] | instants and durations |
//! | [`json`] | reading JSON in little code |
//! | [`retry`] | schedules and back-off with full jitter |
//! | [`records`] | what lies in the key-value store, and under which key |

pub mod code;
pub mod email;
pub mod error;
pub mod ids;
pub mod json;
pub mod records;
pub mod retry;
pub mod sensitive;
pub mod status;
pub mod time;
pub mod webinar;

pub use code::{Code, Problem};
pub use email::{Email, EmailHash};
pub use error::{Error, Peer, PeerError, Retry};
pub use ids::{AccountId, LeadId, ProgramId, RegistrantId, ServiceId, UserId, WebinarId};
pub use sensitive::Sensitive;
