//! What was logged: activities of leads, e-mails sent, rules broken.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use super::World;

/// The activity types that the stand-in logs. Numbers are Marketo's where they are public.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub enum ActivityType {
    /// 6
    SendEmail,
    /// 12
    NewLead,
    /// 13
    ChangeDataValue,
    /// 104
    ChangeProgramStatus,
    /// 123
    ChangeProgramMemberData,
    /// A flow step service has an activity type of its own; its number is the subscription's.
    FlowStepService,
}

impl ActivityType {
    /// Marketo's number.
    pub fn number(self) -> u32 {
        match self {
            Self::SendEmail => 6,
            Self::NewLead => 12,
            Self::ChangeDataValue => 13,
            Self::ChangeProgramStatus => 104,
            Self::ChangeProgramMemberData => 123,
            Self::FlowStepService => 100_001,
        }
    }
}

/// One line of a lead's activity log.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Activity {
    /// Its number, rising with time.
    pub id: i64,
    /// What kind.
    #[serde(rename = "type")]
    pub kind: ActivityType,
    /// Marketo's number for the kind.
    pub type_id: u32,
    /// Whose.
    pub lead_id: i64,
    /// The program concerned, if one is.
    pub program_id: Option<i64>,
    /// When.
    pub at: Timestamp,
    /// What the kind tells: old and new status, field, source.
    pub attributes: Value,
}

impl Activity {
    /// An attribute's text, empty when there is none.
    pub fn text(&self, attribute: &str) -> &str {
        self.attributes.get(attribute).and_then(Value::as_str).unwrap_or_default()
    }
}

/// An e-mail as its reader got it.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SentEmail {
    /// When.
    pub at: Timestamp,
    /// Of which run of a campaign.
    pub run: String,
    /// To whom.
    pub lead_id: i64,
    /// At which address.
    pub to: String,
    /// What `{{member.webinar url}}` resolved to when it was sent: the member's `webinarUrl`, blank if there is none.
    pub member_webinar_url: String,
    /// What the lead field to which `joinUrl` is mapped held.
    pub lead_join_url: String,
    /// Its subject line, with the tokens filled in.
    pub subject: String,
    /// Its text, with the tokens filled in.
    pub text: String,
}

/// A rule that somebody broke where Marketo answers nothing or merely drops data.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Violation {
    /// When.
    pub at: Timestamp,
    /// Where: `callback`, `install`, `submitAsyncAction`...
    pub source: String,
    /// Which rule and how.
    pub message: String,
}

impl World {
    /// Adds a line to a lead's activity log.
    pub(in crate::marketo) fn log(
        &mut self,
        kind: ActivityType,
        lead_id: i64,
        program_id: Option<i64>,
        attributes: Value,
        at: Timestamp,
    ) {
        let id = self.next_id();
        self.activities.push(Activity { id, kind, type_id: kind.number(), lead_id, program_id, at, attributes });
    }
}
