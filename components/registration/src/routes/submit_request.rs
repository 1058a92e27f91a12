//! The body of `submitAsyncAction` (docs/reference/marketo.md). Optional parts may be missing or null.

use crate::registering::eligibility::is_named;
use domain::records::{Callback, OutboxLead};
use domain::{LeadId, ProgramId, Sensitive, json};
use serde::Deserialize;
use serde::de::{Deserializer, Error as _};
use serde_json::{Map, Value};

/// The body: a chunk of leads.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SubmitRequest {
    /// One-time token for the callback.
    #[serde(default)]
    pub token: Option<Sensitive>,
    /// The callback's `x-api-key`.
    #[serde(default)]
    pub api_call_back_key: Option<Sensitive>,
    /// The callback's URL.
    pub callback_url: String,
    /// The origin of the chunk.
    #[serde(default)]
    pub context: Option<Context>,
    /// The leads.
    pub object_data: Vec<ObjectData>,
}

/// The origin of a chunk.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Context {
    /// The Marketo instance.
    #[serde(default)]
    pub subscription: Option<Subscription>,
    /// The program of the smart campaign, if it is in one.
    #[serde(default)]
    pub program: Option<Program>,
}

/// The Marketo instance.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Subscription {
    /// Its Munchkin id.
    #[serde(default)]
    pub munchkin_id: Option<String>,
}

/// The program of the smart campaign.
#[derive(Debug, Deserialize)]
pub struct Program {
    /// Its id.
    #[serde(default)]
    pub id: Option<ProgramId>,
}

/// One lead.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ObjectData {
    /// Its `id`, and its fields by service attribute.
    pub object_context: ObjectContext,
    /// The flow step's attributes.
    #[serde(default)]
    pub flow_step_context: Option<FlowStepContext>,
    /// Its membership in the program, if any.
    #[serde(default)]
    pub program_member_context: Option<ProgramMemberContext>,
}

/// The lead's id and fields.
#[derive(Debug)]
pub struct ObjectContext {
    /// The lead's id.
    pub id: LeadId,
    /// All other fields.
    pub fields: Sensitive<Map<String, Value>>,
}

impl<'de> Deserialize<'de> for ObjectContext {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut fields = Map::deserialize(deserializer)?;
        let id = fields.remove("id").ok_or_else(|| D::Error::missing_field("id"))?;
        let id = json::from_value(&id).map_err(D::Error::custom)?;
        Ok(Self { id, fields: Sensitive::new(fields) })
    }
}

/// The flow step's attributes, as the marketer set them.
#[derive(Debug, Deserialize)]
pub struct FlowStepContext {
    /// The choice of webinar: `program`, or a webinar id.
    #[serde(default)]
    pub webinar: Option<Value>,
}

/// A membership in the program.
#[derive(Debug, Deserialize)]
pub struct ProgramMemberContext {
    /// The progression status.
    #[serde(default)]
    pub status: Option<String>,
}

impl SubmitRequest {
    /// Returns the callback's address and credentials.
    pub fn callback(&self) -> Callback {
        let subscription = self.context.as_ref().and_then(|context| context.subscription.as_ref());
        Callback {
            url: self.callback_url.clone(),
            token: self.token.clone().unwrap_or_default(),
            api_key: self.api_call_back_key.clone().unwrap_or_default(),
            munchkin_id: subscription.and_then(|subscription| subscription.munchkin_id.clone()).unwrap_or_default(),
        }
    }

    /// Returns whether the callback's parts are short enough for the store.
    pub fn has_short_callback(&self) -> bool {
        let Callback { url, token, api_key, munchkin_id } = self.callback();
        url.len() + token.expose().len() + api_key.expose().len() + munchkin_id.len() <= MAX_VALUE_LEN
    }

    /// Returns the program of the smart campaign.
    pub fn program(&self) -> Option<ProgramId> {
        self.context.as_ref()?.program.as_ref()?.id
    }

    /// Converts the leads to the outbox's form.
    pub fn into_leads(self) -> Vec<OutboxLead> {
        self.object_data.into_iter().map(lead).collect()
    }
}

/// Maximum length of a value in bytes. Longer values are cut; Zoom accepts nothing nearly as long.
const MAX_VALUE_LEN: usize = 4_000;

/// Maximum size of a lead's fields as JSON, in bytes, so that any lead fits into the store.
const MAX_FIELDS_LEN: usize = 50_000;

/// The fields that a registration needs. They come first, so that others are dropped when there is no room.
const REQUIRED_FIRST: [&str; 5] = ["email", "firstname", "lastname", "company", "phone"];

fn lead(data: ObjectData) -> OutboxLead {
    let fields = bounded_fields(data.object_context.fields.into_inner());
    let choice = data.flow_step_context.and_then(|context| context.webinar).and_then(text);
    // Marketo sends an empty context for a lead that is not a member. Its status is then read from Marketo.
    let status = data.program_member_context.and_then(|context| context.status).filter(|status| !status.is_empty());
    OutboxLead {
        id: data.object_context.id,
        fields: Sensitive::new(fields),
        choice,
        status: status.map(cut),
        is_forgotten: false,
    }
}

/// Returns the scalar fields of a lead as texts, within the limits of length. Drops all others.
pub(super) fn bounded_fields(fields: Map<String, Value>) -> Vec<(String, String)> {
    let mut all: Vec<_> = fields.into_iter().collect();
    for (place, name) in REQUIRED_FIRST.into_iter().enumerate() {
        if let Some(at) = all.iter().position(|(field, _)| is_named(field, name)) {
            all.swap(at, place.min(at));
        }
    }
    let mut fields = Vec::new();
    let mut room = MAX_FIELDS_LEN;
    for (name, value) in all {
        let Some(value) = text(value) else { continue };
        let size = quoted_len(&name) + quoted_len(&value) + 8;
        if size <= room {
            room -= size;
            fields.push((name, value));
        }
    }
    fields
}

/// Converts a scalar to text; `None` for null, arrays and objects.
fn text(value: Value) -> Option<String> {
    match value {
        Value::String(text) => Some(cut(text)),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(value) => Some(value.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// Returns the maximum size of a text in JSON, where a control character takes six bytes.
fn quoted_len(text: &str) -> usize {
    let control = text.bytes().filter(|byte| *byte < b' ' || matches!(byte, b'"' | b'\\')).count();
    text.len() + 5 * control
}

fn cut(mut text: String) -> String {
    text.truncate(text.floor_char_boundary(MAX_VALUE_LEN));
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn optional_parts_may_be_missing_or_null() {
        let chunk: SubmitRequest = serde_json::from_value(json!({
            "token": "t", "apiCallBackKey": "k", "callbackUrl": "https://x", "batchid": "b", "campaignId": 5,
            "context": {"subscription": {"munchkinId": "123-ABC-456"}, "program": null, "more": 1},
            "objectData": [
                {"objectType": "lead", "objectContext": {"id": 7, "email": "a@x", "phone": null, "score": 5}},
                {"objectContext": {"id": "8"}, "flowStepContext": {"webinar": 94512345678u64},
                 "programMemberContext": {"status": "Registered"}},
                {"objectContext": {"id": 9}, "flowStepContext": null, "programMemberContext": {}},
            ],
        }))
        .unwrap();
        assert_eq!(chunk.program(), None);
        assert_eq!(chunk.callback().munchkin_id, "123-ABC-456");
        let leads = chunk.into_leads();
        let mut fields = leads[0].fields.expose().clone();
        fields.sort();
        assert_eq!(fields, [("email".into(), "a@x".into()), ("score".into(), "5".into())]);
        assert_eq!(leads[1].choice.as_deref(), Some("94512345678"));
        assert_eq!(leads[1].status.as_deref(), Some("Registered"));
        assert_eq!((leads[2].status.as_deref(), leads[2].choice.as_deref()), (None, None));
    }

    #[test]
    fn any_lead_fits_into_the_store_and_keeps_the_required_fields() {
        let mut context = serde_json::Map::new();
        for n in 0..2_000 {
            context.insert(format!("a{n}"), json!("\u{1}".repeat(500)));
        }
        context.insert("id".into(), json!(7));
        context.insert("email".into(), json!("a@x"));
        context.insert("firstName".into(), json!("é".repeat(70_000)));
        let data = json!({"objectContext": context, "programMemberContext": {"status": "R".repeat(9_000)}});
        let lead = lead(serde_json::from_value(data).unwrap());
        assert_eq!(lead.fields.expose()[0], ("email".into(), "a@x".into()));
        assert_eq!(lead.fields.expose()[1].1.len(), MAX_VALUE_LEN);
        assert!(serde_json::to_vec(&lead).unwrap().len() <= 56_000);
    }
}
