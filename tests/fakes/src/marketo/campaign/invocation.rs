//! The body of `POST submitAsyncAction`, and its delivery.

use serde_json::{Map, Value, json};

use crate::marketo::campaign::definition::{BlankFields, FlowStep};
use crate::marketo::campaign::installed_service::InstalledService;
use crate::marketo::campaign::report::{ChunkDelivery, RunId};
use crate::marketo::service_call::{ServiceResponse, post};
use crate::marketo::state::MarketoState;
use crate::marketo::subscription::contents::Subscription;
use crate::marketo::subscription::lead::{Lead, is_blank, whole_seconds};
use crate::marketo::subscription::member::Member;
use crate::marketo::subscription::program::Program;

/// Id of every campaign.
const CAMPAIGN_ID: i32 = 3_001;

/// Identifies a chunk towards the service.
pub(super) struct ChunkRef<'a> {
    pub(super) run: &'a RunId,
    pub(super) number: usize,
    pub(super) token: &'a str,
}

/// Returns the body for a chunk of leads.
pub(super) fn body(
    state: &MarketoState,
    subscription: &Subscription,
    service: &InstalledService,
    step: &FlowStep,
    ticket: &ChunkRef<'_>,
    program_id: i64,
    leads: &[i64],
) -> Value {
    let program = subscription.programs.get(&program_id).filter(|_| step.in_program);
    let objects: Vec<Value> = leads
        .iter()
        .filter_map(|id| subscription.leads.by_id.get(id))
        .map(|lead| {
            let member = subscription.members.get(&(program_id, lead.id)).filter(|_| step.in_program);
            object(service, step, lead, member)
        })
        .collect();
    json!({
        "token": ticket.token,
        "batchid": ticket.run,
        "apiCallBackKey": state.gateway_key,
        "campaignId": CAMPAIGN_ID,
        "callbackUrl": format!("{}/callback/{}/{}", state.url, ticket.run, ticket.number),
        "context": {
            "subscription": {
                "munchkinId": state.options.munchkin_id, "prefix": "standin", "crmSyncStatus": "none",
            },
            "admin": {},
            "campaign": {
                "id": CAMPAIGN_ID, "name": "01 Register", "description": "", "type": "batch", "status": "Active",
                "flowId": 1, "parentProgramId": program.map(|program| program.id), "workspaceName": "Default",
            },
            "program": program.map_or_else(|| json!({}), program_context),
        },
        "objectData": objects,
    })
}

fn program_context(program: &Program) -> Value {
    json!({
        "id": program.id, "name": program.name, "type": program.kind, "status": "", "channelName": program.channel,
        "description": "", "createdAt": whole_seconds(program.created_at),
        "updatedAt": whole_seconds(program.updated_at),
    })
}

fn object(service: &InstalledService, step: &FlowStep, lead: &Lead, member: Option<&Member>) -> Value {
    let mut context = Map::new();
    context.insert("id".to_owned(), json!(lead.id));
    for (field, name) in &service.sent_fields {
        let value = lead.value(field);
        let sent = match (is_blank(&value), step.blank) {
            (true, BlankFields::Omit) => continue,
            (true, BlankFields::Null) => Value::Null,
            (true, BlankFields::Empty) => json!(""),
            (false, _) => value,
        };
        context.insert(name.clone(), sent);
    }
    let member_context = member.map_or_else(
        || json!({}),
        |member| {
            json!({
                "id": member.id, "status": member.status_name,
                "membershipDate": whole_seconds(member.membership_date),
                "reachedSuccess": member.reached_success,
                "reachedSuccessDate": member.reached_success_date.map(whole_seconds),
                "pmcf": {},
            })
        },
    );
    json!({
        "objectType": "lead",
        "objectContext": context,
        "flowStepContext": {"webinar": step.webinar},
        "programMemberContext": member_context,
        "triggeringContext": {},
    })
}

/// Posts a body to the service.
pub(super) async fn deliver(state: &MarketoState, step: &FlowStep, body: &Value) -> ChunkDelivery {
    let at = state.now();
    let url = format!("{}/submitAsyncAction", step.base_url);
    let ServiceResponse { answer, took_ms } =
        post(state, &url, &step.api_key, body, state.options.invocation_timeout).await;
    let (status, body) = match answer {
        Ok(answer) => (Some(answer.status().as_u16()), String::from_utf8_lossy(answer.body()).into_owned()),
        Err(error) => (None, error),
    };
    ChunkDelivery { at, status, body, took_ms }
}
