//! Smart campaigns with a flow step service.

use std::time::Duration;

use fakes::marketo::campaign::{BlankFields, Campaign, ChunkState, FlowStep};
use fakes::marketo::subscription::{JOIN_URL_FIELD, WEBINAR_PROGRAM};
use fakes::marketo::{Marketo, Options};
use serde_json::{Value, json};

use crate::caller::Caller;
use crate::service::{KEY, Responder, Service, registers};

/// How long a test waits for an expected event.
const TEST_TIMEOUT: Duration = Duration::from_secs(20);

async fn setup(responder: Responder) -> anyhow::Result<(Marketo, Service, FlowStep)> {
    let marketo = Marketo::start(Options::default()).await?;
    let service = Service::start(responder).await?;
    let step = FlowStep::new(&service.url, KEY);
    Ok((marketo, service, step))
}

#[tokio::test]
async fn flow_waits_for_every_chunk_before_the_email() -> anyhow::Result<()> {
    let (marketo, service, mut step) = setup(registers).await?;
    let leads: Vec<i64> = (0..5).map(|n| marketo.add_person("P", "Q", &format!("p{n}@example.com"))).collect();
    step.chunk_size = 2;
    let run = marketo.run_campaign(Campaign::new(WEBINAR_PROGRAM, leads.clone(), step)).await?;

    assert_eq!(run.chunks.len(), 3);
    assert!(run.chunks.iter().all(|chunk| chunk.state == ChunkState::CalledBack));
    assert!(run.chunks.iter().all(|chunk| chunk.deliveries[0].status == Some(201)));
    assert_eq!(run.violations(), Vec::<&str>::new());
    let outcomes = run.outcomes();
    assert!(leads.iter().all(|id| outcomes[id].success));
    assert_eq!(service.invocations().len(), 3);
    let link = format!("https://zoom.example/w/1?tk={}", leads[0]);
    assert_eq!(marketo.lead(leads[0]).unwrap().text(JOIN_URL_FIELD), link);
    assert_eq!(run.emails[0].lead_join_url, link);
    assert_eq!(run.emails[0].member_webinar_url, "", "no component wrote the member's webinarUrl");
    Ok(())
}

#[tokio::test]
async fn email_contains_the_link_written_by_the_rest_api() -> anyhow::Result<()> {
    let (marketo, _service, step) = setup(registers).await?;
    let ada = marketo.add_person("Ada", "Lovelace", "ada@example.com");
    marketo.set_member(WEBINAR_PROGRAM, ada, "Registered");
    let caller = Caller::of(&marketo).await?;
    let body = json!({"input": [{"leadId": ada, "webinarUrl": "https://zoom.example/w/1?tk=x"}]});
    caller.post(&format!("/rest/v1/programs/{WEBINAR_PROGRAM}/members.json"), &body).await?;
    let run = marketo.run_campaign(Campaign::new(WEBINAR_PROGRAM, [ada], step.clone())).await?;
    assert_eq!(run.emails[0].member_webinar_url, "https://zoom.example/w/1?tk=x");
    assert_eq!(run.status_changes[0].outcome, "skipped");

    let outside = FlowStep { in_program: false, ..step };
    let run = marketo.run_campaign(Campaign::new(WEBINAR_PROGRAM, [ada], outside)).await?;
    assert_eq!(run.emails[0].member_webinar_url, "");
    assert_eq!(run.chunks[0].invocation["context"]["program"], json!({}));
    assert_eq!(run.chunks[0].invocation["objectData"][0]["programMemberContext"], json!({}));
    Ok(())
}

#[tokio::test]
async fn invocation_conforms_to_adobes_interface() -> anyhow::Result<()> {
    let (marketo, service, step) = setup(registers).await?;
    let ada = marketo.add_lead(&json!({"firstName": "Ada", "lastName": "Lovelace", "email": "ada@example.com"}));
    for blank in [BlankFields::Omit, BlankFields::Null, BlankFields::Empty] {
        let step = FlowStep { blank, ..step.clone() };
        marketo.run_campaign(Campaign::new(WEBINAR_PROGRAM, [ada], step)).await?;
    }
    let bodies = service.invocations();
    let body = &bodies[0];
    assert!(body["campaignId"].is_i64());
    assert!(body["callbackUrl"].as_str().unwrap().starts_with(&marketo.url()));
    assert_eq!(body["context"]["subscription"]["munchkinId"], marketo.munchkin_id());
    assert_eq!(body["context"]["program"]["id"], WEBINAR_PROGRAM);
    let object = &body["objectData"][0];
    assert_eq!(object["objectType"], "lead");
    assert_eq!(object["flowStepContext"], json!({"webinar": "program"}));
    assert_eq!(object["programMemberContext"]["status"], "Registered");
    let context = |body: &Value| body["objectData"][0]["objectContext"].clone();
    let lead = json!({"id": ada, "email": "ada@example.com", "firstName": "Ada", "lastName": "Lovelace"});
    assert_eq!(context(&bodies[0]), lead);
    assert_eq!(context(&bodies[1])["company"], Value::Null);
    assert_eq!(context(&bodies[2])["company"], "");
    assert_ne!(bodies[0]["token"], bodies[1]["token"]);
    Ok(())
}

#[tokio::test]
async fn callback_token_is_valid_once() -> anyhow::Result<()> {
    let (marketo, service, step) = setup(registers).await?;
    let ada = marketo.add_person("Ada", "Lovelace", "ada@example.com");
    let run = marketo.run_campaign(Campaign::new(WEBINAR_PROGRAM, [ada], step)).await?;
    let again = marketo.redeliver(&run.id, 0).await?;
    assert_eq!(again.status, Some(201));
    assert_eq!(service.invocations()[0], service.invocations()[1]);
    let both = async {
        while service.callbacks().len() < 2 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(TEST_TIMEOUT, both).await?;
    assert_eq!(service.callbacks(), [200, 404]);
    assert_eq!(marketo.run(&run.id).unwrap().chunks[0].callbacks_refused, 1);
    Ok(())
}

#[tokio::test]
async fn callback_requires_key_and_token() -> anyhow::Result<()> {
    let (marketo, _service, mut step) = setup(|_| (201, None)).await?;
    step.callback_timeout_seconds = 300.0;
    let ada = marketo.add_person("Ada", "Lovelace", "ada@example.com");
    let id = marketo.start_campaign(Campaign::new(WEBINAR_PROGRAM, [ada], step))?;
    let delivered = async {
        loop {
            let run = marketo.run(&id).unwrap();
            if run.chunks.first().is_some_and(|chunk| !chunk.deliveries.is_empty()) {
                return run;
            }
            tokio::task::yield_now().await;
        }
    };
    let run = tokio::time::timeout(TEST_TIMEOUT, delivered).await?;
    let sent = &run.chunks[0].invocation;
    let text = |name: &str| sent[name].as_str().unwrap().to_owned();
    let good = registers(sent).1.unwrap();
    let post = async |key: &str, token: &str, body: &Value| -> anyhow::Result<u16> {
        let request = reqwest::Client::new().post(text("callbackUrl")).header("x-api-key", key);
        Ok(request.header("x-callback-token", token).json(body).send().await?.status().as_u16())
    };
    let (key, token) = (text("apiCallBackKey"), text("token"));
    assert_eq!(post("wrong", &token, &good).await?, 403);
    assert_eq!(post(&key, "wrong", &good).await?, 404);
    assert_eq!(post(&key, &token, &json!({"munchkinId": "999-XXX-999"})).await?, 405);
    assert_eq!(post(&key, &token, &json!([1])).await?, 405);
    assert_eq!(post(&key, &token, &good).await?, 200);
    let run = tokio::time::timeout(TEST_TIMEOUT, marketo.finished(&id)).await??;
    assert_eq!(run.chunks[0].callbacks_refused, 4);
    assert!(run.outcomes()[&ada].success);
    Ok(())
}

#[tokio::test]
async fn chunk_ends_when_the_service_refuses_or_times_out() -> anyhow::Result<()> {
    let (marketo, _service, step) = setup(|_| (503, None)).await?;
    let ada = marketo.add_person("Ada", "Lovelace", "ada@example.com");
    let run = marketo.run_campaign(Campaign::new(WEBINAR_PROGRAM, [ada], step)).await?;
    assert_eq!(run.chunks[0].state, ChunkState::Refused);
    assert_eq!(run.emails.len(), 1, "the flow goes on");

    let (marketo, _service, mut step) = setup(|_| (201, None)).await?;
    step.callback_timeout_seconds = 0.05;
    let ada = marketo.add_person("Ada", "Lovelace", "ada@example.com");
    let run = marketo.run_campaign(Campaign::new(WEBINAR_PROGRAM, [ada], step)).await?;
    assert_eq!(run.chunks[0].state, ChunkState::TimedOut);
    Ok(())
}

#[tokio::test]
async fn reports_violations_of_the_interface() -> anyhow::Result<()> {
    let (marketo, _service, step) = setup(|invocation| {
        let (_, body) = registers(invocation);
        let mut body = body.unwrap_or_default();
        body["objectData"][0]["activityData"]["mood"] = json!("good");
        body["objectData"][0]["leadData"]["joinUrl"] = json!("x".repeat(3_000));
        (202, Some(body))
    })
    .await?;
    let ada = marketo.add_person("Ada", "Lovelace", "ada@example.com");
    let run = marketo.run_campaign(Campaign::new(WEBINAR_PROGRAM, [ada], step)).await?;
    let violations = run.violations().join("\n");
    assert!(violations.contains("answered 202, not 201"), "{violations}");
    assert!(violations.contains("attribute 'mood' is not in the service definition"), "{violations}");
    assert!(violations.contains("Marketo cuts to 2000"), "{violations}");
    Ok(())
}

#[tokio::test]
async fn campaign_runs_over_http() -> anyhow::Result<()> {
    let (marketo, service, _) = setup(registers).await?;
    let ada = marketo.add_person("Ada", "Lovelace", "ada@example.com");
    let http = reqwest::Client::new();
    let campaigns = format!("{}/_control/campaigns", marketo.url());
    let body = json!({
        "program_id": WEBINAR_PROGRAM, "lead_ids": [ada], "flow_step": {"base_url": service.url, "api_key": KEY},
    });
    let started: Value = http.post(&campaigns).json(&body).send().await?.json().await?;
    let id = serde_json::from_value(started["id"].clone())?;
    tokio::time::timeout(TEST_TIMEOUT, marketo.finished(&id)).await??;
    let run: Value = http.get(format!("{campaigns}/{id}")).send().await?.json().await?;
    assert_eq!(run["state"], "finished");
    assert_eq!(run["chunks"][0]["state"], "called-back");
    let no_member = json!({"program_id": WEBINAR_PROGRAM, "lead_ids": [1]});
    assert_eq!(http.post(&campaigns).json(&no_member).send().await?.status(), 422);
    Ok(())
}
