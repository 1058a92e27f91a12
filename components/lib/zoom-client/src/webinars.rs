//! Webinars: the list of a user, and single ones.

use crate::client::ZoomClient;
use crate::error::ZoomError;
use crate::lenient;
use crate::page::Page;
use crate::target;
use domain::time::{self, Timestamp};
use domain::webinar::{RegistrationMode, Snapshot};
use domain::{Email, Sensitive, WebinarId, json};
use serde::Deserialize;
use serde::de::{Deserializer, Error as _};

/// Type of a webinar with a single session; 6 and 9 are recurring (R3).
const TYPE_SINGLE: i64 = 5;

/// A row of a user's list of webinars. It has neither the host's address nor the registration mode.
#[derive(Debug, Clone, Deserialize)]
pub struct ListedWebinar {
    /// The id.
    pub id: WebinarId,
    /// The type: 5, 6 or 9.
    #[serde(default, rename = "type")]
    pub kind: i64,
    /// The title.
    #[serde(default)]
    pub topic: String,
    /// The description, which Zoom truncates to 250 characters.
    #[serde(default)]
    pub agenda: String,
    /// The planned start; absent for a recurring webinar without a fixed time.
    #[serde(default, deserialize_with = "lenient::text")]
    pub start_time: Option<String>,
    /// The planned duration in minutes.
    #[serde(default)]
    pub duration: u32,
    /// IANA name of the time zone.
    #[serde(default)]
    pub timezone: String,
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
    /// The settings.
    pub settings: WebinarSettings,
}

/// The fields that the list lacks.
#[derive(Deserialize)]
struct WebinarDetails {
    #[serde(default, deserialize_with = "lenient::text")]
    host_email: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    join_url: Option<String>,
    #[serde(default)]
    settings: WebinarSettings,
}

// Not derived: serde's code for flattened structs is large.
impl<'de> Deserialize<'de> for Webinar {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = serde_json::Value::deserialize(deserializer)?;
        let listed = json::from_value(&value).map_err(D::Error::custom)?;
        let WebinarDetails { host_email, join_url, settings } = json::from_value(&value).map_err(D::Error::custom)?;
        Ok(Self { listed, host_email, join_url, settings })
    }
}

/// The settings of a webinar that the application uses.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct WebinarSettings {
    /// 0: automatic approval, 1: manual approval, 2: no registration.
    #[serde(default)]
    pub approval_type: Option<i64>,
}

impl ListedWebinar {
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
        self.get(&target::page(target, page)).await
    }

    /// Returns one webinar.
    pub async fn webinar(&self, id: WebinarId) -> Result<Webinar, ZoomError> {
        self.get(&target::target(&["webinars", &id.to_string()])).await
    }
}
