//! Past instances of webinars, their attendance reports and absentees.

use crate::client::ZoomClient;
use crate::error::ZoomError;
use crate::page::Page;
use crate::registrants::Registrant;
use crate::target::{self, uuid_segment};
use domain::ids::InstanceUuid;
use domain::lenient::{FromObject, Object, Rows, Unreadable};
use domain::time::{self, Timestamp};
use domain::{WebinarId, deserialize_leniently};

/// A past instance of a webinar: one time that it was started and ended.
#[derive(Debug, Clone)]
pub struct PastInstance {
    /// The UUID.
    pub uuid: InstanceUuid,
    /// When it started.
    pub start_time: Option<String>,
}

impl PastInstance {
    /// Returns when it started.
    pub fn start(&self) -> Option<Timestamp> {
        time::parse(self.start_time.as_deref()?)
    }
}

impl FromObject for PastInstance {
    fn from_object(row: Object<'_>) -> Result<Self, Unreadable> {
        Ok(Self { uuid: row.required("uuid", Object::text_id)?, start_time: row.text("start_time") })
    }
}

/// A row of an attendance report: one interval of presence. A person who leaves and rejoins has several rows.
#[derive(Debug, Clone)]
pub struct Participant {
    /// Id of a user of the account; empty for other people.
    pub id: Option<String>,
    /// Display name in the webinar.
    pub name: Option<String>,
    /// E-mail address; empty for people outside the account who did not register.
    pub user_email: Option<String>,
    /// Id of the registrant, for people who registered.
    pub registrant_id: Option<String>,
    /// When the person joined.
    pub join_time: Option<String>,
    /// When the person left.
    pub leave_time: Option<String>,
    /// Duration in seconds; 0 means that the report is not complete yet, `None` that Zoom reports none.
    pub duration: Option<i64>,
    /// `in_meeting` or `in_waiting_room`.
    pub status: Option<String>,
    /// Whether the person is a user of the account.
    pub internal_user: bool,
}

impl FromObject for Participant {
    fn from_object(row: Object<'_>) -> Result<Self, Unreadable> {
        let participant = Self {
            id: row.text_id("id"),
            name: row.text("name"),
            user_email: row.text("user_email"),
            registrant_id: row.text_id("registrant_id"),
            join_time: row.text("join_time"),
            leave_time: row.text("leave_time"),
            duration: row.integer("duration"),
            status: row.text("status"),
            internal_user: row.flag("internal_user").unwrap_or(false),
        };
        let Self { id, name, user_email, registrant_id, join_time, .. } = &participant;
        let has_any = [id, name, user_email, registrant_id, join_time].iter().any(|field| field.is_some());
        if has_any { Ok(participant) } else { Err(Unreadable("registrant_id")) }
    }
}

/// The details of a session that the application uses.
struct SessionDetail {
    end_time: Option<String>,
}

impl FromObject for SessionDetail {
    fn from_object(detail: Object<'_>) -> Result<Self, Unreadable> {
        Ok(Self { end_time: detail.text("end_time") })
    }
}

deserialize_leniently!(PastInstance, Participant, SessionDetail);

impl ZoomClient {
    /// Returns when a session ended. Takes an admin scope that the service can do without.
    pub async fn session_end(&self, instance: &InstanceUuid) -> Result<Option<Timestamp>, ZoomError> {
        let target = target::target(&["report", "webinars", &uuid_segment(instance)]);
        let detail: SessionDetail = self.without_problem_reports().get(&target).await?;
        Ok(detail.end_time.as_deref().and_then(time::parse))
    }

    /// Returns the past instances of a webinar.
    pub async fn past_instances(&self, webinar: WebinarId) -> Result<Rows<PastInstance>, ZoomError> {
        let target = target::target(&["past_webinars", &webinar.to_string(), "instances"]);
        let (instances, _) = self.get_list(&target, "webinars").await?;
        Ok(instances)
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
        self.get_page(target, page, "participants").await
    }

    /// Returns one page of the registrants who did not attend an instance.
    pub async fn absentees(&self, instance: &InstanceUuid, page: Option<&str>) -> Result<Page<Registrant>, ZoomError> {
        let target = target::target(&["past_webinars", &uuid_segment(instance), "absentees"]);
        self.get_page(target, page, "registrants").await
    }
}
