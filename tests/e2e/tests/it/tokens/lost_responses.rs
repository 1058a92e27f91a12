//! The response to a token renewal is lost. If Zoom has rotated the refresh token, only a sign-in helps; until then
//! work stays queued, and nothing else is affected.

use super::support::{
    TOKEN_PATH, assert_active, assert_needs_sign_in, assert_read, granted_renewals, read_from_zoom, renewals, service,
};
use crate::harness::{App, Fixture, email, wait_for};
use fakes::env::Admin;
use fakes::marketo::campaign::{ChunkState, Run, RunId};
use fakes::marketo::subscription::{NewProgram, WEBINAR_CHANNEL, WEBINAR_PROGRAM};
use fakes::support::{DropWhen, Effect, Fault};
use fakes::zoom::{Account, NewUser, NewWebinar, Plan, SignIn};
use serde_json::Value;

const LEADS: usize = 40;

/// A program of the unaffected account.
const OTHER_PROGRAM: i64 = 1_003;

/// Adds another account with a signed-in admin and a program connected to her webinar.
async fn add_second_account(fixture: &Fixture) -> String {
    let (zoom, marketo) = (&fixture.app.env.zoom, &fixture.app.env.marketo);
    zoom.put_account(Account { id: "acc_2".into(), plan: Plan::default() });
    let berta = "berta@example.net";
    zoom.add_user(NewUser { account: "acc_2".into(), admin: true, ..NewUser::named(berta) }).unwrap();
    let webinar = zoom.add_webinar(NewWebinar { host: berta.into(), ..NewWebinar::default() }).unwrap();
    let as_user = |user: &str| SignIn { user: user.to_owned(), decision: fakes::zoom::Decision::Allow, scopes: None };
    zoom.set_sign_in(as_user(berta)).unwrap();
    let service = fixture.admin.sign_in("Other Webinars").await.unwrap();
    zoom.set_sign_in(as_user(fakes::zoom::ADMIN)).unwrap();
    let program = NewProgram {
        id: Some(OTHER_PROGRAM),
        name: "Another webinar".into(),
        kind: "Event with Webinar".into(),
        channel: WEBINAR_CHANNEL.into(),
    };
    marketo.arrange(|world| world.add_program(program, marketo.clock().now()));
    fixture.admin.connect(OTHER_PROGRAM, &service, webinar.id).await.unwrap().ok().unwrap();
    service
}

/// Starts the standard campaign and waits until the application has accepted the chunk.
async fn start_campaign(fixture: &Fixture) -> RunId {
    let leads = fixture.add_leads(LEADS);
    let mut campaign = fixture.campaign(&leads);
    campaign.flow_step.as_mut().unwrap().callback_timeout_seconds = 600.0;
    let marketo = &fixture.app.env.marketo;
    let run = marketo.start_campaign(campaign).unwrap();
    let chunk = |run: Run| run.chunks.first().and_then(|chunk| chunk.deliveries.first()?.status);
    let status = wait_for("the chunk's delivery", || async { chunk(marketo.run(&run)?) }).await;
    assert_eq!(status, 201);
    run
}

/// Ticks until a run is complete.
async fn tick_to_the_end(fixture: &Fixture, run: &RunId) -> Run {
    let marketo = &fixture.app.env.marketo;
    let called_back = |run: Run| (run.chunks[0].state == ChunkState::CalledBack).then_some(());
    wait_for("the callback", || async {
        tick(&fixture.admin).await;
        called_back(marketo.run(run)?)
    })
    .await;
    marketo.finished(run).await.unwrap()
}

async fn tick(admin: &Admin) -> Value {
    admin.tick().await.unwrap().ok().unwrap()
}

/// Returns the number of stored chunks.
fn chunks_stored(app: &App) -> usize {
    let is_chunk = |key: &&String| key.starts_with("outbox:") && key.matches(':').count() == 1;
    app.stored().keys().filter(is_chunk).count()
}

/// Fails unless each lead was added once, has its link in Marketo, and was reported once.
async fn assert_all_registered_once(fixture: &Fixture, run: &Run) {
    let marketo = &fixture.app.env.marketo;
    assert_eq!(run.outcomes().len(), LEADS);
    assert!(run.outcomes().values().all(|outcome| outcome.success), "{:#?}", run.outcomes());
    for (index, lead) in run.campaign.lead_ids.iter().enumerate() {
        assert_eq!(fixture.add_calls(&email(index + 1)), 1, "lead {}", index + 1);
        let member = marketo.member(WEBINAR_PROGRAM, *lead).unwrap();
        assert!(member.text("webinarUrl").contains("tk="), "{member:?}");
    }
    assert_eq!(fixture.app.env.zoom.webinar(fixture.webinar).unwrap().registrants.len(), LEADS);
    assert_eq!(marketo.log().count("POST", "/callback/**"), 1);
    wait_for("an empty outbox", || async {
        (tick(&fixture.admin).await["outbox"] == 0 && chunks_stored(&fixture.app) == 0).then_some(())
    })
    .await;
}

fn lose_next_renewal(fixture: &Fixture, drop: DropWhen) {
    fixture.app.env.zoom.faults().add(Fault::once("POST", TOKEN_PATH, Effect::Drop { drop }));
    fixture.app.env.zoom.expire_access_tokens();
}

#[tokio::test]
async fn response_lost_after_rotation_needs_a_sign_in_which_drains_the_queue() {
    let fixture = Fixture::new(App::start().await).await;
    let other = add_second_account(&fixture).await;
    let admin = &fixture.admin;
    lose_next_renewal(&fixture, DropWhen::After);
    let answer = read_from_zoom(admin, WEBINAR_PROGRAM).await;
    assert_eq!((answer.status, answer.code()), (503, "ZOOM_UNAVAILABLE"), "{answer:?}");
    assert!(fixture.app.env.zoom.faults().pending().is_empty());

    // The old refresh token is tried once more, and Zoom refuses it.
    assert_needs_sign_in(admin, WEBINAR_PROGRAM, &fixture.service).await;
    let sent: Vec<_> = renewals(&fixture.app.env.zoom).into_iter().map(|entry| entry.status).collect();
    assert_eq!(sent, [None, Some(400)]);
    let broken = service(admin, &fixture.service).await;
    assert_eq!(broken["state"], "needs-sign-in", "{broken}");
    assert_eq!(broken["problem"]["code"], "SERVICE_NEEDS_SIGN_IN", "{broken}");

    // A campaign that starts now stays queued.
    let run = start_campaign(&fixture).await;
    for _ in 0..3 {
        tick(admin).await;
    }
    assert_eq!(chunks_stored(&fixture.app), 1);
    let waiting = fixture.app.env.marketo.run(&run).unwrap();
    assert_eq!(waiting.chunks[0].state, ChunkState::Waiting);
    assert_eq!(waiting.chunks[0].callbacks_refused, 0);
    assert_eq!(fixture.app.env.zoom.log().count("POST", &fixture.registrants_path()), 0);

    // Nothing else is affected.
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

    // Signing in again under the same name is enough.
    assert_eq!(admin.sign_in("Acme Webinars").await.unwrap(), fixture.service);
    let run = tick_to_the_end(&fixture, &run).await;
    assert_all_registered_once(&fixture, &run).await;
    assert_active(admin, &fixture.service).await;
    fixture.app.assert_no_trap();
    fixture.app.assert_logs_are_clean();
}

#[tokio::test]
async fn request_lost_before_rotation_breaks_nothing() {
    let fixture = Fixture::new(App::start().await).await;
    lose_next_renewal(&fixture, DropWhen::Before);
    let run = start_campaign(&fixture).await;
    let run = tick_to_the_end(&fixture, &run).await;
    assert!(fixture.app.env.zoom.faults().pending().is_empty());
    assert_eq!(granted_renewals(&fixture.app.env.zoom), 1);
    assert_all_registered_once(&fixture, &run).await;
    assert_active(&fixture.admin, &fixture.service).await;
    fixture.app.assert_no_trap();
    fixture.app.assert_logs_are_clean();
}
