//! Webinars and connections as the API shows them (docs/API.md).

use crate::connections::qualification::missing_statuses;
use crate::connections::{statuses, steps};
use crate::webinars::details::DetailedWebinar;
use crate::webinars::notes::{self, NoteView};
use domain::records::{MemberFields, ProgramConnection, Service, ServiceUsability};
use domain::status::{Channel, Meaning};
use domain::time::{self, SignedDuration, Timestamp};
use domain::webinar::{RegistrationMode, Snapshot};
use domain::{Email, ErrorCode, Problem, ProgramId, Sensitive, ServiceId, WebinarId};
use serde::Serialize;
use std::collections::BTreeMap;

/// A webinar.
#[derive(Serialize)]
pub(crate) struct WebinarView {
    id: WebinarId,
    topic: String,
    description: String,
    start_time: Timestamp,
    /// In minutes.
    duration: u32,
    end_time: Timestamp,
    /// IANA name.
    timezone: String,
    host_email: Option<Email>,
    /// Absent when it is unknown, because any value would be a guess.
    #[serde(skip_serializing_if = "Option::is_none")]
    registration: Option<RegistrationMode>,
    /// The shared link of a webinar without registration (R5).
    #[serde(skip_serializing_if = "Option::is_none")]
    join_url: Option<Sensitive>,
    /// What to know before choosing it, such as that it is simulive (R3).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notes: Vec<NoteView>,
}

impl WebinarView {
    /// Returns the view of a listed webinar.
    pub(super) fn of_listed(row: DetailedWebinar) -> Self {
        let webinar = row.listed.webinar;
        let notes = notes::of(&webinar, row.detail.as_ref());
        let (registration, description) = match row.detail {
            Some(detail) => (Some(detail.registration()), detail.listed.agenda),
            None => (None, webinar.agenda),
        };
        Self {
            id: webinar.id,
            topic: webinar.topic,
            description,
            start_time: row.listed.start,
            duration: webinar.duration,
            end_time: time::after(row.listed.start, SignedDuration::from_mins(webinar.duration.into())),
            timezone: webinar.timezone,
            host_email: Some(row.listed.host),
            registration,
            join_url: None,
            notes,
        }
    }

    /// Returns the view of a connection's webinar.
    fn of_snapshot(snapshot: &Snapshot) -> Self {
        let is_shared = !snapshot.registration.requires_registration();
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
            join_url: snapshot.join_url.clone().filter(|_| is_shared),
            notes: Vec::new(),
        }
    }
}

/// A connection.
#[derive(Serialize)]
pub(crate) struct ConnectionView {
    program_id: ProgramId,
    program_name: String,
    service: ServiceId,
    webinar: WebinarView,
    channel: Channel,
    /// Statuses that the channel lacks and that are therefore never set.
    missing_statuses: Vec<&'static str>,
    /// The channel's status of each meaning (R21).
    statuses: BTreeMap<Meaning, Option<String>>,
    /// The meanings whose status an admin chose. The others are guessed.
    chosen_statuses: Vec<Meaning>,
    /// What Marketo will not do because of the channel's steps (R16).
    status_warnings: Vec<String>,
    connected_at: Timestamp,
    refreshed_at: Timestamp,
    /// Former planned starts, the latest last (R13). For information only.
    moved_from: Vec<Timestamp>,
    /// The custom member fields that receive attendance.
    #[serde(skip_serializing_if = "MemberFields::is_empty")]
    member_fields: MemberFields,
    /// How many minutes after the end of the webinar people are set to No Show.
    no_show_after_minutes: u32,
    /// Whether setting the mapped status alone registers or cancels (R23).
    automatic: bool,
    /// Whether people who register on Zoom's own page become leads and members (R10).
    copy_zoom_registrations: bool,
    /// Whether people are set to Attended as soon as they join.
    live: bool,
    /// The lead partition in which leads are created, if one was named.
    #[serde(skip_serializing_if = "Option::is_none")]
    lead_partition: Option<String>,
    problem: Option<Problem>,
    /// The webinar that this request disconnected from the program. Its registrants stay.
    #[serde(skip_serializing_if = "Option::is_none")]
    replaced: Option<WebinarId>,
}

impl ConnectionView {
    /// Returns the view. `services` are all services: a service's current problem shows before the next refresh records
    /// it (R1, R3).
    pub(super) fn of(connection: ProgramConnection, services: &[Service]) -> Self {
        let service = services.iter().find(|service| service.id == connection.service);
        let usability = ServiceUsability::of(service, connection.snapshot.host_email.as_ref());
        let missing_statuses = missing_statuses(&connection);
        let status_problem = statuses::problem(&connection);
        let status_warnings = steps::warnings(&connection);
        let mapping = connection.mapping();
        let chosen_statuses = mapping.chosen().map(|(meaning, _)| meaning).collect();
        let status = |meaning| mapping.get(meaning).and_then(|mapped| mapped.status.clone());
        let statuses = Meaning::ALL.into_iter().map(|meaning| (meaning, status(meaning))).collect();
        // Only the service's record decides this: a recorded "superseded" may be outdated.
        let recorded = connection.problem.filter(|problem| problem.code != ErrorCode::ServiceSuperseded);
        Self {
            program_id: connection.program,
            program_name: connection.program_name,
            service: connection.service,
            webinar: WebinarView::of_snapshot(&connection.snapshot),
            missing_statuses,
            statuses,
            chosen_statuses,
            status_warnings,
            channel: connection.channel,
            connected_at: connection.connected_at,
            refreshed_at: connection.refreshed_at,
            moved_from: connection.previous_starts,
            member_fields: connection.member_fields,
            no_show_after_minutes: connection.no_show_after_minutes,
            automatic: connection.automatic,
            copy_zoom_registrations: connection.copy_zoom_registrations,
            live: connection.live,
            lead_partition: connection.lead_partition.map(|partition| partition.name),
            problem: usability.problem().or(status_problem).or(recorded),
            replaced: None,
        }
    }

    /// Adds the webinar that the program was connected to before.
    pub(super) fn replacing(self, replaced: Option<WebinarId>) -> Self {
        Self { replaced, ..self }
    }
}
