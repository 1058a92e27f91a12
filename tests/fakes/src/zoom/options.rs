//! Options of the fake Zoom, and the constants that tests use.

use std::net::{Ipv4Addr, SocketAddr};

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

/// Default client id of the app.
pub const CLIENT_ID: &str = "zoom_client_id_1";
/// Default client secret of the app.
pub const CLIENT_SECRET: &str = "zoom_client_secret_1";
/// Default secret token of the app, which signs events.
pub const WEBHOOK_SECRET: &str = "zoom_webhook_secret_1";
/// The default account.
pub const ACCOUNT: &str = "acc_1";
/// The admin of the default account, and the user who signs in by default.
pub const ADMIN: &str = "alice@example.com";

/// The scopes that the application needs, in granular admin form. A sign-in grants them by default.
pub const SCOPES: [&str; 14] = [
    "user:read:user:admin",
    "user:read:list_users:admin",
    "webinar:read:list_webinars:admin",
    "webinar:read:webinar:admin",
    "webinar:read:list_registrants:admin",
    "webinar:read:registrant:admin",
    "webinar:read:list_registration_questions:admin",
    "webinar:write:registrant:admin",
    "webinar:write:batch_registrants:admin",
    "webinar:update:registrant_status:admin",
    "webinar:read:list_past_instances:admin",
    "webinar:read:list_past_participants:admin",
    "webinar:read:list_absentees:admin",
    "webinar:read:list_panelists:admin",
];

/// The report scopes; they exist in admin form only.
pub const REPORT_SCOPES: [&str; 2] = ["report:read:webinar:admin", "report:read:list_webinar_participants:admin"];

/// The events that the app subscribes to by default: all except those about participants who leave.
pub const EVENTS: [&str; 10] = [
    "webinar.started",
    "webinar.ended",
    "webinar.participant_joined",
    "webinar.updated",
    "webinar.deleted",
    "webinar.registration_created",
    "webinar.registration_approved",
    "webinar.registration_cancelled",
    "webinar.registration_denied",
    "app_deauthorized",
];

/// Zoom's maximum page size.
pub(super) const MAX_PAGE_SIZE: usize = 300;

/// Options of a fake Zoom. The default suits a test: any free port, one account, one admin.
#[derive(Clone, Debug)]
pub struct Options {
    /// Address to listen on; port 0 selects a free port.
    pub listen: SocketAddr,
    /// Client id of the app.
    pub client_id: String,
    /// Client secret of the app.
    pub client_secret: String,
    /// Secret token of the app.
    pub webhook_secret: String,
    /// Redirect URI registered for the app; none accepts any.
    pub redirect_uri: Option<String>,
    /// Whether sign-in shows a consent page with an Allow button instead of redirecting at once.
    pub consent_page: bool,
    /// Scopes that a sign-in grants.
    pub scopes: Vec<String>,
    /// How long an access token is valid.
    pub access_token_lifetime: SignedDuration,
    /// Plan of the default account, which sets its rate limits.
    pub plan: Plan,
    /// URL for webinar events; none sends no events.
    pub event_url: Option<String>,
    /// URL for `app_deauthorized`; none sends no event.
    pub deauthorization_url: Option<String>,
    /// Names of the subscribed events.
    pub events: Vec<String>,
    /// Timing of attendance reports.
    pub report_timing: ReportTiming,
    /// Maximum page size; larger requests are reduced to it.
    pub max_page_size: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            client_id: CLIENT_ID.to_owned(),
            client_secret: CLIENT_SECRET.to_owned(),
            webhook_secret: WEBHOOK_SECRET.to_owned(),
            redirect_uri: None,
            consent_page: false,
            scopes: SCOPES.iter().chain(&REPORT_SCOPES).map(ToString::to_string).collect(),
            access_token_lifetime: SignedDuration::from_hours(1),
            plan: Plan::default(),
            event_url: None,
            deauthorization_url: None,
            events: EVENTS.iter().map(ToString::to_string).collect(),
            report_timing: ReportTiming::default(),
            max_page_size: MAX_PAGE_SIZE,
        }
    }
}

/// A Zoom plan, which sets an account's rate limits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Plan {
    /// Free.
    Free,
    /// Pro.
    Pro,
    /// Business, Education, Enterprise, Partner.
    #[default]
    Business,
    /// Not a plan of Zoom's: practically no rate limit, for benchmarks of other things.
    Unlimited,
}

/// How an attendance report develops after a webinar has ended, in seconds by the clock of the fake. All zero means
/// that the report is complete at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ReportTiming {
    /// How long after the end the report is missing (404).
    pub delay_seconds: i64,
    /// How long every row shows duration 0 after that.
    pub zero_duration_seconds: i64,
    /// How long rows are still added after the report appeared.
    pub growth_seconds: i64,
    /// How long after the end the list of sessions lacks the session.
    pub listing_delay_seconds: i64,
    /// How long after the end the absentees are missing (404).
    pub absentees_delay_seconds: i64,
}
