//! The answer to a renewal is lost. If Zoom had rotated the refresh token, only a sign-in helps: until then all work
//! waits, and nothing else suffers.

use super::{TOKEN_PATH, assert_active, assert_needs_sign_in, assert_read, granted, read_from_zoom, renewals, service};
use crate::harness::{App, Scene, email, until};
use fakes::marketo::campaign::{ChunkState, Run, RunId};
use fakes::marketo::world::{NewProgram, WEBINAR_CHANNEL, WEBINAR_PROGRAM};
use fakes::stage::Admin;
use fakes::support::{DropWhen, Effect, Fault};
use fakes::zoom::{Account, NewUser, NewWebinar, Plan, SignIn};
use serde_json::Value;

const LEADS: usize = 40;

/// A program of the account that all is well with.
const OTHER_PROGRAM: i64 = 1_003;

/// Another account, with its admin signed in and a program connected to her webinar.
async fn add_second_account(scene: &Scene) -> String {
    let (zoom, marketo) = (&scene.app.stage.zoom, &scene.app.stage.marketo);
    zoom.put_account(Account { id: "acc_2".into(), plan: Plan::default() });
    let berta = "berta@example.net";
    zoom.add_user(NewUser { account: "acc_2".into(), admin: true, ..NewUser::named(berta) }).unwrap();
    let webinar = zoom.add_webinar(NewWebinar { host: berta.into(), ..NewWebinar::default() }).unwrap();
    let as_user = |user: &str| SignIn { user: user.to_owned(), decision: fakes::zoom::Decision::Allow, scopes: None };
    zoom.set_sign_in(as_user(berta)).unwrap();
    let service = scene.admin.sign_in("Other Webinars").await.unwrap();
    zoom.set_sign_in(as_user(fakes::zoom::ADMIN)).unwrap();
    let program = NewProgram {
        id: Some(OTHER_PROGRAM),
        name: "Another webinar".into(),
        kind: "Event with Webinar".into(),
        channel: WEBINAR_CHANNEL.into(),
    };
    marketo.arrange(|world| world.add_program(program, marketo.clock().now()));
    scene.admin.connect(OTHER_PROGRAM, &service, webinar.id).await.unwrap().ok().unwrap();
    service
}

/// Starts the usual campaign and waits until the application has the chunk.
async fn start_campaign(scene: &Scene) -> RunId {
    let leads = scene.add_leads(LEADS);
    let mut campaign = scene.campaign(&leads);
    campaign.flow_step.as_mut().unwrap().callback_timeout_seconds = 600.0;
    let marketo = &scene.app.stage.marketo;
    let run = marketo.start_campaign(campaign).unwrap();
    let chunk = |run: Run| run.chunks.first().and_then(|chunk| chunk.deliveries.first()?.status);
    let status = until("the chunk's delivery", || async { chunk(marketo.run(&run)?) }).await;
    assert_eq!(status, 201);
    run
}

/// Ticks until a run is over.
async fn tick_to_the_end(scene: &Scene, run: &RunId) -> Run {
    let marketo = &scene.app.stage.marketo;
    let called_back = |run: Run| (run.chunks[0].state == ChunkState::CalledBack).then_some(());
    until("the callback", || async {
        tick(&scene.admin).await;
        called_back(marketo.run(run)?)
    })
    .await;
    marketo.finished(run).await.unwrap()
}

async fn tick(admin: &Admin) -> Value {
    admin.tick().await.unwrap().ok().unwrap()
}

/// How many chunks are stored.
fn chunks_stored(app: &App) -> usize {
    let is_chunk = |key: &&String| key.starts_with("outbox:") && key.matches(':').count() == 1;
    app.stored().keys().filter(is_chunk).count()
}

/// Fails unless every lead was added once, has its link in Marketo, and was reported once.
async fn assert_all_registered_once(scene: &Scene, run: &Run) {
    let marketo = &scene.app.stage.marketo;
    assert_eq!(run.outcomes().len(), LEADS);
    assert!(run.outcomes().values().all(|outcome| outcome.success), "{:#?}", run.outcomes());
    for (index, lead) in run.campaign.lead_ids.iter().enumerate() {
        assert_eq!(scene.add_calls(&email(index + 1)), 1, "lead {}", index + 1);
        let member = marketo.member(WEBINAR_PROGRAM, *lead).unwrap();
        assert!(member.text("webinarUrl").contains("tk="), "{member:?}");
    }
    assert_eq!(scene.app.stage.zoom.webinar(scene.webinar).unwrap().registrants.len(), LEADS);
    assert_eq!(marketo.log().count("POST", "/callback/**"), 1);
    until("an empty outbox", || async {
        (tick(&scene.admin).await["outbox"] == 0 && chunks_stored(&scene.app) == 0).then_some(())
    })
    .await;
}

fn lose_next_renewal(scene: &Scene, drop: DropWhen) {
    scene.app.stage.zoom.faults().add(Fault::once("POST", TOKEN_PATH, Effect::Drop { drop }));
    scene.app.stage.zoom.expire_access_tokens();
}

#[tokio::test]
async fn lost_after_zoom_rotated_needs_a_sign_in_which_drains_the_queue() {
    let scene = Scene::set(App::start().await).await;
    let other = add_second_account(&scene).await;
    let admin = &scene.admin;
    lose_next_renewal(&scene, DropWhen::After);
    let answer = read_from_zoom(admin, WEBINAR_PROGRAM).await;
    assert_eq!((answer.status, answer.code()), (503, "ZOOM_UNAVAILABLE"), "{answer:?}");
    assert!(scene.app.stage.zoom.faults().pending().is_empty());

    // The old refresh token gets one more try, which Zoom refuses.
    assert_needs_sign_in(admin, WEBINAR_PROGRAM, &scene.service).await;
    let sent: Vec<_> = renewals(&scene.app.stage.zoom).into_iter().map(|entry| entry.status).collect();
    assert_eq!(sent, [None, Some(400)]);
    let broken = service(admin, &scene.service).await;
    assert_eq!(broken["state"], "needs-sign-in", "{broken}");
    assert_eq!(broken["problem"]["code"], "SERVICE_NEEDS_SIGN_IN", "{broken}");

    // A campaign that starts now waits.
    let run = start_campaign(&scene).await;
    for _ in 0..3 {
        tick(admin).await;
    }
    assert_eq!(chunks_stored(&scene.app), 1);
    let waiting = scene.app.stage.marketo.run(&run).unwrap();
    assert_eq!(waiting.chunks[0].state, ChunkState::Waiting);
    assert_eq!(waiting.chunks[0].callbacks_refused, 0);
    assert_eq!(scene.app.stage.zoom.log().count("POST", &scene.registrants_path()), 0);

    // Nothing else is broken.
    assert_read(&read_from_zoom(admin, OTHER_PROGRAM).await, "the other account's program");
    assert_active(admin, &other).await;
    for (path, list) in [
        ("/oauth/services", "services"),
        ("/catalog/programs", "programs"),
        ("/registration/failures", "failures"),
        (&format!("/catalog/webinars?service={other}"), "webinars"),
    ] {
        let answer = admin.get(path).await.unwrap().ok().unwrap();
        assert!(answer[list].is_array(), "{path}: {answer}");
    }
    assert_eq!(admin.get("/").await.unwrap().status, 200);

    // Signing in again, under the same name, is all it takes.
    assert_eq!(admin.sign_in("Acme Webinars").await.unwrap(), scene.service);
    let run = tick_to_the_end(&scene, &run).await;
    assert_all_registered_once(&scene, &run).await;
    assert_active(admin, &scene.service).await;
    scene.app.assert_no_trap();
    scene.app.assert_nothing_personal();
}

#[tokio::test]
async fn lost_before_zoom_rotated_breaks_nothing() {
    let scene = Scene::set(App::start().await).await;
    lose_next_renewal(&scene, DropWhen::Before);
    let run = start_campaign(&scene).await;
    let run = tick_to_the_end(&scene, &run).await;
    assert!(scene.app.stage.zoom.faults().pending().is_empty());
    assert_eq!(granted(&scene.app.stage.zoom), 1);
    assert_all_registered_once(&scene, &run).await;
    assert_active(&scene.admin, &scene.service).await;
    scene.app.assert_no_trap();
    scene.app.assert_nothing_personal();
}
