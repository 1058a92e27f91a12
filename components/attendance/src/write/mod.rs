//! Writes attendance to Marketo.
//!
//! | module | contents |
//! |---|---|
//! | [`writer`] | all steps in order, batch by batch |
//! | [`people_cursor`] | iterates over people in a stable order |
//! | [`sibling_programs`] | people registered by another program of the same webinar |
//! | [`leads`] | creates leads (R11) and looks existing ones up |
//! | [`member_fields`] | minutes and times, in the custom fields that the admin named |

mod leads;
mod member_fields;
mod people_cursor;
mod sibling_programs;
mod writer;

pub(crate) use writer::{AttendanceWriter, Progress};
