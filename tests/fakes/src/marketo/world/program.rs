//! Channels with their progression statuses, programs, and a program's My Tokens.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::World;
use crate::marketo::refusal::Refusal;

/// Longest name of a My Token, in characters.
const TOKEN_NAME_LENGTH: usize = 50;

/// A status that members of a channel's programs can have.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProgressionStatus {
    /// Its name, which a customer may have changed.
    pub name: String,
    /// Members move to a status of an equal or a higher step only.
    pub step: u32,
    /// Whether reaching it counts as success.
    #[serde(default)]
    pub success: bool,
    /// Whether it is hidden from choice.
    #[serde(default)]
    pub hidden: bool,
}

impl ProgressionStatus {
    /// A visible status that is no success.
    pub fn new(name: &str, step: u32) -> Self {
        Self { name: name.to_owned(), step, success: false, hidden: false }
    }

    /// The same status, counting as success.
    #[must_use]
    pub fn success(mut self) -> Self {
        self.success = true;
        self
    }
}

/// A channel: a kind of program and its statuses.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Channel {
    /// Its number; 0 is replaced with a free one when seeded.
    #[serde(default)]
    pub id: i64,
    /// Its name.
    pub name: String,
    /// `program`, `event`, `webinar`, `nurture` or `email_batch`.
    pub applicable_program_type: String,
    /// Its statuses.
    pub progression_statuses: Vec<ProgressionStatus>,
}

impl Channel {
    /// The status of this name. Members cannot be *set* to the first status, "Not in Program".
    pub fn status(&self, name: &str) -> Option<&ProgressionStatus> {
        self.progression_statuses.iter().find(|status| status.name.eq_ignore_ascii_case(name) && status.step > 0)
    }

    /// As the asset API shows it.
    pub(in crate::marketo) fn to_asset(&self) -> Value {
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

/// The types that a My Token can have.
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
    /// Its type.
    #[serde(rename = "type")]
    pub kind: MyTokenType,
    /// Its value.
    pub value: String,
}

/// What is needed to make a program.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NewProgram {
    /// Its number; without one the next free is taken.
    #[serde(default)]
    pub id: Option<i64>,
    /// Its name.
    pub name: String,
    /// Its type as Marketo words it: `Event with Webinar`, `Default`...
    #[serde(rename = "type")]
    pub kind: String,
    /// The name of its channel, which must exist.
    pub channel: String,
}

/// A program.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Program {
    /// Its number.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// Its type as Marketo words it.
    #[serde(rename = "type")]
    pub kind: String,
    /// The name of its channel.
    pub channel: String,
    /// Its My Tokens by name, without `{{my.` and `}}`.
    pub my_tokens: BTreeMap<String, MyToken>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it or its tokens last changed.
    pub updated_at: Timestamp,
}

impl Program {
    /// As the asset API shows it.
    pub(in crate::marketo) fn to_asset(&self) -> Value {
        json!({
            "id": self.id, "name": self.name, "description": "", "type": self.kind, "channel": self.channel,
            "status": "", "workspace": "Default", "url": format!("https://app-sj01.marketo.com/#ME{}A1", self.id),
            "folder": {"type": "Folder", "value": 45, "folderName": "Webinars"}, "tags": [], "costs": null,
            "createdAt": asset_time(self.created_at), "updatedAt": asset_time(self.updated_at),
        })
    }

    /// Its tokens as the asset API shows them.
    pub(in crate::marketo) fn tokens_to_asset(&self) -> Value {
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
    /// 701 for a name that is empty, over 50 characters or still in braces, or a value that its type does not allow;
    /// 709 when there is a token of that name with another type.
    pub(in crate::marketo) fn set_token(
        &mut self,
        name: &str,
        kind: MyTokenType,
        value: &str,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        if name.is_empty() || name.chars().count() > TOKEN_NAME_LENGTH || name.contains(['{', '}']) {
            return Err(Refusal::new(701, "Token name is invalid"));
        }
        let fits = match kind {
            MyTokenType::Date => value.parse::<jiff::civil::Date>().is_ok() && value.len() == "2026-01-31".len(),
            MyTokenType::Number => value.parse::<f64>().is_ok(),
            _ => true,
        };
        if !fits {
            return Err(Refusal::new(701, "Token value is invalid for its type"));
        }
        if self.my_tokens.get(name).is_some_and(|token| token.kind != kind) {
            return Err(Refusal::new(709, "A token with that name and another type exists"));
        }
        let value = value.to_owned();
        self.my_tokens.insert(name.to_owned(), MyToken { kind, value });
        self.updated_at = now;
        Ok(())
    }
}

impl World {
    /// Adds a channel, or replaces the one of that name; returns its id.
    pub fn add_channel(&mut self, mut channel: Channel) -> i64 {
        if channel.id == 0 {
            channel.id = self.channels.values().map(|known| known.id).max().unwrap_or(0) + 1;
        }
        let id = channel.id;
        self.channels.insert(channel.name.clone(), channel);
        id
    }

    /// Adds a program, or replaces the one of that id; returns its id.
    pub fn add_program(&mut self, new: NewProgram, now: Timestamp) -> i64 {
        let id = new.id.unwrap_or_else(|| self.programs.keys().max().map_or(1_001, |last| last + 1));
        let program = Program {
            id,
            name: new.name,
            kind: new.kind,
            channel: new.channel,
            my_tokens: BTreeMap::new(),
            created_at: now,
            updated_at: now,
        };
        self.programs.insert(id, program);
        id
    }
}

/// A moment as the asset API writes it: with a `Z` and an offset, both.
pub(in crate::marketo) fn asset_time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ+0000").to_string()
}
