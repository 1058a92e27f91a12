//! The domain: types and pure rules that the components share. No I/O.
//!
//! | module | content |
//! |---|---|
//! | [`component`] | the components that own records and have an internal API |
//! | [`ids`] | typed ids of Zoom and Marketo |
//! | [`error_code`] | every code that a caller can get, with its sentence |
//! | [`error`] | the kinds of error, and whether to retry |
//! | [`sensitive`] | wrapper for secrets and people's data, with a redacted `Debug` |
//! | [`email`] | e-mail addresses: comparison and hashes |
//! | [`status`] | progression statuses and their steps (R7, R16) |
//! | [`webinar`] | the snapshot of a Zoom webinar |
//! | [`time`] | instants and durations of `jiff`, days, times of other systems |
//! | [`json`] | JSON into types, with errors that quote nothing |
//! | [`lenient`] | answers of other systems into types, row by row (R22) |
//! | [`retry`] | back-off with full jitter |
//! | [`digest`] | SHA-256 |
//! | [`records`] | the records of the key-value store and their keys |
//! | `testing` | records for native tests |

pub mod component;
pub mod digest;
pub mod email;
pub mod error;
pub mod error_code;
pub mod ids;
pub mod json;
pub mod lenient;
pub mod records;
pub mod retry;
pub mod sensitive;
pub mod status;
#[cfg(not(target_arch = "wasm32"))]
pub mod testing;
pub mod time;
pub mod webinar;

pub use component::Component;
pub use email::{Email, EmailHash};
pub use error::{Error, Retry, Upstream, UpstreamError};
pub use error_code::{ErrorCode, Problem};
pub use ids::{AccountId, LeadId, ProgramId, RegistrantId, ServiceId, UserId, WebinarId};
pub use sensitive::Sensitive;
