//! Writes attendance to Marketo.
//!
//! | module | contents |
//! |---|---|
//! | [`writer`] | all steps in order, batch by batch |
//! | [`people_cursor`] | iterates over people in a stable order |
//! | [`ledger`] | the leads of registrants, and people registered by another program of the webinar |
//! | [`presences`] | stores when each attendee was present |
//! | [`leads`] | creates leads (R11) and looks existing ones up |
//! | [`member_fields`] | minutes and times, in the custom fields that the admin named |

mod leads;
mod ledger;
mod member_fields;
mod people_cursor;
mod presences;
mod writer;

pub(crate) use writer::{AttendanceWriter, Progress};
