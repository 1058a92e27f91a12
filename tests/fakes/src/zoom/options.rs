//! How a stand-in Zoom is set up, and the constants that its tests know it by.

use std::net::{Ipv4Addr, SocketAddr};

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

/// Client id of the app that is registered by default.
pub const CLIENT_ID: &str = "zoom_client_id_1";
/// Its client secret.
pub const CLIENT_SECRET: &str = "zoom_client_secret_1";
/// Its secret token, which signs events.
pub const WEBHOOK_SECRET: &str = "zoom_webhook_secret_1";
/// The account that exists by default.
pub const ACCOUNT: &str = "acc_1";
/// The admin of that account, who is the one who signs in unless a test says otherwise.
pub const ADMIN: &str = "alice@example.com";

/// The scopes that the bridge needs, in granular admin form; what a sign-in grants unless a test says otherwise.
pub const SCOPES: [&str; 13] = [
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
];

/// The report scopes; they exist in admin form only.
pub const REPORT_SCOPES: [&str; 2] = ["report:read:webinar:admin", "report:read:list_webinar_participants:admin"];

/// The events that the app subscribes to by default: all but people joining and leaving, which are many.
pub const EVENTS: [&str; 9] = [
    "webinar.started",
    "webinar.ended",
    "webinar.updated",
    "webinar.deleted",
    "webinar.registration_created",
    "webinar.registration_approved",
    "webinar.registration_cancelled",
    "webinar.registration_denied",
    "app_deauthorized",
];

/// How to start a stand-in Zoom. The default suits a test: any free port, one account, one admin.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Client id of the app.
    pub client_id: String,
    /// Client secret of the app.
    pub client_secret: String,
    /// Secret token of the app.
    pub webhook_secret: String,
    /// The redirect URI registered for the app; none accepts any.
    pub redirect_uri: Option<String>,
    /// Whether sign-in shows a page with an Allow button, for a person, instead of redirecting at once.
    pub consent_page: bool,
    /// The scopes that a sign-in grants.
    pub scopes: Vec<String>,
    /// How long an access token works.
    pub access_lives: SignedDuration,
    /// The plan of the default account, which sets its rate limits.
    pub plan: Plan,
    /// Where events go; none sends none.
    pub event_url: Option<String>,
    /// Where `app_deauthorized` goes; none sends none.
    pub deauthorization_url: Option<String>,
    /// The events that are sent.
    pub events: Vec<String>,
    /// How attendance reports come into being.
    pub report_timing: ReportTiming,
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
            access_lives: SignedDuration::from_hours(1),
            plan: Plan::default(),
            event_url: None,
            deauthorization_url: None,
            events: EVENTS.iter().map(ToString::to_string).collect(),
            report_timing: ReportTiming::default(),
        }
    }
}

/// A Zoom plan; it sets an account's rate limits.
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
    /// None of Zoom's: more calls than anybody makes, for measuring something else than limits.
    Unlimited,
}

/// How an attendance report comes into being after a webinar has ended. Seconds by the stand-in's clock; all zero means
/// at once and complete.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ReportTiming {
    /// From the end until the report is there at all; before that, 404.
    pub delay_seconds: i64,
    /// From then on, how long every row still says duration 0.
    pub zero_duration_seconds: i64,
    /// From then on, how long rows keep appearing.
    pub growth_seconds: i64,
}
