//! Attendance: after the webinar each registrant and participant has the right status, however incomplete Zoom's
//! reports are.
//!
//! The application uses the real clock, so the tests reach later times by moving the webinar into the past or by a
//! manual sync. The component's own tests cover the waiting times.

mod continuation;
mod crash_recovery;
mod customer_statuses;
mod events;
mod large_webinar;
mod late_rows;
mod live;
mod matching;
mod paging;
mod report_readiness;
mod reported_cases;
mod session_selection;
pub mod support;
mod tick;
