//! Attendance: after the webinar everyone is accounted for, whatever Zoom's reports do.
//!
//! The application's clock is this machine's, so that what comes a day later is reached by moving the webinar into the
//! past, or by asking by hand; the waits themselves are shown by the component's own tests.

mod chain;
mod crowd;
mod events;
mod instances;
mod killed;
mod pages;
mod past;
mod people;
mod settling;
mod tick;
mod waiting;
