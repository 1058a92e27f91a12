//! Past instances of webinars, their attendance reports and absentees.

use crate::client::ZoomClient;
use crate::error::ZoomError;
use crate::lenient;
use crate::page::Page;
use crate::registrants::Registrant;
use crate::target::{self, uuid_segment};
use domain::WebinarId;
use domain::ids::InstanceUuid;
use domain::time::{self, Timestamp};
use serde::Deserialize;

/// A past instance of a webinar: one time that it was started and ended.
#[derive(Debug, Clone, Deserialize)]
pub struct PastInstance {
    /// The UUID.
    pub uuid: InstanceUuid,
    /// When it started.
    #[serde(default, deserialize_with = "lenient::text")]
    pub start_time: Option<String>,
}

impl PastInstance {
    /// Returns when it started.
    pub fn start(&self) -> Option<Timestamp> {
        time::parse(self.start_time.as_deref()?)
    }
}

#[derive(Deserialize)]
struct PastInstances {
    #[serde(default)]
    webinars: Vec<PastInstance>,
}

/// A row of an attendance report: one interval of presence. A person who leaves and rejoins has several rows.
#[derive(Debug, Clone, Deserialize)]
pub struct Participant {
    /// Id of a user of the account; empty for other people.
    #[serde(default, deserialize_with = "lenient::text")]
    pub id: Option<String>,
    /// Display name in the webinar.
    #[serde(default, deserialize_with = "lenient::text")]
    pub name: Option<String>,
    /// E-mail address; empty for people outside the account who did not register.
    #[serde(default, deserialize_with = "lenient::text")]
    pub user_email: Option<String>,
    /// Id of the registrant, for people who registered.
    #[serde(default, deserialize_with = "lenient::text")]
    pub registrant_id: Option<String>,
    /// When the person joined.
    #[serde(default, deserialize_with = "lenient::text")]
    pub join_time: Option<String>,
    /// When the person left.
    #[serde(default, deserialize_with = "lenient::text")]
    pub leave_time: Option<String>,
    /// Duration in seconds; 0 means that the report is not complete yet.
    #[serde(default)]
    pub duration: i64,
    /// `in_meeting` or `in_waiting_room`.
    #[serde(default, deserialize_with = "lenient::text")]
    pub status: Option<String>,
    /// Whether the person is a user of the account.
    #[serde(default)]
    pub internal_user: bool,
}

impl ZoomClient {
    /// Returns the past instances of a webinar.
    pub async fn past_instances(&self, webinar: WebinarId) -> Result<Vec<PastInstance>, ZoomError> {
        let instances: PastInstances =
            self.get(&target::target(&["past_webinars", &webinar.to_string(), "instances"])).await?;
        Ok(instances.webinars)
    }

    /// Returns one page of the attendance report of an instance. Takes an admin scope.
    pub async fn report(&self, instance: &InstanceUuid, page: Option<&str>) -> Result<Page<Participant>, ZoomError> {
        self.participants(&["report", "webinars"], instance, page).await
    }

    /// Returns one page of the participants of an instance. Needs no access to reports.
    pub async fn past_participants(
        &self,
        instance: &InstanceUuid,
        page: Option<&str>,
    ) -> Result<Page<Participant>, ZoomError> {
        self.participants(&["past_webinars"], instance, page).await
    }

    async fn participants(
        &self,
        list: &[&str],
        instance: &InstanceUuid,
        page: Option<&str>,
    ) -> Result<Page<Participant>, ZoomError> {
        let uuid = uuid_segment(instance);
        let path = [list, &[&uuid, "participants"]].concat();
        let target = target::target(&path).query("include_fields", "registrant_id");
        self.get(&target::page(target, page)).await
    }

    /// Returns one page of the registrants who did not attend an instance.
    pub async fn absentees(&self, instance: &InstanceUuid, page: Option<&str>) -> Result<Page<Registrant>, ZoomError> {
        let target = target::target(&["past_webinars", &uuid_segment(instance), "absentees"]);
        self.get(&target::page(target, page)).await
    }
}
