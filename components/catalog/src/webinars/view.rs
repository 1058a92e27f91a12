//! A webinar as our API shows it (DESIGN section 7).

use super::listing::Offered;
use domain::time::{SignedDuration, Timestamp};
use domain::webinar::{RegistrationMode, Snapshot};
use domain::{Email, Sensitive, WebinarId};
use serde::Serialize;

/// A webinar.
#[derive(Serialize)]
pub(crate) struct WebinarView {
    id: WebinarId,
    topic: String,
    pub(super) description: String,
    start_time: Timestamp,
    /// Minutes.
    duration: u32,
    end_time: Timestamp,
    /// IANA name.
    timezone: String,
    host_email: Option<Email>,
    /// Absent where it is not known: see [`super::details`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) registration: Option<RegistrationMode>,
    /// The shared link of a webinar without registration (R5).
    #[serde(skip_serializing_if = "Option::is_none")]
    join_url: Option<Sensitive>,
}

impl WebinarView {
    pub(super) fn of_listed(offered: &Offered) -> Self {
        let Offered { host, start, webinar } = offered;
        let duration = SignedDuration::from_mins(webinar.duration.into());
        Self {
            id: webinar.id,
            topic: webinar.topic.clone(),
            description: webinar.agenda.clone(),
            start_time: *start,
            duration: webinar.duration,
            end_time: *start + duration,
            timezone: webinar.timezone.clone(),
            host_email: Some(host.clone()),
            registration: None,
            join_url: None,
        }
    }

    /// What a connection keeps of its webinar.
    pub(crate) fn of_snapshot(snapshot: &Snapshot) -> Self {
        let shared = !snapshot.registration.requires_registration();
        Self {
            id: snapshot.id,
            topic: snapshot.topic.clone(),
            description: snapshot.description.clone(),
            start_time: snapshot.start_time,
            duration: snapshot.duration,
            end_time: snapshot.end_time(),
            timezone: snapshot.timezone.clone(),
            host_email: snapshot.host_email.clone(),
            registration: Some(snapshot.registration),
            join_url: snapshot.join_url.clone().filter(|_| shared),
        }
    }
}
