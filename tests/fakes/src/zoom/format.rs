//! Formats of Zoom's times and links. The links lead to pages of the fake.

use jiff::Timestamp;

use crate::zoom::state::webinar::Webinar;

/// The join link of a webinar without registration.
pub(crate) fn shared_link(url: &str, webinar: &Webinar) -> String {
    format!("{url}/j/{}", webinar.id)
}

/// The personal join link of a registrant.
pub(crate) fn personal_link(url: &str, webinar_id: u64, token: &str) -> String {
    format!("{url}/w/{webinar_id}?tk={token}")
}

/// The URL of Zoom's own registration page.
pub(crate) fn registration_link(url: &str, webinar: &Webinar) -> String {
    format!("{url}/webinar/register/WN_{}", webinar.id)
}

/// Formats a time as Zoom does: UTC, whole seconds.
pub(crate) fn zoom_time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
