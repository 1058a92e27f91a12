//! Webinars: the list of a user, and single ones.

use crate::client::ZoomClient;
use crate::error::ZoomError;
use crate::page::Page;
use crate::target;
use domain::lenient::{FromObject, Object, Unreadable};
use domain::time::{self, Timestamp};
use domain::webinar::{RegistrationMode, Snapshot};
use domain::{Email, Sensitive, WebinarId, deserialize_leniently};

/// Type of a webinar with a single session; 6 and 9 are recurring (R3).
const TYPE_SINGLE: i64 = 5;

/// A row of a user's list of webinars. It has neither the host's address nor the registration mode.
#[derive(Debug, Clone)]
pub struct ListedWebinar {
    /// The id.
    pub id: WebinarId,
    /// The type: 5, 6 or 9.
    pub kind: i64,
    /// The title.
    pub topic: String,
    /// The description, which Zoom truncates to 250 characters.
    pub agenda: String,
    /// The planned start; absent for a recurring webinar without a fixed time.
    pub start_time: Option<String>,
    /// The planned duration in minutes.
    pub duration: u32,
    /// IANA name of the time zone.
    pub timezone: String,
    /// Whether a recording is played as if it were live.
    pub is_simulive: bool,
    /// Whether the webinar belongs to an event of Zoom Events, which has a registration of its own (R3).
    pub is_events_webinar: bool,
}

/// A single webinar. `start_url` is a secret of the host and is not read.
#[derive(Debug, Clone)]
pub struct Webinar {
    /// The fields that the list has too; `agenda` is complete here.
    pub listed: ListedWebinar,
    /// E-mail address of the host.
    pub host_email: Option<String>,
    /// The shared join link.
    pub join_url: Option<String>,
    /// UUID of the latest session, or of none yet.
    pub uuid: Option<String>,
    /// The settings.
    pub settings: WebinarSettings,
}

/// A panelist of a webinar.
struct Panelist {
    email: Email,
}

impl FromObject for Panelist {
    fn from_object(panelist: Object<'_>) -> Result<Self, Unreadable> {
        Ok(Self { email: panelist.required("email", |panelist, name| Email::parse(&panelist.text(name)?))? })
    }
}

/// The settings of a webinar that the application uses.
#[derive(Debug, Clone, Default)]
pub struct WebinarSettings {
    /// 0: automatic approval, 1: manual approval, 2: no registration.
    pub approval_type: Option<i64>,
    /// The addresses of the alternative hosts, separated by commas or semicolons.
    pub alternative_hosts: Option<String>,
    /// Whether people may watch the recording after the webinar.
    pub on_demand: bool,
    /// Whether Zoom sends its own confirmation e-mail to registrants.
    pub sends_confirmation: bool,
}

impl FromObject for ListedWebinar {
    fn from_object(webinar: Object<'_>) -> Result<Self, Unreadable> {
        Ok(Self::with_id(webinar.required("id", Object::number_id)?, webinar))
    }
}

impl FromObject for Webinar {
    fn from_object(webinar: Object<'_>) -> Result<Self, Unreadable> {
        Ok(Self::with_id(webinar.required("id", Object::number_id)?, webinar))
    }
}

deserialize_leniently!(ListedWebinar, Webinar);

/// Returns whether a flag is set. One that is absent or cannot be read is not (R22).
fn is_set(object: Object<'_>, name: &str) -> bool {
    object.flag(name).unwrap_or(false)
}

impl ListedWebinar {
    fn with_id(id: WebinarId, webinar: Object<'_>) -> Self {
        Self {
            id,
            kind: webinar.integer("type").unwrap_or_default(),
            topic: webinar.text("topic").unwrap_or_default(),
            agenda: webinar.text("agenda").unwrap_or_default(),
            start_time: webinar.text("start_time"),
            duration: webinar.number("duration").unwrap_or_default(),
            timezone: webinar.text("timezone").unwrap_or_default(),
            is_simulive: is_set(webinar, "is_simulive"),
            is_events_webinar: is_set(webinar, "is_events_webinar"),
        }
    }

    /// Returns the planned start.
    pub fn start(&self) -> Option<Timestamp> {
        time::parse(self.start_time.as_deref()?)
    }

    /// Returns whether the webinar has a single session (R3).
    pub const fn is_single(&self) -> bool {
        self.kind == TYPE_SINGLE
    }
}

impl Webinar {
    fn with_id(id: WebinarId, webinar: Object<'_>) -> Self {
        let settings = webinar.object("settings");
        Self {
            listed: ListedWebinar::with_id(id, webinar),
            host_email: webinar.text("host_email"),
            join_url: webinar.text("join_url"),
            uuid: webinar.text_id("uuid"),
            settings: WebinarSettings {
                approval_type: settings.integer("approval_type"),
                alternative_hosts: settings.text("alternative_hosts"),
                on_demand: is_set(settings, "on_demand"),
                // Zoom sends it only if its e-mails to registrants are on at all (docs/reference/zoom.md).
                sends_confirmation: is_set(settings, "registrants_confirmation_email")
                    && settings.flag("registrants_email_notification").unwrap_or(true),
            },
        }
    }

    /// Checks that what every use of a webinar needs could be read: its host, its type and, unless it is recurring, its
    /// start.
    ///
    /// # Errors
    /// The first field that could not be read.
    pub fn require_readable(&self) -> Result<(), Unreadable> {
        match &self.listed {
            _ if self.host_email.is_none() => Err(Unreadable("host_email")),
            listed if listed.kind == 0 => Err(Unreadable("type")),
            listed if listed.is_single() && listed.start().is_none() => Err(Unreadable("start_time")),
            _ => Ok(()),
        }
    }

    /// Returns the addresses of the host and the alternative hosts.
    pub fn hosts(&self) -> impl Iterator<Item = Email> {
        let alternative = self.settings.alternative_hosts.as_deref().unwrap_or_default().split([',', ';']);
        self.host_email.as_deref().into_iter().chain(alternative).filter_map(Email::parse)
    }

    /// Returns how people register.
    pub fn registration(&self) -> RegistrationMode {
        RegistrationMode::from_approval_type(self.settings.approval_type)
    }

    /// Returns the snapshot to store; `None` for a webinar without a start, which is a recurring one.
    pub fn snapshot(&self) -> Option<Snapshot> {
        Some(Snapshot {
            id: self.listed.id,
            topic: self.listed.topic.clone(),
            description: self.listed.agenda.clone(),
            start_time: self.listed.start()?,
            duration: self.listed.duration,
            timezone: self.listed.timezone.clone(),
            host_email: self.host_email.as_deref().and_then(Email::parse),
            registration: self.registration(),
            join_url: self.join_url.clone().map(Sensitive::from),
        })
    }
}

impl ZoomClient {
    /// Returns one page of a user's webinars that are not over. Zoom does not list meetings here.
    pub async fn webinars_of(&self, user: &Email, page: Option<&str>) -> Result<Page<ListedWebinar>, ZoomError> {
        let target = target::target(&["users", user.expose(), "webinars"]).query("type", "scheduled");
        self.get_page(target, page, "webinars").await
    }

    /// Returns the addresses of a webinar's panelists. Takes a scope that older sign-ins may lack; the rest of the
    /// service works without it, so its absence is not reported as a problem of the service.
    pub async fn panelists(&self, id: WebinarId) -> Result<Vec<Email>, ZoomError> {
        let target = target::target(&["webinars", &id.to_string(), "panelists"]);
        let (panelists, _) = self.without_problem_reports().get_list::<Panelist>(&target, "panelists").await?;
        Ok(panelists.rows.into_iter().map(|panelist| panelist.email).collect())
    }

    /// Returns one webinar.
    pub async fn webinar(&self, id: WebinarId) -> Result<Webinar, ZoomError> {
        let webinar = self.get_object(&target::target(&["webinars", &id.to_string()])).await?;
        Ok(Webinar::with_id(id, (&webinar).into()))
    }
}
