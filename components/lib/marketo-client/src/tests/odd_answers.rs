//! Reads every answer of Marketo with one odd value at a time (R22).

use super::answers;
use crate::activities::StatusChange;
use crate::leads::{Lead, LeadFields, LeadSyncResult, LeadUpdate, NewLead};
use crate::members::{CustomFields, Member, MemberData, MemberOutcome};
use crate::programs::MyToken;
use crate::{MarketoClient, MarketoError, TokenCache};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use domain::status::ProgressionStatus;
use domain::{Email, Error, LeadId, ProgramId, Sensitive};
use http::Response;
use platform::testing::in_memory::InMemoryPorts;
use platform::testing::odd_answers::{Cost, Costs, Tally, fault, list, odd_answers};
use serde_json::{Map, Value, json};
use std::sync::{Arc, Mutex};

type Image = Result<(Value, Option<usize>), MarketoError>;

/// What Marketo answers to identity calls and to all others.
type Replies = Arc<Mutex<(Vec<u8>, Vec<u8>)>>;

fn client(replies: &Replies) -> MarketoClient {
    let memory = InMemoryPorts::default();
    memory.set("marketo_url", "http://marketo.test");
    memory.set("marketo_client_id", "id");
    memory.set("marketo_client_secret", "secret");
    let replies = replies.clone();
    let answer = async move |request: Request| {
        let (parts, body) = request.into_parts();
        let form = to_bytes(body, usize::MAX).await.unwrap();
        let replies = replies.lock().unwrap();
        let is_second_page = [parts.uri.query().unwrap_or_default().as_bytes(), &form]
            .concat()
            .windows(14)
            .any(|w| w == b"nextPageToken=");
        Response::new(Body::from(match parts.uri.path() {
            path if path.starts_with("/identity/") => replies.0.clone(),
            _ if is_second_page => br#"{"success": true, "result": []}"#.to_vec(),
            _ => replies.1.clone(),
        }))
    };
    memory.serve("marketo.test", Router::new().fallback(answer));
    MarketoClient::new(&memory.ports(), &Arc::new(TokenCache::default()))
}

/// Reads every odd form of an answer with a call.
async fn check(tally: &mut Tally, name: &str, good: Value, costs: &Costs, call: impl AsyncFn(MarketoClient) -> Image) {
    let replies = Replies::default();
    let read = async |text: Vec<u8>| {
        *replies.lock().unwrap() = match name {
            "identity" => (text, answers::program().to_string().into_bytes()),
            _ => (answers::identity().to_string().into_bytes(), text),
        };
        call(client(&replies)).await.map_err(|error| match error {
            MarketoError::Other(Error::Upstream(error)) => format!("{error} {error:?}"),
            error => format!("not an error of the upstream: {error}"),
        })
    };
    let (baseline, unreadable) = read(good.to_string().into_bytes()).await.unwrap();
    assert!(matches!(unreadable, None | Some(0)), "{name}");
    for odd in odd_answers(&good) {
        let outcome = read(odd.text.clone()).await;
        // Without one of the records, their places do not show any more which new lead each is about.
        let is_record_removed =
            name.ends_with("_leads") && odd.change == "removed" && odd.path.len() == "/result/0".len();
        let costs = if is_record_removed { &[("/result", Cost::Answer)] } else { costs };
        tally.add(name, &odd, fault(&odd, &baseline, &outcome, costs));
    }
}

fn text(text: &Option<Sensitive>) -> Value {
    json!(text.as_ref().map(Sensitive::expose).filter(|text| !text.is_empty()))
}

fn lead_image(lead: &Lead) -> Value {
    json!({
        "id": lead.id, "email": text(&lead.email), "firstName": text(&lead.first_name),
        "lastName": text(&lead.last_name), "company": text(&lead.company), "phone": text(&lead.phone),
    })
}

fn member_image(member: &Member) -> Value {
    json!({
        "leadId": member.lead_id, "statusName": member.status_name, "webinarUrl": text(&member.webinar_url),
        "registrationCode": member.registration_code.as_ref().filter(|code| !code.as_str().is_empty()),
    })
}

fn sync_image(result: &LeadSyncResult) -> Value {
    json!(format!("{result:?}"))
}

fn outcome_image(outcome: &MemberOutcome) -> Value {
    json!(format!("{outcome:?}"))
}

const PROGRAM: u64 = 1107;

fn program() -> ProgramId {
    PROGRAM.into()
}

fn ids() -> [LeadId; 3] {
    [1789, 1790, 1791].map(LeadId::from)
}

/// Every record of a write keeps its place, and a record that is left out makes the result unusable.
const RECORDS: [(&str, Cost); 2] = [("/result/*", Cost::RowValues), ("/result", Cost::Answer)];

/// The asset is needed, but no field of it.
const ASSET: [(&str, Cost); 2] = [("/result/*/?", Cost::Value), ("/result", Cost::Answer)];

#[tokio::test]
async fn r22_an_odd_value_costs_at_most_what_needs_it() {
    let tally = &mut Tally::default();
    let email = Email::parse("ada@x.example").unwrap();

    check(tally, "identity", answers::identity(), &[("/access_token", Cost::Answer)], async |marketo| {
        let token = marketo.token().await?;
        marketo.program(program()).await?;
        Ok((json!({"access_token": token.expose()}), None))
    })
    .await;
    let leads = ["a@x.example", "b@x.example", "c@x.example"]
        .map(|email| NewLead { email: Email::parse(email).unwrap(), fields: no_fields() });
    check(tally, "create_leads", answers::lead_results(), &RECORDS, async |marketo| {
        Ok((json!({"result": list(&marketo.create_leads(&leads, None).await?, sync_image)}), None))
    })
    .await;
    let updates = ids().map(|id| LeadUpdate { id, fields: no_fields() });
    check(tally, "update_leads", answers::lead_results(), &RECORDS, async |marketo| {
        Ok((json!({"result": list(&marketo.update_leads(&updates).await?, sync_image)}), None))
    })
    .await;
    let costs = [("/result/*/id", Cost::Row)];
    check(tally, "leads_by_email", answers::leads(), &costs, async |marketo| {
        let leads = marketo.leads_by_email(&[&email]).await?;
        Ok((json!({"result": list(&leads.rows, lead_image)}), Some(leads.unreadable)))
    })
    .await;
    check(tally, "leads_by_id", answers::leads(), &costs, async |marketo| {
        let leads = marketo.leads_by_id(&ids()).await?;
        Ok((json!({"result": list(&leads.rows, lead_image)}), Some(leads.unreadable)))
    })
    .await;
    let status = ProgressionStatus { name: "Registered".into(), step: 20 };
    check(tally, "set_status", answers::member_results(), &RECORDS, async |marketo| {
        let outcomes = marketo.set_status(program(), &status, &ids()).await?;
        Ok((json!({"result": list(&outcomes, outcome_image)}), None))
    })
    .await;
    let data = ids().map(|lead_id| MemberData { lead_id, webinar_url: None, registration_code: "r1".into() });
    check(tally, "set_member_data", answers::member_results(), &RECORDS, async |marketo| {
        let outcomes = marketo.set_member_data(program(), &data).await?;
        Ok((json!({"result": list(&outcomes, outcome_image)}), None))
    })
    .await;
    let fields = ids().map(|lead_id| CustomFields { lead_id, fields: Map::new() });
    check(tally, "set_custom_fields", answers::member_results(), &RECORDS, async |marketo| {
        let outcomes = marketo.set_custom_fields(program(), &fields).await?;
        Ok((json!({"result": list(&outcomes, outcome_image)}), None))
    })
    .await;
    let costs = [("/result/*/leadId", Cost::Row), ("/moreResult", Cost::Other("/nextPageToken"))];
    check(tally, "members_with_status", answers::members(), &costs, async |marketo| {
        let page = marketo.members_with_status(program(), "Registered", None).await?;
        let (next, result) = (page.next_page_token, list(&page.members, member_image));
        Ok((json!({"result": result, "nextPageToken": next}), Some(page.unreadable)))
    })
    .await;
    check(tally, "members_of", answers::last_members(), &costs, async |marketo| {
        let members = marketo.members_of(program(), &ids()).await?;
        Ok((json!({"result": list(&members.rows, member_image)}), Some(members.unreadable)))
    })
    .await;
    let costs = [("/result/*/fields/*/name", Cost::Row), ("/result/*/?", Cost::Value), ("/result", Cost::Answer)];
    check(tally, "member_fields", answers::member_fields(), &costs, async |marketo| {
        let fields = marketo.member_fields().await?;
        let fields = list(&fields, |field| json!({"name": field.name, "updateable": field.updateable}));
        Ok((json!({"result": [{"fields": fields}]}), None))
    })
    .await;
    check(tally, "program", answers::program(), &ASSET, async |marketo| {
        let found = marketo.program(program()).await?.map(|found| {
            json!({"id": found.id == program(), "name": found.name, "type": found.kind, "channel": found.channel})
        });
        Ok((json!({"result": [found]}), None))
    })
    .await;
    let costs = [
        ("/result/*/progressionStatuses/*/name", Cost::Row),
        ("/result/*/progressionStatuses/*/step", Cost::Row),
        ("/result/*/?", Cost::Value),
        ("/result", Cost::Answer),
    ];
    check(tally, "channel", answers::channel(), &costs, async |marketo| {
        let found = marketo.channel("Webinar").await?.map(|found| {
            let statuses =
                list(&found.progression_statuses, |status| json!({"name": status.name, "step": status.step}));
            json!({
                "name": found.name, "applicableProgramType": found.applicable_program_type,
                "progressionStatuses": statuses,
            })
        });
        Ok((json!({"result": [found]}), None))
    })
    .await;
    let costs = [("/result/*/tokens/*/name", Cost::Row), ("/result/*/?", Cost::Value), ("/result", Cost::Answer)];
    check(tally, "my_tokens", answers::my_tokens(), &costs, async |marketo| {
        let tokens = marketo.my_tokens(program()).await?;
        let tokens = list(&tokens, |token| json!({"name": token.name, "type": token.kind, "value": token.value}));
        Ok((json!({"result": [{"tokens": tokens}]}), None))
    })
    .await;
    let token = MyToken { name: "Topic".into(), kind: "text".into(), value: "Launch".into() };
    check(tally, "set_my_token", answers::written_token(), &[], async |marketo| {
        marketo.set_my_token(program(), &token).await.map(|()| (Value::Null, None))
    })
    .await;
    let costs = [("/nextPageToken", Cost::Answer)];
    check(tally, "activities_since", answers::paging_token(), &costs, async |marketo| {
        let token = marketo.activities_since("2026-11-03T15:00:00Z".parse().unwrap()).await?;
        Ok((json!({"nextPageToken": token}), None))
    })
    .await;
    let costs = [
        ("/result/*/leadId", Cost::Row),
        ("/result/*/primaryAttributeValueId", Cost::Row),
        ("/result/*/activityTypeId", Cost::Row),
    ];
    check(tally, "status_changes", answers::status_changes(), &costs, async |marketo| {
        let page = marketo.status_changes(&[program()], "t").await?;
        let change = |change: &StatusChange| {
            let status = json!({"value": change.status});
            let attributes = json!([null, null, status]);
            json!({"leadId": change.lead, "primaryAttributeValueId": change.program, "attributes": attributes})
        };
        Ok((
            json!({"result": list(&page.changes, change), "nextPageToken": page.next_page_token}),
            Some(page.unreadable),
        ))
    })
    .await;
    check(tally, "errors", answers::error(), &[("/errors", Cost::Answer)], async |marketo| {
        Ok((json!(marketo.program(program()).await?.is_none()), None))
    })
    .await;
    std::mem::take(tally).finish("Marketo", 7_900);
}

fn no_fields() -> LeadFields {
    LeadFields { first_name: None, last_name: None, phone: None, company: None }
}
