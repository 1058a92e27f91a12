//! Records of what happened: activities of leads, sent e-mails, violations.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

/// The activity types that the fake logs. The numbers are Marketo's where they are public.
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
    /// The activity of a flow step service. Its number differs between subscriptions.
    FlowStepService,
}

impl ActivityType {
    /// Returns Marketo's number of the type.
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

/// An activity of a lead.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Activity {
    /// Activity id, ascending in time.
    pub id: i64,
    /// Activity type.
    #[serde(rename = "type")]
    pub kind: ActivityType,
    /// Marketo's number of the type.
    pub type_id: u32,
    /// The lead.
    pub lead_id: i64,
    /// The program, if the activity concerns one.
    pub program_id: Option<i64>,
    /// When the activity happened.
    pub at: Timestamp,
    /// Attributes of the type: old and new status, field, source.
    pub attributes: Value,
}

impl Activity {
    /// Returns the text of an attribute; empty if there is none.
    pub fn text(&self, attribute: &str) -> &str {
        self.attributes.get(attribute).and_then(Value::as_str).unwrap_or_default()
    }
}

/// A sent e-mail.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SentEmail {
    /// When the e-mail was sent.
    pub at: Timestamp,
    /// Id of the campaign run.
    pub run: String,
    /// The recipient.
    pub lead_id: i64,
    /// The recipient's e-mail address.
    pub to: String,
    /// Value of `{{member.webinar url}}` when the e-mail was sent: the member's `webinarUrl`, or blank.
    pub member_webinar_url: String,
    /// Value of the lead field that `joinUrl` is mapped to.
    pub lead_join_url: String,
    /// Rendered subject line.
    pub subject: String,
    /// Rendered text.
    pub text: String,
}

/// A violation of a rule that Marketo does not report; it may drop data instead.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Violation {
    /// When the violation happened.
    pub at: Timestamp,
    /// Where the violation happened: `callback`, `install`, `submitAsyncAction`...
    pub source: String,
    /// The rule and how it was violated.
    pub message: String,
}
