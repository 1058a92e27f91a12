//! Programs, channels and My Tokens (the asset API, whose bodies are form-encoded).

use crate::access::Marketo;
use crate::call::{Content, Envelope, encoded};
use crate::error::MarketoError;
use domain::ProgramId;
use domain::status::{Channel, ProgressionStatus};
use http::Method;
use serde::Deserialize;

/// A program.
#[derive(Debug, Clone, Deserialize)]
pub struct Program {
    /// The id.
    pub id: ProgramId,
    /// Its name.
    #[serde(default)]
    pub name: String,
    /// `Default`, `Event`, `Event with Webinar`, ... (spelling varies).
    #[serde(default, rename = "type")]
    pub kind: String,
    /// Its channel's name.
    #[serde(default)]
    pub channel: String,
}

impl Program {
    /// Whether its type is for webinars (R6). Documents spell it "Event with Webinar" and "webinar".
    pub fn is_for_webinars(&self) -> bool {
        is_for_webinars(&self.kind)
    }
}

/// A channel as Marketo describes it.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ChannelAsset {
    /// Its name.
    #[serde(default)]
    pub name: String,
    /// Which programs may have it.
    #[serde(default)]
    pub applicable_program_type: String,
    /// Its statuses.
    #[serde(default)]
    pub progression_statuses: Vec<ProgressionStatus>,
}

impl ChannelAsset {
    /// Whether it is for webinars (R6).
    pub fn is_for_webinars(&self) -> bool {
        is_for_webinars(&self.applicable_program_type)
    }

    /// What we keep of it.
    pub fn channel(&self) -> Channel {
        Channel { name: self.name.clone(), statuses: self.progression_statuses.clone() }
    }
}

fn is_for_webinars(kind: &str) -> bool {
    matches!(kind.trim().to_ascii_lowercase().as_str(), "webinar" | "event with webinar")
}

/// A My Token of a program.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct MyToken {
    /// Its name, without `my.`; at most 50 characters.
    pub name: String,
    /// `text`, `date`, ...
    #[serde(default, rename = "type")]
    pub kind: String,
    /// Its value.
    #[serde(default)]
    pub value: String,
}

#[derive(Deserialize)]
struct TokenFolder {
    #[serde(default)]
    tokens: Vec<MyToken>,
}

/// What Marketo answers to an asset call that found nothing is success with a warning, or code 702; both are `None`.
fn found<T>(answer: Result<Envelope<T>, MarketoError>) -> Result<Option<T>, MarketoError> {
    match answer {
        Ok(envelope) => Ok(envelope.result.into_iter().next()),
        Err(MarketoError::Refused(code)) if matches!(code.0, 610 | 702 | 709) => Ok(None),
        Err(error) => Err(error),
    }
}

impl Marketo {
    /// A program; `None` where there is none.
    pub async fn program(&self, id: ProgramId) -> Result<Option<Program>, MarketoError> {
        found(self.get(&format!("/rest/asset/v1/program/{id}.json")).await)
    }

    /// A channel by name; `None` where there is none.
    pub async fn channel(&self, name: &str) -> Result<Option<ChannelAsset>, MarketoError> {
        let query = encoded(&[("name", name)]);
        found(self.get(&format!("/rest/asset/v1/channel/byName.json?{query}")).await)
    }

    /// The My Tokens of a program.
    pub async fn my_tokens(&self, program: ProgramId) -> Result<Vec<MyToken>, MarketoError> {
        let answer = self.get(&format!("/rest/asset/v1/folder/{program}/tokens.json?folderType=Program")).await;
        Ok(found::<TokenFolder>(answer)?.map(|folder| folder.tokens).unwrap_or_default())
    }

    /// Writes a My Token over whatever was there.
    pub async fn set_my_token(&self, program: ProgramId, token: &MyToken) -> Result<(), MarketoError> {
        let form =
            [("name", &*token.name), ("type", &*token.kind), ("value", &*token.value), ("folderType", "Program")];
        let path = format!("/rest/asset/v1/folder/{program}/tokens.json");
        let _: Envelope<serde_json::Value> = self.call(Method::POST, &path, Content::form(&form)).await?;
        Ok(())
    }
}
