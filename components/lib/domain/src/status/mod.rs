//! Progression statuses of a program's channel: their steps, and what they mean to the application (R16, R21).
//!
//! | module | content |
//! |---|---|
//! | [`channel`] | the statuses of a channel, and their names and steps |
//! | [`meaning`] | the meanings that a status can have for the application |
//! | [`mapping`] | which status of a channel has which meaning |
//! | [`guess`] | the meaning of a status, guessed from its name |
//! | [`steps`] | what Marketo does not do because of a channel's steps |

pub mod channel;
pub mod guess;
pub mod mapping;
pub mod meaning;
pub mod steps;

pub use channel::{Channel, ProgressionStatus, is_same_name};
pub use mapping::{MappedStatus, StatusMapping};
pub use meaning::Meaning;
pub use steps::{KeptStatus, STATUS_CHANGES, StatusChange};
