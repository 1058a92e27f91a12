//! Bursts: each lead once, with few writes and few calls.

use crate::harness::{App, Fixture, InstanceStats, email};
use fakes::marketo::campaign::Run;
use fakes::marketo::subscription::WEBINAR_PROGRAM;
use fakes::zoom::Plan;
use std::collections::BTreeMap;

/// Maximum memory of a `registration` instance, in bytes (64 MiB).
const MEMORY_LIMIT: u64 = 64 << 20;

/// Fails unless each lead is in Zoom once, through one add call, and has its link and id in Marketo.
fn assert_all_once(fixture: &Fixture, leads: &[i64]) {
    let webinar = fixture.app.env.zoom.webinar(fixture.webinar).unwrap();
    assert_eq!(webinar.registrants.len(), leads.len());
    let registrants: BTreeMap<_, _> = webinar.registrants.iter().map(|one| (one.email.clone(), one)).collect();
    let mut calls: BTreeMap<String, usize> = BTreeMap::new();
    let all = fixture.app.env.zoom.log().matching("POST", &fixture.registrants_path());
    // Zoom does not execute calls beyond its limit per second.
    let (refused, carried_out): (Vec<_>, Vec<_>) = all.into_iter().partition(|call| call.status == Some(429));
    println!("{} add calls executed, {} rejected by the limit per second", carried_out.len(), refused.len());
    for call in carried_out {
        *calls.entry(call.body["email"].as_str().unwrap().to_owned()).or_default() += 1;
    }
    for (index, &lead) in leads.iter().enumerate() {
        let address = email(index + 1);
        assert_eq!(calls.get(&address), Some(&1), "{address}");
        let member = fixture.app.env.marketo.member(WEBINAR_PROGRAM, lead).unwrap();
        assert_eq!(member.text("webinarUrl"), registrants[&address].join_url);
        assert_eq!(member.text("registrationCode"), registrants[&address].id);
    }
}

fn assert_called_back(run: &Run, leads: &[i64]) {
    assert_eq!(run.violations(), Vec::<&str>::new());
    let outcomes = run.outcomes();
    assert_eq!(outcomes.len(), leads.len());
    assert!(outcomes.values().all(|outcome| outcome.success), "{outcomes:#?}");
}

/// Checks the key-value writes of `registration`: at least one per lead and chunk, and few more.
async fn assert_few_writes(fixture: &Fixture, run: &Run, leads: usize, chunks: usize) {
    let written = |ended: &[InstanceStats]| ended.iter().map(|one| one.key_value_sets).sum::<u64>();
    let all = fixture
        .app
        .wait_for_instances("registration", |ended| written(ended) >= (leads + run.chunks.len()) as u64)
        .await;
    let Some(ended) = all else { return };
    let sets: u64 = ended.iter().map(|ended| ended.key_value_sets).sum();
    let deletes: u64 = ended.iter().map(|ended| ended.key_value_deletes).sum();
    let peak = ended.iter().map(|ended| ended.peak_memory).max().unwrap();
    let most = leads + 3 * chunks;
    println!("{leads} leads in {chunks} chunks of 64 kB: {sets} values written of at most {most}, {deletes} deleted");
    println!("peak memory of registration: {peak} of {MEMORY_LIMIT} bytes");
    assert!((leads as u64..=most as u64).contains(&sets), "{sets}");
    assert!((100_000..MEMORY_LIMIT).contains(&peak), "{ended:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_chunk_of_1000_leads_registers_each_once_with_few_writes() {
    let fixture = Fixture::new(App::start().await).await;
    let leads = fixture.add_leads(1_000);
    let mut campaign = fixture.campaign(&leads);
    campaign.flow_step.as_mut().unwrap().chunk_size = 1_000;
    let run = fixture.app.env.marketo.run_campaign(campaign).await.unwrap();
    assert_called_back(&run, &leads);
    assert_all_once(&fixture, &leads);
    let sent = serde_json::to_vec(&run.chunks[0].invocation).unwrap().len();
    assert_few_writes(&fixture, &run, leads.len(), sent.div_ceil(64_000)).await;
    fixture.app.assert_no_trap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_concurrent_chunks_register_each_lead_once_with_few_writes() {
    // The limits of Zoom and Marketo would delay 200 chunks by minutes, and this test is about writes.
    let zoom = fakes::zoom::Options { plan: Plan::Unlimited, ..fakes::zoom::Options::default() };
    let usual = fakes::marketo::Options::default();
    let marketo = fakes::marketo::Options { rate_limit: 10_000, concurrency_limit: 1_000, ..usual };
    let fixture = Fixture::new(App::start_with(zoom, marketo).await).await;
    let leads = fixture.add_leads(1_000);
    let mut campaign = fixture.campaign(&leads);
    let flow_step = campaign.flow_step.as_mut().unwrap();
    (flow_step.chunk_size, flow_step.chunks_at_once) = (5, 200);
    let run = fixture.app.env.marketo.run_campaign(campaign).await.unwrap();
    assert_called_back(&run, &leads);
    assert_all_once(&fixture, &leads);
    assert_few_writes(&fixture, &run, leads.len(), 200).await;
    fixture.app.assert_no_trap();
}

#[tokio::test]
async fn three_hundred_leads_cost_one_members_call_and_one_callback() {
    let fixture = Fixture::new(App::start().await).await;
    let leads = fixture.add_leads(300);
    let marketo = &fixture.app.env.marketo;
    let mut campaign = fixture.campaign(&leads);
    campaign.flow_step.as_mut().unwrap().chunk_size = 300;
    let run = marketo.run_campaign(campaign).await.unwrap();
    assert_called_back(&run, &leads);
    assert_all_once(&fixture, &leads);
    let path = format!("/rest/v1/programs/{WEBINAR_PROGRAM}/members.json");
    assert_eq!(marketo.log().count("POST", &path), 1);
    assert_eq!((run.chunks.len(), run.chunks[0].callbacks_refused), (1, 0));
    assert!(run.chunks[0].callback.is_some());
}
