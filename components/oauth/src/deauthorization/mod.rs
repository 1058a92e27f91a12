//! The app was removed from a Zoom account: everything of the account goes (R17).

mod event;
mod sweep;

pub(crate) use event::receive;
pub(crate) use sweep::finish;
