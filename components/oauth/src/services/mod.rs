//! LaunchPoint services: one sign-in of one Zoom account under one name.

mod enrolment;
mod problem;
mod registry;
mod removal;
mod users;
mod view;

pub(crate) use enrolment::{SignedIn, enrol};
pub(crate) use problem::{cannot_renew, look_again, needs_sign_in, note_problem};
pub(crate) use registry::{all, ids, renewable, save, usable};
pub(crate) use removal::{Removal, Why, end, finish_removal, mark_for_removal, removal_done, removal_of, remove};
pub(crate) use users::enable_users;
pub(crate) use view::list;
