//! Bursts: everybody once, with few writes and few calls.

use crate::harness::{App, Ended, Scene, email};
use fakes::marketo::campaign::Run;
use fakes::marketo::world::WEBINAR_PROGRAM;
use fakes::zoom::Plan;
use std::collections::BTreeMap;

/// What an instance of `registration` may use, in bytes: 64 MiB.
const MEMORY_LIMIT: u64 = 64 << 20;

/// Fails unless each lead is in Zoom once, by one add call, and has its link and id in Marketo.
fn assert_all_once(scene: &Scene, leads: &[i64]) {
    let webinar = scene.app.stage.zoom.webinar(scene.webinar).unwrap();
    assert_eq!(webinar.registrants.len(), leads.len());
    let registrants: BTreeMap<_, _> = webinar.registrants.iter().map(|one| (one.email.clone(), one)).collect();
    let mut calls: BTreeMap<String, usize> = BTreeMap::new();
    let all = scene.app.stage.zoom.log().matching("POST", &scene.registrants_path());
    // What Zoom refuses for its limit per second it does not carry out.
    let (refused, carried_out): (Vec<_>, Vec<_>) = all.into_iter().partition(|call| call.status == Some(429));
    println!("{} add calls, {} more over the limit per second", carried_out.len(), refused.len());
    for call in carried_out {
        *calls.entry(call.body["email"].as_str().unwrap().to_owned()).or_default() += 1;
    }
    for (index, &lead) in leads.iter().enumerate() {
        let address = email(index + 1);
        assert_eq!(calls.get(&address), Some(&1), "{address}");
        let member = scene.app.stage.marketo.member(WEBINAR_PROGRAM, lead).unwrap();
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

/// The writes of the instances of `registration`: at least one for each lead and chunk, and not many more.
async fn assert_few_writes(scene: &Scene, run: &Run, leads: usize, chunks: usize) {
    let written = |ended: &[Ended]| ended.iter().map(|one| one.key_value_sets).sum::<u64>();
    let all = scene.app.ended_when("registration", |ended| written(ended) >= (leads + run.chunks.len()) as u64).await;
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
async fn a_thousand_leads_in_one_chunk() {
    let scene = Scene::set(App::start().await).await;
    let leads = scene.add_leads(1_000);
    let mut campaign = scene.campaign(&leads);
    campaign.flow_step.as_mut().unwrap().chunk_size = 1_000;
    let run = scene.app.stage.marketo.run_campaign(campaign).await.unwrap();
    assert_called_back(&run, &leads);
    assert_all_once(&scene, &leads);
    let sent = serde_json::to_vec(&run.chunks[0].invocation).unwrap().len();
    assert_few_writes(&scene, &run, leads.len(), sent.div_ceil(64_000)).await;
    scene.app.assert_no_trap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_chunks_of_five_at_once() {
    // Without the limits of Zoom and Marketo, which 200 chunks would wait for minutes: this is about writes.
    let zoom = fakes::zoom::Options { plan: Plan::Unlimited, ..fakes::zoom::Options::default() };
    let usual = fakes::marketo::Options::default();
    let marketo = fakes::marketo::Options { rate_limit: 10_000, concurrency_limit: 1_000, ..usual };
    let scene = Scene::set(App::start_with(zoom, marketo).await).await;
    let leads = scene.add_leads(1_000);
    let mut campaign = scene.campaign(&leads);
    let flow_step = campaign.flow_step.as_mut().unwrap();
    (flow_step.chunk_size, flow_step.chunks_at_once) = (5, 200);
    let run = scene.app.stage.marketo.run_campaign(campaign).await.unwrap();
    assert_called_back(&run, &leads);
    assert_all_once(&scene, &leads);
    assert_few_writes(&scene, &run, leads.len(), 200).await;
    scene.app.assert_no_trap();
}

#[tokio::test]
async fn three_hundred_leads_cost_one_members_call_and_one_callback() {
    let scene = Scene::set(App::start().await).await;
    let leads = scene.add_leads(300);
    let marketo = &scene.app.stage.marketo;
    let mut campaign = scene.campaign(&leads);
    campaign.flow_step.as_mut().unwrap().chunk_size = 300;
    let run = marketo.run_campaign(campaign).await.unwrap();
    assert_called_back(&run, &leads);
    assert_all_once(&scene, &leads);
    let path = format!("/rest/v1/programs/{WEBINAR_PROGRAM}/members.json");
    assert_eq!(marketo.log().count("POST", &path), 1);
    assert_eq!((run.chunks.len(), run.chunks[0].callbacks_refused), (1, 0));
    assert!(run.chunks[0].callback.is_some());
}
