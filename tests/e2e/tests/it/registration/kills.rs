//! The process is killed around each call that the flow step makes. Several chunks share a kill: each waits at another
//! call.

use crate::harness::{App, Scene, email, until};
use fakes::marketo::campaign::{Campaign, RunId};
use fakes::support::{Effect, Fault, Log};
use fakes::zoom::NewWebinar;

/// A chunk that waits at a call when the process is killed.
struct Waiting {
    at: &'static str,
    program: i64,
    webinar: u64,
    lead: i64,
    run: RunId,
}

/// The calls of a flow step that go to Zoom and Marketo, in its order. The name, method and path; `{webinar}` and
/// `{program}` stand for ids.
const CALLS: [(&str, &str, &str); 4] = [
    ("questions", "GET", "/v2/webinars/{webinar}/registrants/questions"),
    ("add registrant", "POST", "/v2/webinars/{webinar}/registrants"),
    ("members", "POST", "/rest/v1/programs/{program}/members.json"),
    // The others never come so far before the kill.
    ("callback", "POST", "/callback/**"),
];

/// Starts a chunk of one lead for each call, and waits until all of them wait there.
async fn wait_at_each_call(scene: &Scene, effect: &Effect) -> Vec<Waiting> {
    let (zoom, marketo) = (&scene.app.stage.zoom, &scene.app.stage.marketo);
    let leads = scene.add_leads(CALLS.len());
    let mut waiting = Vec::new();
    for ((at, method, path), lead) in CALLS.into_iter().zip(leads) {
        let webinar = zoom.add_webinar(NewWebinar { topic: at.to_owned(), ..NewWebinar::default() }).unwrap().id;
        let program = scene.add_program(at);
        scene.admin.connect(program, &scene.service, webinar).await.unwrap().ok().unwrap();
        let path = path.replace("{webinar}", &webinar.to_string()).replace("{program}", &program.to_string());
        let (faults, log): (_, Log) = match path.starts_with("/v2/") {
            true => (zoom.faults(), zoom.log().clone()),
            false => (marketo.faults(), marketo.log().clone()),
        };
        faults.add(Fault::once(method, &path, effect.clone()));
        let before = log.count(method, &path);
        let campaign = Campaign { program_id: program, ..scene.campaign(&[lead]) };
        let run = marketo.start_campaign(campaign).unwrap();
        until(at, || async { (log.count(method, &path) > before).then_some(()) }).await;
        waiting.push(Waiting { at, program, webinar, lead, run });
    }
    waiting
}

/// Ticks until every chunk was called back, and fails unless each lead is registered once.
async fn assert_all_registered(scene: &Scene, waiting: &[Waiting]) {
    let (zoom, marketo) = (&scene.app.stage.zoom, &scene.app.stage.marketo);
    let tick = async || scene.admin.tick().await.unwrap().ok().unwrap();
    until("all callbacks", || async {
        tick().await;
        waiting.iter().all(|one| marketo.run(&one.run).unwrap().chunks[0].callback.is_some()).then_some(())
    })
    .await;
    until("an empty outbox", || async {
        tick().await;
        (!scene.app.stored().keys().any(|key| key.starts_with("outbox:"))).then_some(())
    })
    .await;
    for (number, Waiting { at, program, webinar, lead, run }) in waiting.iter().enumerate() {
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
    scene.app.assert_no_trap();
}

async fn kill_with(effect: Effect) {
    let mut scene = Scene::set(App::start().await).await;
    let waiting = wait_at_each_call(&scene, &effect).await;
    scene.app.kill().await;
    scene.app.run().await;
    assert_all_registered(&scene, &waiting).await;
}

#[tokio::test]
async fn killed_before_each_call_takes_effect() {
    kill_with(Effect::Hang { hang_ms: 60_000 }).await;
}

#[tokio::test]
async fn killed_while_each_call_is_carried_out_all_the_same() {
    kill_with(Effect::Delay { delay_ms: 1_000 }).await;
}

#[tokio::test]
async fn killed_while_the_token_is_renewed() {
    let mut scene = Scene::set(App::start().await).await;
    let zoom = &scene.app.stage.zoom;
    let lead = scene.add_leads(1)[0];
    zoom.expire_access_tokens();
    let renewals = zoom.log().count("POST", "/oauth/token");
    zoom.faults().add(Fault::once("POST", "/oauth/token", Effect::Hang { hang_ms: 60_000 }));
    let run = scene.app.stage.marketo.start_campaign(scene.campaign(&[lead])).unwrap();
    until("the renewal", || async { (zoom.log().count("POST", "/oauth/token") > renewals).then_some(()) }).await;
    scene.app.kill().await;
    scene.app.run().await;
    let program = fakes::marketo::world::WEBINAR_PROGRAM;
    let waiting = [Waiting { at: "token", program, webinar: scene.webinar, lead, run }];
    assert_all_registered(&scene, &waiting).await;
}
