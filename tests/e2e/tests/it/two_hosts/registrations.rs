//! Registrations at two hosts: chunks of the flow step, and the webhook.

use super::support::TwoHosts;
use crate::harness::{email, wait_for};
use fakes::env::{Admin, MARKETO_API_KEY};
use fakes::marketo::subscription::WEBINAR_PROGRAM;
use fakes::support::{Effect, Fault};
use futures::future::join_all;
use reqwest::Client;
use serde_json::json;

/// Delivers a chunk to a host.
async fn deliver(url: &str, chunk: &serde_json::Value) {
    let request = Client::new().post(format!("{url}/flow-step/submitAsyncAction")).header("x-api-key", MARKETO_API_KEY);
    assert_eq!(request.json(chunk).send().await.unwrap().status(), 201);
}

/// Fails unless each lead was registered once, with one link in one write.
fn assert_registered_once(hosts: &TwoHosts, leads: &[i64]) {
    let fixture = &hosts.fixture;
    let (zoom, marketo) = (&fixture.app.env.zoom, &fixture.app.env.marketo);
    let registrants = zoom.webinar(fixture.webinar).unwrap().registrants;
    assert_eq!(registrants.len(), leads.len());
    for (&lead, n) in leads.iter().zip(1..) {
        assert_eq!(fixture.add_calls(&email(n)), 1, "add calls of lead {n}");
        let member = marketo.member(WEBINAR_PROGRAM, lead).unwrap();
        let registrant = registrants.iter().find(|registrant| registrant.email == email(n)).unwrap();
        assert_eq!(member.text("webinarUrl"), registrant.join_url, "lead {n}");
        assert_eq!(marketo.status_history(WEBINAR_PROGRAM, lead), ["Registered"], "lead {n}");
    }
    assert!(marketo.violations().is_empty(), "{:?}", marketo.violations());
}

/// Ticks at a host until no chunk is left.
async fn tick_until_empty(hosts: &TwoHosts, admin: &Admin) {
    wait_for("an empty outbox", || async {
        admin.tick().await.unwrap().ok().unwrap();
        (!hosts.fixture.app.stored().keys().any(|key| key.starts_with("outbox:"))).then_some(())
    })
    .await;
}

const CHUNKS: usize = 6;
const LEADS: usize = 10;

#[tokio::test]
async fn r12_chunks_that_both_hosts_get_at_once_are_registered_once() {
    let Some(hosts) = TwoHosts::start().await else { return };
    let marketo = &hosts.fixture.app.env.marketo;
    let leads = hosts.add_registered_leads(CHUNKS * LEADS);
    let mut campaign = hosts.fixture.campaign(&leads);
    campaign.flow_step.as_mut().unwrap().chunk_size = LEADS;
    let run = marketo.prepare_campaign(campaign).unwrap();
    assert_eq!(run.chunks.len(), CHUNKS);
    let deliveries = run.chunks.iter().flat_map(|chunk| hosts.urls().map(|url| deliver(url, &chunk.invocation)));
    join_all(deliveries).await;
    for number in 0..CHUNKS {
        marketo.called_back(&run.id, number).await;
    }
    for admin in hosts.admins() {
        tick_until_empty(&hosts, admin).await;
    }
    let run = marketo.run(&run.id).unwrap();
    assert_eq!(run.chunks.iter().map(|chunk| chunk.callbacks_refused).sum::<usize>(), 0, "refused callbacks");
    assert_eq!(run.violations(), Vec::<&str>::new());
    assert!(run.outcomes().len() == leads.len() && run.outcomes().values().all(|outcome| outcome.success));
    assert_registered_once(&hosts, &leads);
    for &lead in &leads {
        assert_eq!(hosts.member_writes(lead), 1, "writes of lead {lead}");
    }
    hosts.fixture.app.assert_no_trap();
    hosts.fixture.app.assert_logs_are_clean();
}

#[tokio::test]
async fn r12_tick_of_the_other_host_completes_the_chunk_of_a_killed_one() {
    let Some(mut hosts) = TwoHosts::start().await else { return };
    let leads = hosts.add_registered_leads(40);
    let path = hosts.fixture.registrants_path();
    let (zoom, marketo) = (&hosts.fixture.app.env.zoom, &hosts.fixture.app.env.marketo);
    // Slow enough for the crash to fall into the middle of the chunk.
    zoom.faults().add(Fault::always("POST", &path, Effect::Delay { delay_ms: 150 }));
    let run = marketo.prepare_campaign(hosts.fixture.campaign(&leads)).unwrap();
    deliver(hosts.fixture.app.url(), &run.chunks[0].invocation).await;
    let log = zoom.log().clone();
    wait_for("add calls", || async { (log.count("POST", &path) >= 10).then_some(()) }).await;
    hosts.fixture.app.kill().await;
    let before = log.count("POST", &path);
    assert!(before < leads.len(), "the crash came too late: {before} add calls");

    tick_until_empty(&hosts, &hosts.other).await;
    let run = hosts.fixture.app.env.marketo.called_back(&run.id, 0).await;
    assert_eq!((run.chunks[0].callbacks_refused, run.violations()), (0, Vec::new()));
    assert!(run.outcomes().len() == leads.len() && run.outcomes().values().all(|outcome| outcome.success));
    assert_registered_once(&hosts, &leads);
    hosts.fixture.app.assert_no_trap();
}

/// The second of two requests is told to come again, or finds the lead registered.
#[tokio::test]
async fn r12_leads_that_both_hosts_get_by_webhook_at_once_are_registered_once() {
    let Some(hosts) = TwoHosts::start().await else { return };
    let marketo = &hosts.fixture.app.env.marketo;
    let leads = hosts.add_registered_leads(LEADS);
    for (&lead, n) in leads.iter().zip(1..) {
        let payload = json!({
            "program_id": WEBINAR_PROGRAM, "lead_id": lead, "email": email(n), "first_name": "First", "last_name": "Last",
            "status": "Registered",
        });
        let urls = hosts.urls().map(|url| format!("{url}/registration/webhook"));
        let answers = join_all(urls.iter().map(|url| marketo.call_webhook(url, MARKETO_API_KEY, &payload))).await;
        assert!(answers.iter().any(|answer| answer.body["outcome"] == "registered"), "{answers:#?}");
        for answer in answers.iter().filter(|answer| answer.body["outcome"] != "registered") {
            assert_eq!((answer.status, &answer.body["code"]), (Some(503), &json!("BUSY")), "{answer:?}");
        }
    }
    assert_registered_once(&hosts, &leads);
    hosts.fixture.app.assert_no_trap();
}
