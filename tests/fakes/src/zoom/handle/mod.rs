//! The strings behind the stand-in: what there is, and what happens.

mod app;
mod people;
mod sessions;
mod traces;
mod webinars;

pub use app::EventSettings;
pub use sessions::{Joining, Started};
