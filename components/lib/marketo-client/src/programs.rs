//! Programs, channels and My Tokens: the asset API, whose bodies are form-encoded.

use crate::body::RequestBody;
use crate::call::{Envelope, log_unreadable};
use crate::client::MarketoClient;
use crate::error::MarketoError;
use domain::lenient::{FromObject, Object, Rows, Unreadable};
use domain::status::{Channel, ProgressionStatus};
use domain::{ProgramId, deserialize_leniently};
use http::Method;
use platform::RequestTarget;
use serde_json::{Map, Value};

/// A program.
#[derive(Debug, Clone)]
pub struct Program {
    /// The id.
    pub id: ProgramId,
    /// The name.
    pub name: String,
    /// The type: `Default`, `Event`, `Event with Webinar`, ... (the spelling varies).
    pub kind: String,
    /// Name of the channel.
    pub channel: Option<String>,
}

impl FromObject for Program {
    fn from_object(program: Object<'_>) -> Result<Self, Unreadable> {
        Ok(Self::with_id(program.required("id", Object::number_id)?, program))
    }
}

impl Program {
    fn with_id(id: ProgramId, program: Object<'_>) -> Self {
        Self {
            id,
            name: program.text("name").unwrap_or_default(),
            kind: program.text("type").unwrap_or_default(),
            channel: program.text("channel"),
        }
    }

    /// Returns whether the type is for webinars (R6).
    pub fn is_for_webinars(&self) -> bool {
        is_for_webinars(&self.kind)
    }
}

/// A channel as received.
#[derive(Debug, Clone)]
pub struct ChannelAsset {
    /// The name.
    pub name: String,
    /// Type of the programs that can use it.
    pub applicable_program_type: String,
    /// The statuses.
    pub progression_statuses: Vec<ProgressionStatus>,
}

impl FromObject for ChannelAsset {
    fn from_object(channel: Object<'_>) -> Result<Self, Unreadable> {
        let statuses: Rows<ChannelStatus> = channel.rows("progressionStatuses");
        log_unreadable("progressionStatuses", statuses.unreadable);
        Ok(Self {
            name: channel.text("name").unwrap_or_default(),
            applicable_program_type: channel.text("applicableProgramType").unwrap_or_default(),
            progression_statuses: statuses.into_iter().map(|ChannelStatus(status)| status).collect(),
        })
    }
}

deserialize_leniently!(Program, ChannelAsset);

struct ChannelStatus(ProgressionStatus);

impl FromObject for ChannelStatus {
    fn from_object(status: Object<'_>) -> Result<Self, Unreadable> {
        let (name, step) = (status.required("name", Object::text)?, status.required("step", Object::integer)?);
        Ok(Self(ProgressionStatus { name, step }))
    }
}

impl ChannelAsset {
    /// Returns whether the channel is for webinars (R6).
    pub fn is_for_webinars(&self) -> bool {
        is_for_webinars(&self.applicable_program_type)
    }

    /// Returns the channel to store.
    pub fn channel(&self) -> Channel {
        Channel { name: self.name.clone(), statuses: self.progression_statuses.clone() }
    }
}

/// Marketo documents both spellings.
fn is_for_webinars(kind: &str) -> bool {
    matches!(kind.trim().to_ascii_lowercase().as_str(), "webinar" | "event with webinar")
}

/// A My Token of a program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MyToken {
    /// The name without `my.`, at most 50 characters.
    pub name: String,
    /// The type: `text`, `date`, ...
    pub kind: String,
    /// The value.
    pub value: String,
}

impl FromObject for MyToken {
    fn from_object(token: Object<'_>) -> Result<Self, Unreadable> {
        Ok(Self {
            name: token.required("name", Object::text)?,
            kind: token.text("type").unwrap_or_default(),
            // A value of spaces is a value: the token of a webinar without a description has one.
            value: match token.get("value") {
                Some(Value::String(value)) => value.clone(),
                _ => token.text("value").unwrap_or_default(),
            },
        })
    }
}

/// Returns the only result of an asset call. Marketo reports a missing asset as success with a warning or as an error
/// code; both become `None`.
fn first_result(answer: Result<Envelope, MarketoError>) -> Result<Option<Map<String, Value>>, MarketoError> {
    match answer {
        Ok(envelope) => envelope.into_object(),
        Err(MarketoError::Api(code)) if matches!(code.0, 610 | 702 | 709) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Returns the target of an operation of the asset API.
fn asset(path: &[&str]) -> RequestTarget {
    let segments: Vec<_> = ["rest", "asset", "v1"].iter().chain(path).copied().collect();
    RequestTarget::path(&segments)
}

impl MarketoClient {
    /// Returns a program; `None` if there is none.
    pub async fn program(&self, id: ProgramId) -> Result<Option<Program>, MarketoError> {
        let program = first_result(self.get(&asset(&["program", &format!("{id}.json")])).await)?;
        Ok(program.map(|program| Program::with_id(id, (&program).into())))
    }

    /// Returns a channel by name; `None` if there is none.
    pub async fn channel(&self, name: &str) -> Result<Option<ChannelAsset>, MarketoError> {
        let channel = first_result(self.get(&asset(&["channel", "byName.json"]).query("name", name)).await)?;
        channel.map(|channel| ChannelAsset::from_object((&channel).into())).transpose().map_err(MarketoError::from)
    }

    /// Returns the My Tokens of a program.
    pub async fn my_tokens(&self, program: ProgramId) -> Result<Vec<MyToken>, MarketoError> {
        let target = asset(&["folder", &program.to_string(), "tokens.json"]).query("folderType", "Program");
        let folder = first_result(self.get(&target).await)?.unwrap_or_default();
        let tokens: Rows<MyToken> = Object::from(&folder).rows("tokens");
        log_unreadable("tokens", tokens.unreadable);
        Ok(tokens.rows)
    }

    /// Writes a My Token, replacing its value.
    pub async fn set_my_token(&self, program: ProgramId, token: &MyToken) -> Result<(), MarketoError> {
        let form =
            [("name", &*token.name), ("type", &*token.kind), ("value", &*token.value), ("folderType", "Program")];
        let target = asset(&["folder", &program.to_string(), "tokens.json"]);
        self.call(Method::POST, &target, RequestBody::form(&form)).await.map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn r4_the_value_of_a_my_token_is_read_as_it_is() {
        for (value, read) in
            [(json!(" "), " "), (json!(" a "), " a "), (json!(""), ""), (json!(7), "7"), (json!(null), "")]
        {
            let token = json!({"name": "Webinar Description", "type": "text", "value": value});
            assert_eq!(MyToken::from_object(Object::of(&token)).unwrap().value, read, "{token}");
        }
    }
}
