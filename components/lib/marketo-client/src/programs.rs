//! Programs, channels and My Tokens: the asset API, whose bodies are form-encoded.

use crate::body::RequestBody;
use crate::call::Envelope;
use crate::client::MarketoClient;
use crate::error::MarketoError;
use domain::ProgramId;
use domain::status::{Channel, ProgressionStatus};
use http::Method;
use platform::RequestTarget;
use serde::Deserialize;

/// A program.
#[derive(Debug, Clone, Deserialize)]
pub struct Program {
    /// The id.
    pub id: ProgramId,
    /// The name.
    #[serde(default)]
    pub name: String,
    /// The type: `Default`, `Event`, `Event with Webinar`, ... (the spelling varies).
    #[serde(default, rename = "type")]
    pub kind: String,
    /// Name of the channel.
    #[serde(default)]
    pub channel: String,
}

impl Program {
    /// Returns whether the type is for webinars (R6).
    pub fn is_for_webinars(&self) -> bool {
        is_for_webinars(&self.kind)
    }
}

/// A channel as received.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ChannelAsset {
    /// The name.
    #[serde(default)]
    pub name: String,
    /// Type of the programs that can use it.
    #[serde(default)]
    pub applicable_program_type: String,
    /// The statuses.
    #[serde(default)]
    pub progression_statuses: Vec<ProgressionStatus>,
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
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct MyToken {
    /// The name without `my.`, at most 50 characters.
    pub name: String,
    /// The type: `text`, `date`, ...
    #[serde(default, rename = "type")]
    pub kind: String,
    /// The value.
    #[serde(default)]
    pub value: String,
}

#[derive(Deserialize)]
struct TokenFolder {
    #[serde(default)]
    tokens: Vec<MyToken>,
}

/// Returns the first result of an asset call. Marketo reports a missing asset as success with a warning or as an error
/// code; both become `None`.
fn first_result<T>(answer: Result<Envelope<T>, MarketoError>) -> Result<Option<T>, MarketoError> {
    match answer {
        Ok(envelope) => Ok(envelope.result.into_iter().next()),
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
        first_result(self.get(&asset(&["program", &format!("{id}.json")])).await)
    }

    /// Returns a channel by name; `None` if there is none.
    pub async fn channel(&self, name: &str) -> Result<Option<ChannelAsset>, MarketoError> {
        first_result(self.get(&asset(&["channel", "byName.json"]).query("name", name)).await)
    }

    /// Returns the My Tokens of a program.
    pub async fn my_tokens(&self, program: ProgramId) -> Result<Vec<MyToken>, MarketoError> {
        let target = asset(&["folder", &program.to_string(), "tokens.json"]).query("folderType", "Program");
        let answer = self.get(&target).await;
        Ok(first_result::<TokenFolder>(answer)?.map(|folder| folder.tokens).unwrap_or_default())
    }

    /// Writes a My Token, replacing its value.
    pub async fn set_my_token(&self, program: ProgramId, token: &MyToken) -> Result<(), MarketoError> {
        let form =
            [("name", &*token.name), ("type", &*token.kind), ("value", &*token.value), ("folderType", "Program")];
        let target = asset(&["folder", &program.to_string(), "tokens.json"]);
        let _: Envelope<serde_json::Value> = self.call(Method::POST, &target, RequestBody::form(&form)).await?;
        Ok(())
    }
}
