//! Follows Zoom's registrants: what happens to them there reaches the ledger and every membership in Marketo (R18).
//! Events and marks say where to look; what is so is read from Zoom.
//!
//! | module | content |
//! |---|---|
//! | [`event`] | what a registrant event marks as changed |
//! | [`statuses`] | the channel's statuses by meaning |
//! | [`repair`] | what a membership lacks to agree with Zoom |
//! | [`person`] | one person: reads the standing, repairs every membership, then the ledger |
//! | [`agreement`] | whether the ledger agrees with Zoom's lists |
//! | [`budget`] | how often the memberships are read (R23) |
//! | [`webinar`] | all registrants of a webinar against the ledger and the memberships |
//! | `memberships` | what a comparison reads in Marketo |
//! | `missed` | whom events and activities missed, as a comparison finds them |

pub mod agreement;
pub mod budget;
pub mod event;
mod memberships;
mod missed;
pub mod person;
pub mod repair;
pub mod statuses;
pub mod webinar;
