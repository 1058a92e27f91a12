//! Webinars: the list of a user's, and one.

use crate::access::Zoom;
use crate::error::ZoomError;
use crate::path::encode;
use crate::{PAGE_SIZE, Page, lenient};
use domain::time::Timestamp;
use domain::webinar::{RegistrationMode, Snapshot};
use domain::{Email, Sensitive, WebinarId, json};
use serde::Deserialize;
use serde::de::{Deserializer, Error as _};

/// A webinar with a single session; 6 and 9 are recurring (R3).
pub const TYPE_SINGLE: i64 = 5;

/// A row of a user's list. It tells neither the host's address nor how people register.
#[derive(Debug, Clone, Deserialize)]
pub struct ListedWebinar {
    /// The number.
    pub id: WebinarId,
    /// 5, 6 or 9.
    #[serde(default, rename = "type")]
    pub kind: i64,
    /// The title.
    #[serde(default)]
    pub topic: String,
    /// The description, cut to 250 characters by Zoom.
    #[serde(default)]
    pub agenda: String,
    /// The planned start; recurring ones without a fixed time have none.
    #[serde(default, deserialize_with = "lenient::text")]
    pub start_time: Option<String>,
    /// Minutes.
    #[serde(default)]
    pub duration: u32,
    /// IANA name.
    #[serde(default)]
    pub timezone: String,
}

/// A webinar, whole. `start_url` is a secret of the host and is not even read.
#[derive(Debug, Clone)]
pub struct Webinar {
    /// What the list tells too; `agenda` is whole here.
    pub listed: ListedWebinar,
    /// The host.
    pub host_email: Option<String>,
    /// The shared link.
    pub join_url: Option<String>,
    /// Settings.
    pub settings: Settings,
}

/// What one webinar tells beyond the list.
#[derive(Deserialize)]
struct Details {
    #[serde(default, deserialize_with = "lenient::text")]
    host_email: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    join_url: Option<String>,
    #[serde(default)]
    settings: Settings,
}

// Not flattened by serde, whose code for that is large.
impl<'de> Deserialize<'de> for Webinar {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = serde_json::Value::deserialize(deserializer)?;
        let listed = json::from_value(&value).map_err(D::Error::custom)?;
        let Details { host_email, join_url, settings } = json::from_value(&value).map_err(D::Error::custom)?;
        Ok(Self { listed, host_email, join_url, settings })
    }
}

/// The settings that matter here.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Settings {
    /// 0 automatic, 1 manual, 2 no registration.
    #[serde(default)]
    pub approval_type: Option<i64>,
}

impl ListedWebinar {
    /// The planned start. Zoom sends UTC with `Z`.
    pub fn start(&self) -> Option<Timestamp> {
        self.start_time.as_deref()?.parse().ok()
    }

    /// Whether it has a single session (R3).
    pub const fn is_single(&self) -> bool {
        self.kind == TYPE_SINGLE
    }
}

impl Webinar {
    /// How people register.
    pub fn registration(&self) -> RegistrationMode {
        RegistrationMode::from_approval_type(self.settings.approval_type)
    }

    /// What we keep of it; `None` for a webinar without a start, which is none with a single session.
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

impl Zoom {
    /// One page of a user's webinars that are not over. Meetings are never in it.
    pub async fn webinars_of(&self, user: &Email, page: Option<&str>) -> Result<Page<ListedWebinar>, ZoomError> {
        let user = encode(user.expose());
        let token = page.map(|page| format!("&next_page_token={}", encode(page))).unwrap_or_default();
        self.get(&format!("/users/{user}/webinars?type=scheduled&page_size={PAGE_SIZE}{token}")).await
    }

    /// One webinar.
    pub async fn webinar(&self, id: WebinarId) -> Result<Webinar, ZoomError> {
        self.get(&format!("/webinars/{id}")).await
    }
}
