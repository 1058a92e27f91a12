//! The links that people follow. They lead to pages of the stand-in, so that they can be tried.

use super::model::Webinar;

/// The link that anyone may join with, where no registration is required.
pub(crate) fn shared(url: &str, webinar: &Webinar) -> String {
    format!("{url}/j/{}", webinar.id)
}

/// A registrant's own link.
pub(crate) fn personal(url: &str, webinar_id: u64, token: &str) -> String {
    format!("{url}/w/{webinar_id}?tk={token}")
}

/// Zoom's own registration page.
pub(crate) fn registration(url: &str, webinar: &Webinar) -> String {
    format!("{url}/webinar/register/WN_{}", webinar.id)
}
