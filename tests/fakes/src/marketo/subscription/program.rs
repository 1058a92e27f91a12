//! Programs and their My Tokens, and channels with their progression statuses.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::marketo::api_error::MarketoApiError;

/// Maximum length of a My Token's name in characters.
const TOKEN_NAME_LENGTH: usize = 50;

/// A progression status of a channel.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProgressionStatus {
    /// Name of the status; customers can change it.
    pub name: String,
    /// Position in the progression. Members move to an equal or higher step only.
    pub step: u32,
    /// Whether the status counts as success.
    #[serde(default)]
    pub success: bool,
    /// Whether the status is hidden from selection.
    #[serde(default)]
    pub hidden: bool,
}

impl ProgressionStatus {
    /// Creates a visible status that does not count as success.
    pub fn new(name: &str, step: u32) -> Self {
        Self { name: name.to_owned(), step, success: false, hidden: false }
    }

    /// Makes the status count as success.
    #[must_use]
    pub fn success(mut self) -> Self {
        self.success = true;
        self
    }
}

/// A channel: a type of program with its statuses.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Channel {
    /// Channel id; 0 is replaced with a free one.
    #[serde(default)]
    pub id: i64,
    /// Channel name.
    pub name: String,
    /// `program`, `event`, `webinar`, `nurture` or `email_batch`.
    pub applicable_program_type: String,
    /// The progression statuses.
    pub progression_statuses: Vec<ProgressionStatus>,
}

impl Channel {
    /// Returns the status with a name. Members cannot be *set* to the first status, "Not in Program".
    pub fn status(&self, name: &str) -> Option<&ProgressionStatus> {
        self.progression_statuses.iter().find(|status| status.name.eq_ignore_ascii_case(name) && status.step > 0)
    }

    /// Returns the channel as the asset API shows it.
    pub(crate) fn to_asset(&self) -> Value {
        let statuses: Vec<Value> = self
            .progression_statuses
            .iter()
            .map(|status| {
                json!({
                    "name": status.name, "step": status.step, "success": status.success,
                    "hidden": status.hidden, "description": "",
                })
            })
            .collect();
        let at = asset_time(Timestamp::UNIX_EPOCH);
        json!({
            "id": self.id, "name": self.name, "applicableProgramType": self.applicable_program_type,
            "progressionStatuses": statuses, "createdAt": at, "updatedAt": at,
        })
    }
}

/// The types of My Tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum MyTokenType {
    /// `YYYY-MM-DD`
    #[serde(rename = "date")]
    Date,
    /// A number.
    #[serde(rename = "number")]
    Number,
    /// HTML.
    #[serde(rename = "rich text")]
    RichText,
    /// A change of score.
    #[serde(rename = "score")]
    Score,
    /// A Salesforce campaign.
    #[serde(rename = "sfdc campaign")]
    SfdcCampaign,
    /// Plain text.
    #[serde(rename = "text")]
    Text,
}

/// A My Token's type and value.
#[derive(Debug, Clone, Serialize)]
pub struct MyToken {
    /// Type of the token.
    #[serde(rename = "type")]
    pub kind: MyTokenType,
    /// Value of the token.
    pub value: String,
}

/// A program to add.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NewProgram {
    /// Program id; the next free one by default.
    #[serde(default)]
    pub id: Option<i64>,
    /// Program name.
    pub name: String,
    /// Program type in Marketo's words: `Event with Webinar`, `Default`...
    #[serde(rename = "type")]
    pub kind: String,
    /// Name of an existing channel.
    pub channel: String,
}

/// A program.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Program {
    /// Program id.
    pub id: i64,
    /// Program name.
    pub name: String,
    /// Program type in Marketo's words.
    #[serde(rename = "type")]
    pub kind: String,
    /// Name of the channel.
    pub channel: String,
    /// My Tokens by name, without `{{my.` and `}}`.
    pub my_tokens: BTreeMap<String, MyToken>,
    /// When the program was created.
    pub created_at: Timestamp,
    /// When the program or its tokens last changed.
    pub updated_at: Timestamp,
}

impl Program {
    /// Returns the program as the asset API shows it.
    pub(crate) fn to_asset(&self) -> Value {
        json!({
            "id": self.id, "name": self.name, "description": "", "type": self.kind, "channel": self.channel,
            "status": "", "workspace": "Default", "url": format!("https://app-sj01.marketo.com/#ME{}A1", self.id),
            "folder": {"type": "Folder", "value": 45, "folderName": "Webinars"}, "tags": [], "costs": null,
            "createdAt": asset_time(self.created_at), "updatedAt": asset_time(self.updated_at),
        })
    }

    /// Returns the tokens as the asset API shows them.
    pub(crate) fn tokens_to_asset(&self) -> Value {
        let tokens: Vec<Value> = self
            .my_tokens
            .iter()
            .map(|(name, token)| json!({"name": name, "type": token.kind, "value": token.value, "computedUrl": null}))
            .collect();
        json!({"folder": {"id": self.id, "type": "Program"}, "tokens": tokens})
    }

    /// Creates a My Token or replaces its value.
    ///
    /// # Errors
    /// Returns 701 if the name is empty, longer than 50 characters or contains braces, or if the value does not match the type;
    /// 709 if a token of this name has another type.
    pub(crate) fn set_token(
        &mut self,
        name: &str,
        kind: MyTokenType,
        value: &str,
        now: Timestamp,
    ) -> Result<(), MarketoApiError> {
        if name.is_empty() || name.chars().count() > TOKEN_NAME_LENGTH || name.contains(['{', '}']) {
            return Err(MarketoApiError::new(701, "Token name is invalid"));
        }
        let fits = match kind {
            MyTokenType::Date => value.parse::<jiff::civil::Date>().is_ok() && value.len() == "2026-01-31".len(),
            MyTokenType::Number => value.parse::<f64>().is_ok(),
            _ => true,
        };
        if !fits {
            return Err(MarketoApiError::new(701, "Token value is invalid for its type"));
        }
        if self.my_tokens.get(name).is_some_and(|token| token.kind != kind) {
            return Err(MarketoApiError::new(709, "A token with that name and another type exists"));
        }
        let value = value.to_owned();
        self.my_tokens.insert(name.to_owned(), MyToken { kind, value });
        self.updated_at = now;
        Ok(())
    }
}

/// Formats a time as the asset API does, with both a `Z` and an offset.
pub(crate) fn asset_time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ+0000").to_string()
}
