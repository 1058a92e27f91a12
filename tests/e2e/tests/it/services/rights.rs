//! R2: what the person who signed in may no longer do becomes a problem of the service with a sentence of its own. What
//! is waiting stays queued, and goes on by itself once the right is back.

use super::{at_the_browser, service};
use crate::harness::{App, Scene, email, until};
use fakes::marketo::campaign::{RunId, RunState};
use fakes::marketo::world::WEBINAR_PROGRAM;
use fakes::stage::MARKETO_API_KEY;
use fakes::zoom::{
    ACCOUNT, ADMIN, Attendance, DisabledBy, HeldSession, NewUser, Person, REPORT_SCOPES, SCOPES, UserChange,
};
use serde_json::{Value, json};

const LEADS: usize = 5;

/// All scopes but one.
fn all_but(missing: &str) -> Vec<String> {
    SCOPES.iter().chain(&REPORT_SCOPES).filter(|scope| **scope != missing).map(ToString::to_string).collect()
}

/// The scene's service, as the console lists it.
async fn listed(scene: &Scene) -> Value {
    service(&scene.admin, &scene.service).await
}

/// Starts a campaign that cannot go on, and waits until the service says why. Returns the run and the problem's detail.
async fn start_in_vain(scene: &Scene, leads: &[i64], state: &str, code: &str) -> (RunId, String) {
    let run = scene.app.stage.marketo.start_campaign(scene.campaign(leads)).unwrap();
    let listed = until("the service's problem", || async {
        let listed = listed(scene).await;
        (!listed["problem"].is_null()).then_some(listed)
    })
    .await;
    assert_eq!((&listed["state"], &listed["problem"]["code"]), (&json!(state), &json!(code)), "{listed}");
    let detail = listed["problem"]["detail"].as_str().unwrap();
    assert!(!detail.contains("  "), "a sentence with a hole in it: {detail}");
    (run, detail.to_owned())
}

/// Everybody of a run waits: a tick does not help, nobody failed, nobody was pushed, and no add call was spent (R12).
async fn assert_queued(scene: &Scene, run: &RunId, leads: &[i64], code: &str) {
    let tick = scene.admin.tick().await.unwrap().ok().unwrap();
    assert_eq!(tick["outbox"], 1, "{tick}");
    assert_eq!(listed(scene).await["problem"]["code"], code, "still so after the tick");
    let (marketo, zoom) = (&scene.app.stage.marketo, &scene.app.stage.zoom);
    let run = marketo.run(run).unwrap();
    assert!(run.state == RunState::Running && run.outcomes().is_empty(), "{:#?}", run.outcomes());
    for &lead in leads {
        assert_eq!(marketo.member(WEBINAR_PROGRAM, lead).unwrap().status_name, "Registered");
    }
    assert_eq!(zoom.webinar(scene.webinar).unwrap().registrants.len(), 0);
    assert_eq!(zoom.log().count("POST", &scene.registrants_path()), 0, "no add call in vain");
    let failures = scene.admin.get("/registration/failures").await.unwrap().ok().unwrap();
    assert_eq!(failures["failures"], json!([]));

    let person = json!({
        "program_id": WEBINAR_PROGRAM, "lead_id": leads[0], "email": email(1), "first_name": "First1",
        "last_name": "Last1", "status": "Registered",
    });
    let url = format!("{}/registration/webhook", scene.app.url());
    let webhook = marketo.call_webhook(&url, MARKETO_API_KEY, &person).await;
    assert_eq!((webhook.status, &webhook.body["code"]), (Some(503), &json!(code)), "Marketo may call again");
}

/// All goes on by itself: ticks drain the queue, and the service has no problem any more.
async fn assert_goes_on(scene: &Scene, run: &RunId) {
    assert_drains(scene, run).await;
    let listed = listed(scene).await;
    assert_eq!((&listed["state"], &listed["problem"]), (&json!("active"), &Value::Null), "{listed}");
    assert_eq!(scene.program().await["problem"], Value::Null);
}

/// Ticks drain the queue: everybody is registered, with one add call each.
async fn assert_drains(scene: &Scene, run: &RunId) {
    until("an empty outbox", || async {
        (scene.admin.tick().await.unwrap().ok().unwrap()["outbox"] == 0).then_some(())
    })
    .await;
    let run = scene.app.stage.marketo.finished(run).await.unwrap();
    assert_eq!(run.outcomes().len(), LEADS);
    assert!(run.outcomes().values().all(|outcome| outcome.success), "{:#?}", run.outcomes());
    assert_eq!(scene.app.stage.zoom.webinar(scene.webinar).unwrap().registrants.len(), LEADS);
    for n in 1..=LEADS {
        assert_eq!(scene.add_calls(&email(n)), 1, "lead {n}");
    }
    scene.app.assert_no_trap();
    scene.app.assert_nothing_personal();
}

#[tokio::test]
async fn r2_a_grant_that_zoom_revoked_needs_a_sign_in_and_then_all_goes_on() {
    let scene = Scene::set(App::start().await).await;
    let leads = scene.add_leads(LEADS);
    scene.app.stage.zoom.revoke_authorizations(ACCOUNT);
    let (run, detail) = start_in_vain(&scene, &leads, "needs-sign-in", "SERVICE_NEEDS_SIGN_IN").await;
    assert!(detail.contains("sign in again"), "{detail}");
    assert_queued(&scene, &run, &leads, "SERVICE_NEEDS_SIGN_IN").await;
    assert_eq!(scene.program().await["problem"]["code"], "SERVICE_NEEDS_SIGN_IN");
    let list = scene.admin.get(&format!("/catalog/webinars?service={}", scene.service)).await.unwrap();
    assert_eq!(list.code(), "SERVICE_NEEDS_SIGN_IN");
    assert_eq!(scene.admin.sign_in("Acme Webinars").await.unwrap(), scene.service);
    assert_goes_on(&scene, &run).await;
}

#[tokio::test]
async fn r2_attendance_waits_for_the_sign_in_too() {
    let scene = Scene::set(App::start().await).await;
    let (zoom, marketo) = (&scene.app.stage.zoom, &scene.app.stage.marketo);
    let leads = scene.add_leads(LEADS);
    scene.run_campaign(&leads).await;
    zoom.revoke_authorizations(ACCOUNT);
    let attendance = vec![Attendance::throughout(Person::Registrant(email(1)))];
    zoom.hold_webinar(scene.webinar, HeldSession { attendance, ..HeldSession::default() }).await.unwrap();
    let path = format!("/attendance/programs/{WEBINAR_PROGRAM}");
    let report = until("the attendance's problem", || async {
        let report = scene.admin.get(&path).await.unwrap().ok().unwrap();
        (!report["problem"].is_null()).then_some(report)
    })
    .await;
    assert_eq!((&report["phase"], &report["problem"]["code"]), (&json!("due"), &json!("SERVICE_NEEDS_SIGN_IN")));
    let statuses = || leads.iter().map(|&lead| marketo.member(WEBINAR_PROGRAM, lead).unwrap().status_name);
    assert!(statuses().all(|status| status == "Registered"), "nobody is No Show for want of a sign-in");

    scene.admin.sign_in("Acme Webinars").await.unwrap();
    // By itself it looks again within 15 minutes; the button does not wait for that.
    let report = scene.admin.post(&format!("{path}/sync"), &json!({})).await.unwrap().ok().unwrap();
    assert_eq!((&report["attended"], &report["no_show"], &report["problem"]), (&json!(1), &json!(4), &Value::Null));
    assert_eq!(statuses().filter(|status| status == "No Show").count(), 4);
}

#[tokio::test]
async fn r2_a_lost_admin_role_is_said_and_given_back_is_enough() {
    let scene = Scene::set(App::start().await).await;
    let leads = scene.add_leads(LEADS);
    let zoom = &scene.app.stage.zoom;
    zoom.change_user(ADMIN, UserChange { admin: Some(false), ..UserChange::default() }).unwrap();
    let (run, detail) = start_in_vain(&scene, &leads, "active", "SERVICE_LACKS_PERMISSION").await;
    assert!(detail.contains("role"), "{detail}");
    assert_queued(&scene, &run, &leads, "SERVICE_LACKS_PERMISSION").await;
    zoom.change_user(ADMIN, UserChange { admin: Some(true), ..UserChange::default() }).unwrap();
    assert_goes_on(&scene, &run).await;
}

#[tokio::test]
async fn r2_another_admin_may_take_over_from_one_who_lost_the_role() {
    let scene = Scene::set(App::start().await).await;
    let leads = scene.add_leads(LEADS);
    let zoom = &scene.app.stage.zoom;
    zoom.change_user(ADMIN, UserChange { admin: Some(false), ..UserChange::default() }).unwrap();
    let (run, _) = start_in_vain(&scene, &leads, "active", "SERVICE_LACKS_PERMISSION").await;
    zoom.add_user(NewUser { admin: true, ..NewUser::named("carol@example.com") }).unwrap();
    at_the_browser(&scene.app.stage, "carol@example.com");
    assert_eq!(scene.admin.sign_in("Acme Webinars").await.unwrap(), scene.service, "the name renews the service");
    // The webinar is still Alice's, who is now one of the enabled users.
    let users = json!({ "users": [ADMIN] });
    scene.admin.put(&format!("/oauth/services/{}/users", scene.service), &users).await.unwrap().ok().unwrap();
    assert_goes_on(&scene, &run).await;
}

#[tokio::test]
async fn r2_a_scope_that_is_gone_is_named_at_once() {
    let scene = Scene::set(App::start().await).await;
    let leads = scene.add_leads(LEADS);
    let (zoom, lost) = (&scene.app.stage.zoom, "webinar:read:list_registration_questions:admin");
    zoom.change_scopes(ADMIN, &all_but(lost)).unwrap();
    let (run, detail) = start_in_vain(&scene, &leads, "active", "SERVICE_LACKS_PERMISSION").await;
    assert!(detail.contains(lost), "{detail}");
    assert_queued(&scene, &run, &leads, "SERVICE_LACKS_PERMISSION").await;
    zoom.change_scopes(ADMIN, &all_but("")).unwrap();
    assert_drains(&scene, &run).await;
    // The next renewal takes the problem off, within 5 minutes; a sign-in does not wait for that.
    scene.admin.sign_in("Acme Webinars").await.unwrap();
    assert_eq!(listed(&scene).await["problem"], Value::Null);
}

#[tokio::test]
async fn r2_a_scope_that_a_renewal_does_not_bring_is_named_and_a_sign_in_brings_it() {
    let scene = Scene::set(App::start().await).await;
    let leads = scene.add_leads(LEADS);
    let (zoom, lost) = (&scene.app.stage.zoom, "webinar:write:registrant:admin");
    zoom.change_scopes(ADMIN, &all_but(lost)).unwrap();
    zoom.expire_access_tokens();
    let (run, detail) = start_in_vain(&scene, &leads, "active", "SERVICE_LACKS_PERMISSION").await;
    assert!(detail.contains(lost), "{detail}");
    assert_queued(&scene, &run, &leads, "SERVICE_LACKS_PERMISSION").await;
    // Given back, the tick notices within 5 minutes; a sign-in does not wait for that.
    zoom.change_scopes(ADMIN, &all_but("")).unwrap();
    assert_eq!(scene.admin.sign_in("Acme Webinars").await.unwrap(), scene.service);
    assert_goes_on(&scene, &run).await;
}

#[tokio::test]
async fn r2_a_disabled_app_is_said_and_enabled_again_is_enough() {
    for by in [DisabledBy::Zoom, DisabledBy::Admin] {
        let scene = Scene::set(App::start().await).await;
        let leads = scene.add_leads(LEADS);
        let zoom = &scene.app.stage.zoom;
        zoom.disable_app(Some(by));
        zoom.expire_access_tokens();
        let (run, detail) = start_in_vain(&scene, &leads, "active", "SERVICE_LACKS_PERMISSION").await;
        assert!(detail.contains("disabled"), "{detail}");
        assert_queued(&scene, &run, &leads, "SERVICE_LACKS_PERMISSION").await;
        zoom.disable_app(None);
        assert_goes_on(&scene, &run).await;
    }
}
