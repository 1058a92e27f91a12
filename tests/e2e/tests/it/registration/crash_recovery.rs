//! Crashes and lost responses during registrations: each lead ends up registered once.
//!
//! Several chunks share a crash; each waits at another call.

use crate::harness::{App, Fixture, email, wait_for};
use fakes::marketo::campaign::{Campaign, RunId};
use fakes::marketo::subscription::WEBINAR_PROGRAM;
use fakes::support::{DropWhen, Effect, Fault, Log};
use fakes::zoom::NewWebinar;

/// A chunk that waits at a call when the process is killed.
struct WaitingChunk {
    at: &'static str,
    program: i64,
    webinar: u64,
    lead: i64,
    run: RunId,
}

/// The flow step's calls to Zoom and Marketo in order: name, method and path. `{webinar}` and `{program}` are replaced
/// by ids.
const CALLS: [(&str, &str, &str); 4] = [
    ("questions", "GET", "/v2/webinars/{webinar}/registrants/questions"),
    ("add registrant", "POST", "/v2/webinars/{webinar}/registrants"),
    ("members", "POST", "/rest/v1/programs/{program}/members.json"),
    // Only this chunk gets here before the crash.
    ("callback", "POST", "/callback/**"),
];

/// Starts one chunk of one lead per call, and waits until each has reached its call.
async fn wait_at_each_call(fixture: &Fixture, effect: &Effect) -> Vec<WaitingChunk> {
    let (zoom, marketo) = (&fixture.app.env.zoom, &fixture.app.env.marketo);
    let leads = fixture.add_leads(CALLS.len());
    let mut waiting = Vec::new();
    for ((at, method, path), lead) in CALLS.into_iter().zip(leads) {
        let webinar = zoom.add_webinar(NewWebinar { topic: at.to_owned(), ..NewWebinar::default() }).unwrap().id;
        let program = fixture.add_program(at);
        fixture.admin.connect(program, &fixture.service, webinar).await.unwrap().ok().unwrap();
        let path = path.replace("{webinar}", &webinar.to_string()).replace("{program}", &program.to_string());
        let (faults, log): (_, Log) = match path.starts_with("/v2/") {
            true => (zoom.faults(), zoom.log().clone()),
            false => (marketo.faults(), marketo.log().clone()),
        };
        faults.add(Fault::once(method, &path, effect.clone()));
        let before = log.count(method, &path);
        let campaign = Campaign { program_id: program, ..fixture.campaign(&[lead]) };
        let run = marketo.start_campaign(campaign).unwrap();
        wait_for(at, || async { (log.count(method, &path) > before).then_some(()) }).await;
        waiting.push(WaitingChunk { at, program, webinar, lead, run });
    }
    waiting
}

/// Ticks until every chunk was called back, and fails unless each lead is registered once.
async fn assert_all_registered(fixture: &Fixture, waiting: &[WaitingChunk]) {
    let (zoom, marketo) = (&fixture.app.env.zoom, &fixture.app.env.marketo);
    let tick = async || fixture.admin.tick().await.unwrap().ok().unwrap();
    wait_for("all callbacks", || async {
        tick().await;
        waiting.iter().all(|one| marketo.run(&one.run).unwrap().chunks[0].callback.is_some()).then_some(())
    })
    .await;
    wait_for("an empty outbox", || async {
        tick().await;
        (!fixture.app.stored().keys().any(|key| key.starts_with("outbox:"))).then_some(())
    })
    .await;
    for (number, WaitingChunk { at, program, webinar, lead, run }) in waiting.iter().enumerate() {
        let run = marketo.finished(run).await.unwrap();
        assert!(run.outcomes()[lead].success, "{at}: {:#?}", run.outcomes());
        assert_eq!(run.violations(), Vec::<&str>::new(), "{at}");
        let registrants = zoom.webinar(*webinar).unwrap().registrants;
        assert_eq!(registrants.len(), 1, "{at}");
        let member = marketo.member(*program, *lead).unwrap();
        assert_eq!(
            (member.text("webinarUrl"), &*member.status_name),
            (&*registrants[0].join_url, "Registered"),
            "{at}"
        );
        let path = format!("/v2/webinars/{webinar}/registrants");
        let adds = zoom.log().matching("POST", &path);
        assert!(adds.iter().all(|call| call.body["email"] == email(number + 1)), "{at}");
        assert!((1..=2).contains(&adds.len()), "{at}: {} add calls", adds.len());
    }
    fixture.app.assert_no_trap();
}

async fn kill_with(effect: Effect) {
    let mut fixture = Fixture::new(App::start().await).await;
    let waiting = wait_at_each_call(&fixture, &effect).await;
    fixture.app.kill().await;
    fixture.app.run().await;
    assert_all_registered(&fixture, &waiting).await;
}

#[tokio::test]
async fn crash_before_each_call_takes_effect_registers_each_lead_once() {
    kill_with(Effect::Hang { hang_ms: 60_000 }).await;
}

#[tokio::test]
async fn crash_while_each_call_still_executes_registers_each_lead_once() {
    kill_with(Effect::Delay { delay_ms: 1_000 }).await;
}

#[tokio::test]
async fn crash_during_a_token_refresh_registers_the_lead_once() {
    let mut fixture = Fixture::new(App::start().await).await;
    let zoom = &fixture.app.env.zoom;
    let lead = fixture.add_leads(1)[0];
    zoom.expire_access_tokens();
    let renewals = zoom.log().count("POST", "/oauth/token");
    zoom.faults().add(Fault::once("POST", "/oauth/token", Effect::Hang { hang_ms: 60_000 }));
    let run = fixture.app.env.marketo.start_campaign(fixture.campaign(&[lead])).unwrap();
    wait_for("the renewal", || async { (zoom.log().count("POST", "/oauth/token") > renewals).then_some(()) }).await;
    fixture.app.kill().await;
    fixture.app.run().await;
    let waiting = [WaitingChunk { at: "token", program: WEBINAR_PROGRAM, webinar: fixture.webinar, lead, run }];
    assert_all_registered(&fixture, &waiting).await;
}

const LEADS: usize = 60;

/// Kills the host after `adds` add calls to Zoom, and starts it again.
async fn kill_after(adds: usize) {
    let mut fixture = Fixture::new(App::start().await).await;
    let path = fixture.registrants_path();
    let leads = fixture.add_leads(LEADS);
    // Slow enough for the crash to fall into the middle of the chunk.
    fixture.app.env.zoom.faults().add(Fault::once("POST", &path, Effect::Delay { delay_ms: 40 }).times(u32::MAX));
    let campaign = fixture.campaign(&leads);
    let run = fixture.app.env.marketo.start_campaign(campaign).unwrap();
    let log = fixture.app.env.zoom.log().clone();
    wait_for("add calls", || async { (log.count("POST", &path) >= adds).then_some(()) }).await;
    fixture.app.kill().await;
    let before = log.count("POST", &path);
    assert!(before < LEADS, "the crash came too late: {before} add calls");

    fixture.app.run().await;
    let tick = fixture.admin.tick().await.unwrap().ok().unwrap();
    assert_eq!(tick["outbox"], 1, "{tick}");

    let run = fixture.app.env.marketo.finished(&run).await.unwrap();
    assert!(run.outcomes().values().all(|outcome| outcome.success), "{:#?}", run.outcomes());
    assert_eq!(run.outcomes().len(), LEADS);
    assert_eq!(fixture.app.env.zoom.webinar(fixture.webinar).unwrap().registrants.len(), LEADS);
    for n in 1..=LEADS {
        // Zoom executes the calls of a crashed worker; they are not sent again (R12).
        assert_eq!(fixture.add_calls(&email(n)), 1, "lead {n}");
    }
    for &lead in &leads {
        let member = fixture.app.env.marketo.member(WEBINAR_PROGRAM, lead).unwrap();
        assert!(member.text("webinarUrl").contains("tk="), "{member:?}");
    }
    fixture.app.assert_no_trap();
}

#[tokio::test]
async fn r12_crash_early_in_a_chunk_costs_no_second_add_call() {
    kill_after(2).await;
}

#[tokio::test]
async fn r12_crash_in_the_middle_of_a_chunk_costs_no_second_add_call() {
    kill_after(30).await;
}

#[tokio::test]
async fn r12_lost_response_costs_no_second_add_call() {
    let fixture = Fixture::new(App::start().await).await;
    let leads = fixture.add_leads(10);
    let path = fixture.registrants_path();
    let lost = Effect::Drop { drop: DropWhen::After };
    fixture.app.env.zoom.faults().add(Fault::once("POST", &path, lost).times(3).after(2));
    let run = fixture.app.env.marketo.run_campaign(fixture.campaign(&leads)).await.unwrap();
    assert!(run.outcomes().values().all(|outcome| outcome.success), "{:#?}", run.outcomes());
    for n in 1..=leads.len() {
        assert_eq!(fixture.add_calls(&email(n)), 1, "lead {n}");
    }
}

#[tokio::test]
async fn r12_chunk_delivered_twice_is_registered_once() {
    let fixture = Fixture::new(App::start().await).await;
    let leads = fixture.add_leads(10);
    let marketo = &fixture.app.env.marketo;
    let run = marketo.run_campaign(fixture.campaign(&leads)).await.unwrap();
    let again = marketo.redeliver(&run.id, 0).await.unwrap();
    assert_eq!(again.status, Some(201));
    // Nothing of the second delivery remains, whether or not the first was already deleted.
    wait_for("an empty outbox", || async {
        (fixture.admin.tick().await.unwrap().ok().unwrap()["outbox"] == 0).then_some(())
    })
    .await;
    for n in 1..=leads.len() {
        assert_eq!(fixture.add_calls(&email(n)), 1, "lead {n}");
    }
}
