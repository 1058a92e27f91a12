//! Matches participants to registrants and members, by registrant id first, then by e-mail address, never by name.
//! Pure.
//!
//! | module | contents |
//! |---|---|
//! | [`matcher`] | rows of the report become attendees |
//! | [`registrant_index`] | registrants and absentees, by key and by address |
//! | [`member_index`] | the program's members, by lead and by registrant |
//! | [`membership`] | whether a member is registered in this webinar |
//! | [`intervals`] | the union of a person's intervals |

mod intervals;
mod matcher;
mod member_index;
mod membership;
mod registrant_index;

pub(crate) use matcher::{Attendees, Matcher, RowOwner, SessionScan, row_owner};
pub(crate) use member_index::{MemberIndex, fetched_statuses};
pub(crate) use membership::Membership;
pub(crate) use registrant_index::{PresenceState, RegistrantIndex};
