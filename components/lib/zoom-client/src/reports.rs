//! What happened: past instances, the attendance report, absentees.

use crate::access::Zoom;
use crate::error::ZoomError;
use crate::path::{encode, encode_uuid};
use crate::registrants::Registrant;
use crate::{PAGE_SIZE, Page, lenient};
use domain::WebinarId;
use domain::ids::InstanceUuid;
use domain::time::Timestamp;
use serde::Deserialize;

/// One run of a webinar.
#[derive(Debug, Clone, Deserialize)]
pub struct Instance {
    /// Its own UUID.
    pub uuid: InstanceUuid,
    /// When it began.
    #[serde(default, deserialize_with = "lenient::text")]
    pub start_time: Option<String>,
}

impl Instance {
    /// When it began.
    pub fn start(&self) -> Option<Timestamp> {
        self.start_time.as_deref()?.parse().ok()
    }
}

#[derive(Deserialize)]
struct Instances {
    #[serde(default)]
    webinars: Vec<Instance>,
}

/// One row of attendance: one time that somebody was in. Who comes back has several.
#[derive(Debug, Clone, Deserialize)]
pub struct Participant {
    /// Zoom's id of a user of the account; empty for others.
    #[serde(default, deserialize_with = "lenient::text")]
    pub id: Option<String>,
    /// The name shown in the webinar.
    #[serde(default, deserialize_with = "lenient::text")]
    pub name: Option<String>,
    /// Empty for people outside the account who did not register with it.
    #[serde(default, deserialize_with = "lenient::text")]
    pub user_email: Option<String>,
    /// Present when asked for and registered.
    #[serde(default, deserialize_with = "lenient::text")]
    pub registrant_id: Option<String>,
    /// When they came.
    #[serde(default, deserialize_with = "lenient::text")]
    pub join_time: Option<String>,
    /// When they left.
    #[serde(default, deserialize_with = "lenient::text")]
    pub leave_time: Option<String>,
    /// Seconds; 0 means that the report was read too early.
    #[serde(default)]
    pub duration: i64,
    /// `in_meeting` or `in_waiting_room`.
    #[serde(default, deserialize_with = "lenient::text")]
    pub status: Option<String>,
    /// Whether it is a user of the account.
    #[serde(default)]
    pub internal_user: bool,
}

impl Zoom {
    /// The runs of a webinar that are over.
    pub async fn past_instances(&self, webinar: WebinarId) -> Result<Vec<Instance>, ZoomError> {
        let instances: Instances = self.get(&format!("/past_webinars/{webinar}/instances")).await?;
        Ok(instances.webinars)
    }

    /// One page of the attendance report of a run (admins only).
    pub async fn report(&self, run: &InstanceUuid, page: Option<&str>) -> Result<Page<Participant>, ZoomError> {
        self.participants("/report/webinars", run, page).await
    }

    /// One page of the participants of a run, for apps without reports.
    pub async fn past_participants(
        &self,
        run: &InstanceUuid,
        page: Option<&str>,
    ) -> Result<Page<Participant>, ZoomError> {
        self.participants("/past_webinars", run, page).await
    }

    async fn participants(
        &self,
        prefix: &str,
        run: &InstanceUuid,
        page: Option<&str>,
    ) -> Result<Page<Participant>, ZoomError> {
        let uuid = encode_uuid(run.as_str());
        let token = page.map(|page| format!("&next_page_token={}", encode(page))).unwrap_or_default();
        let query = format!("page_size={PAGE_SIZE}&include_fields=registrant_id{token}");
        self.get(&format!("{prefix}/{uuid}/participants?{query}")).await
    }

    /// One page of the registrants who did not come.
    pub async fn absentees(&self, run: &InstanceUuid, page: Option<&str>) -> Result<Page<Registrant>, ZoomError> {
        let uuid = encode_uuid(run.as_str());
        let token = page.map(|page| format!("&next_page_token={}", encode(page))).unwrap_or_default();
        self.get(&format!("/past_webinars/{uuid}/absentees?page_size={PAGE_SIZE}{token}")).await
    }
}
