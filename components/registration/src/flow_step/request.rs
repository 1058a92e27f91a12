//! What Marketo sends to `submitAsyncAction` (marketo.md 1.5): read leniently, since optional parts may be missing or
//! null.

use domain::records::{Callback, Lead};
use domain::{LeadId, ProgramId, Sensitive, json};
use serde::Deserialize;
use serde::de::{Deserializer, Error as _};
use serde_json::{Map, Value};

/// A chunk of leads.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Chunk {
    /// One-time token for the callback.
    pub token: Sensitive,
    /// For the callback's `x-api-key`.
    pub api_call_back_key: Sensitive,
    /// Where the outcome goes.
    pub callback_url: String,
    /// Where it comes from.
    #[serde(default)]
    pub context: Option<Context>,
    /// The leads.
    pub object_data: Vec<ObjectData>,
}

/// Where a chunk comes from.
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
    /// Its id.
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
    /// `id`, and the fields under our service attributes.
    pub object_context: ObjectContext,
    /// The flow step's attributes.
    #[serde(default)]
    pub flow_step_context: Option<FlowStepContext>,
    /// Membership in the program, if any.
    #[serde(default)]
    pub program_member_context: Option<MemberContext>,
}

/// The lead's id and fields.
#[derive(Debug)]
pub struct ObjectContext {
    /// Who.
    pub id: LeadId,
    /// Everything else.
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

/// What the marketer chose.
#[derive(Debug, Deserialize)]
pub struct FlowStepContext {
    /// `program`, or a webinar's number.
    #[serde(default)]
    pub webinar: Option<Value>,
}

/// Membership in the program.
#[derive(Debug, Deserialize)]
pub struct MemberContext {
    /// The progression status.
    #[serde(default)]
    pub status: Option<String>,
}

impl Chunk {
    /// How to call back.
    pub fn callback(&self) -> Callback {
        let subscription = self.context.as_ref().and_then(|context| context.subscription.as_ref());
        Callback {
            url: self.callback_url.clone(),
            token: self.token.clone(),
            api_key: self.api_call_back_key.clone(),
            munchkin_id: subscription.and_then(|subscription| subscription.munchkin_id.clone()).unwrap_or_default(),
        }
    }

    /// Whether the callback's parts are of a length that can be kept.
    pub fn is_callable(&self) -> bool {
        let Callback { url, token, api_key, munchkin_id } = self.callback();
        url.len() + token.expose().len() + api_key.expose().len() + munchkin_id.len() <= MAX_VALUE
    }

    /// The program of the smart campaign.
    pub fn program(&self) -> Option<ProgramId> {
        self.context.as_ref()?.program.as_ref()?.id
    }

    /// The leads in our own form.
    pub fn leads(self) -> Vec<Lead> {
        self.object_data.into_iter().map(lead).collect()
    }
}

/// A value longer than this, in bytes, is cut: nothing that Zoom takes is nearly as long.
const MAX_VALUE: usize = 4_000;

/// All fields of a lead together take at most this many bytes as JSON, so that any lead fits into the store.
const MAX_FIELDS: usize = 50_000;

/// What a registration needs is kept first.
const FIRST: [&str; 5] = ["email", "firstName", "lastName", "company", "phone"];

fn lead(data: ObjectData) -> Lead {
    let mut all: Vec<_> = data.object_context.fields.into_inner().into_iter().collect();
    for (place, name) in FIRST.into_iter().enumerate() {
        if let Some(at) = all.iter().position(|(field, _)| field == name) {
            all.swap(at, place.min(at));
        }
    }
    let mut fields = Vec::new();
    let mut room = MAX_FIELDS;
    for (name, value) in all {
        let Some(value) = text(value) else { continue };
        let size = quoted(&name) + quoted(&value) + 8;
        if size <= room {
            room -= size;
            fields.push((name, value));
        }
    }
    let choice = data.flow_step_context.and_then(|context| context.webinar).and_then(text);
    // An empty context is what Marketo sends for a lead that is no member; then Marketo is asked.
    let status = data.program_member_context.and_then(|context| context.status).filter(|status| !status.is_empty());
    Lead { id: data.object_context.id, fields: Sensitive::new(fields), choice, status: status.map(cut) }
}

/// A scalar as text; null and what is no scalar are absent.
fn text(value: Value) -> Option<String> {
    match value {
        Value::String(text) => Some(cut(text)),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(value) => Some(value.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// How many bytes a text takes in JSON, at most: control characters are written as `\u0001`.
fn quoted(text: &str) -> usize {
    let control = text.bytes().filter(|byte| *byte < b' ' || matches!(byte, b'"' | b'\\')).count();
    text.len() + 5 * control
}

fn cut(mut text: String) -> String {
    text.truncate(text.floor_char_boundary(MAX_VALUE));
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn parts_may_be_missing_or_null() {
        let chunk: Chunk = serde_json::from_value(json!({
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
        let leads = chunk.leads();
        let mut fields = leads[0].fields.expose().clone();
        fields.sort();
        assert_eq!(fields, [("email".into(), "a@x".into()), ("score".into(), "5".into())]);
        assert_eq!(leads[1].choice.as_deref(), Some("94512345678"));
        assert_eq!(leads[1].status.as_deref(), Some("Registered"));
        assert_eq!((leads[2].status.as_deref(), leads[2].choice.as_deref()), (None, None));
    }

    #[test]
    fn any_lead_fits_into_the_store_and_keeps_what_is_needed() {
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
        assert_eq!(lead.fields.expose()[1].1.len(), MAX_VALUE);
        assert!(serde_json::to_vec(&lead).unwrap().len() <= 56_000);
    }
}
