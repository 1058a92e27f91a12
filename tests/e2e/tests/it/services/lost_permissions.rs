//! Lost permissions (R2): what the admin who signed in may no longer do becomes a problem of the service with its own
//! message. Work stays queued and resumes when the permission is back.

use super::support::{service, set_sign_in_user};
use crate::harness::{App, Fixture, email, wait_for};
use fakes::env::MARKETO_API_KEY;
use fakes::marketo::campaign::{RunId, RunState};
use fakes::marketo::subscription::WEBINAR_PROGRAM;
use fakes::zoom::{
    ACCOUNT, ADMIN, Attendance, DisabledBy, HeldSession, NewUser, Person, REPORT_SCOPES, SCOPES, UserChange,
};
use serde_json::{Value, json};

const LEADS: usize = 5;

/// Returns all scopes but one.
fn all_but(missing: &str) -> Vec<String> {
    SCOPES.iter().chain(&REPORT_SCOPES).filter(|scope| **scope != missing).map(ToString::to_string).collect()
}

/// Returns the fixture's service as the console lists it.
async fn listed(fixture: &Fixture) -> Value {
    service(&fixture.admin, &fixture.service).await
}

/// Starts a campaign that cannot proceed, and waits until the service reports why. Returns the run and the problem's
/// detail.
async fn start_blocked_campaign(fixture: &Fixture, leads: &[i64], state: &str, code: &str) -> (RunId, String) {
    let run = fixture.app.env.marketo.start_campaign(fixture.campaign(leads)).unwrap();
    let listed = wait_for("the service's problem", || async {
        let listed = listed(fixture).await;
        (!listed["problem"].is_null()).then_some(listed)
    })
    .await;
    assert_eq!((&listed["state"], &listed["problem"]["code"]), (&json!(state), &json!(code)), "{listed}");
    let detail = listed["problem"]["detail"].as_str().unwrap();
    assert!(!detail.contains("  "), "a sentence with a gap: {detail}");
    (run, detail.to_owned())
}

/// Fails unless all leads of a run are queued: the tick has no effect, no lead failed or was registered, and no add
/// call was spent (R12).
async fn assert_queued(fixture: &Fixture, run: &RunId, leads: &[i64], code: &str) {
    let tick = fixture.admin.tick().await.unwrap().ok().unwrap();
    assert_eq!(tick["outbox"], 1, "{tick}");
    assert_eq!(listed(fixture).await["problem"]["code"], code, "after the tick");
    let (marketo, zoom) = (&fixture.app.env.marketo, &fixture.app.env.zoom);
    let run = marketo.run(run).unwrap();
    assert!(run.state == RunState::Running && run.outcomes().is_empty(), "{:#?}", run.outcomes());
    for &lead in leads {
        assert_eq!(marketo.member(WEBINAR_PROGRAM, lead).unwrap().status_name, "Registered");
    }
    assert_eq!(zoom.webinar(fixture.webinar).unwrap().registrants.len(), 0);
    assert_eq!(zoom.log().count("POST", &fixture.registrants_path()), 0, "add calls");
    let failures = fixture.admin.get("/registration/failures").await.unwrap().ok().unwrap();
    assert_eq!(failures["failures"], json!([]));

    let person = json!({
        "program_id": WEBINAR_PROGRAM, "lead_id": leads[0], "email": email(1), "first_name": "First1",
        "last_name": "Last1", "status": "Registered",
    });
    let url = format!("{}/registration/webhook", fixture.app.url());
    let webhook = marketo.call_webhook(&url, MARKETO_API_KEY, &person).await;
    assert_eq!((webhook.status, &webhook.body["code"]), (Some(503), &json!(code)), "Marketo may retry");
}

/// Fails unless work resumes: ticks drain the queue, and the service has no problem.
async fn assert_resumes(fixture: &Fixture, run: &RunId) {
    assert_drains(fixture, run).await;
    let listed = listed(fixture).await;
    assert_eq!((&listed["state"], &listed["problem"]), (&json!("active"), &Value::Null), "{listed}");
    assert_eq!(fixture.program().await["problem"], Value::Null);
}

/// Ticks until the queue is empty, and fails unless each lead is registered with one add call.
async fn assert_drains(fixture: &Fixture, run: &RunId) {
    wait_for("an empty outbox", || async {
        (fixture.admin.tick().await.unwrap().ok().unwrap()["outbox"] == 0).then_some(())
    })
    .await;
    let run = fixture.app.env.marketo.finished(run).await.unwrap();
    assert_eq!(run.outcomes().len(), LEADS);
    assert!(run.outcomes().values().all(|outcome| outcome.success), "{:#?}", run.outcomes());
    assert_eq!(fixture.app.env.zoom.webinar(fixture.webinar).unwrap().registrants.len(), LEADS);
    for n in 1..=LEADS {
        assert_eq!(fixture.add_calls(&email(n)), 1, "lead {n}");
    }
    fixture.app.assert_no_trap();
    fixture.app.assert_logs_are_clean();
}

#[tokio::test]
async fn r2_revoked_grant_needs_a_sign_in_after_which_queued_work_resumes() {
    let fixture = Fixture::new(App::start().await).await;
    let leads = fixture.add_leads(LEADS);
    fixture.app.env.zoom.revoke_authorizations(ACCOUNT);
    let (run, detail) = start_blocked_campaign(&fixture, &leads, "needs-sign-in", "SERVICE_NEEDS_SIGN_IN").await;
    assert!(detail.contains("sign in again"), "{detail}");
    assert_queued(&fixture, &run, &leads, "SERVICE_NEEDS_SIGN_IN").await;
    assert_eq!(fixture.program().await["problem"]["code"], "SERVICE_NEEDS_SIGN_IN");
    let list = fixture.admin.get(&format!("/catalog/webinars?service={}", fixture.service)).await.unwrap();
    assert_eq!(list.code(), "SERVICE_NEEDS_SIGN_IN");
    assert_eq!(fixture.admin.sign_in("Acme Webinars").await.unwrap(), fixture.service);
    assert_resumes(&fixture, &run).await;
}

#[tokio::test]
async fn r2_attendance_waits_for_the_sign_in() {
    let fixture = Fixture::new(App::start().await).await;
    let (zoom, marketo) = (&fixture.app.env.zoom, &fixture.app.env.marketo);
    let leads = fixture.add_leads(LEADS);
    fixture.run_campaign(&leads).await;
    zoom.revoke_authorizations(ACCOUNT);
    let attendance = vec![Attendance::throughout(Person::Registrant(email(1)))];
    zoom.hold_as_planned(fixture.webinar, HeldSession { attendance, ..HeldSession::default() }).await.unwrap();
    let path = format!("/attendance/programs/{WEBINAR_PROGRAM}");
    let report = wait_for("the attendance's problem", || async {
        let report = fixture.admin.get(&path).await.unwrap().ok().unwrap();
        (!report["problem"].is_null()).then_some(report)
    })
    .await;
    assert_eq!((&report["phase"], &report["problem"]["code"]), (&json!("due"), &json!("SERVICE_NEEDS_SIGN_IN")));
    let statuses = || leads.iter().map(|&lead| marketo.member(WEBINAR_PROGRAM, lead).unwrap().status_name);
    assert!(statuses().all(|status| status == "Registered"), "a missing sign-in makes no one No Show");

    fixture.admin.sign_in("Acme Webinars").await.unwrap();
    // The next poll is due within 15 minutes; the button does not wait for it.
    let report = fixture.admin.post(&format!("{path}/sync"), &json!({})).await.unwrap().ok().unwrap();
    assert_eq!((&report["attended"], &report["no_show"], &report["problem"]), (&json!(1), &json!(4), &Value::Null));
    assert_eq!(statuses().filter(|status| status == "No Show").count(), 4);
}

#[tokio::test]
async fn r2_lost_admin_role_is_reported_and_restoring_it_is_enough() {
    let fixture = Fixture::new(App::start().await).await;
    let leads = fixture.add_leads(LEADS);
    let zoom = &fixture.app.env.zoom;
    zoom.change_user(ADMIN, UserChange { admin: Some(false), ..UserChange::default() }).unwrap();
    let (run, detail) = start_blocked_campaign(&fixture, &leads, "active", "SERVICE_LACKS_PERMISSION").await;
    assert!(detail.contains("role"), "{detail}");
    assert_queued(&fixture, &run, &leads, "SERVICE_LACKS_PERMISSION").await;
    zoom.change_user(ADMIN, UserChange { admin: Some(true), ..UserChange::default() }).unwrap();
    assert_resumes(&fixture, &run).await;
}

#[tokio::test]
async fn r2_another_admin_can_take_over_after_the_first_loses_the_role() {
    let fixture = Fixture::new(App::start().await).await;
    let leads = fixture.add_leads(LEADS);
    let zoom = &fixture.app.env.zoom;
    zoom.change_user(ADMIN, UserChange { admin: Some(false), ..UserChange::default() }).unwrap();
    let (run, _) = start_blocked_campaign(&fixture, &leads, "active", "SERVICE_LACKS_PERMISSION").await;
    zoom.add_user(NewUser { admin: true, ..NewUser::named("carol@example.com") }).unwrap();
    set_sign_in_user(&fixture.app.env, "carol@example.com");
    assert_eq!(fixture.admin.sign_in("Acme Webinars").await.unwrap(), fixture.service, "the name renews the service");
    // The webinar is still Alice's, who is now an enabled user.
    let users = json!({ "users": [ADMIN] });
    fixture.admin.put(&format!("/oauth/services/{}/users", fixture.service), &users).await.unwrap().ok().unwrap();
    assert_resumes(&fixture, &run).await;
}

#[tokio::test]
async fn r2_removed_scope_is_named_immediately() {
    let fixture = Fixture::new(App::start().await).await;
    let leads = fixture.add_leads(LEADS);
    let (zoom, lost) = (&fixture.app.env.zoom, "webinar:read:list_registration_questions:admin");
    zoom.change_scopes(ADMIN, &all_but(lost)).unwrap();
    let (run, detail) = start_blocked_campaign(&fixture, &leads, "active", "SERVICE_LACKS_PERMISSION").await;
    assert!(detail.contains(lost), "{detail}");
    assert_queued(&fixture, &run, &leads, "SERVICE_LACKS_PERMISSION").await;
    zoom.change_scopes(ADMIN, &all_but("")).unwrap();
    assert_drains(&fixture, &run).await;
    // The next token renewal clears the problem within 5 minutes; a sign-in does not wait for it.
    fixture.admin.sign_in("Acme Webinars").await.unwrap();
    assert_eq!(listed(&fixture).await["problem"], Value::Null);
}

#[tokio::test]
async fn r2_scope_missing_after_a_token_refresh_is_named_and_a_sign_in_restores_it() {
    let fixture = Fixture::new(App::start().await).await;
    let leads = fixture.add_leads(LEADS);
    let (zoom, lost) = (&fixture.app.env.zoom, "webinar:write:registrant:admin");
    zoom.change_scopes(ADMIN, &all_but(lost)).unwrap();
    zoom.expire_access_tokens();
    let (run, detail) = start_blocked_campaign(&fixture, &leads, "active", "SERVICE_LACKS_PERMISSION").await;
    assert!(detail.contains(lost), "{detail}");
    assert_queued(&fixture, &run, &leads, "SERVICE_LACKS_PERMISSION").await;
    // The tick detects the restored scope within 5 minutes; a sign-in does not wait for it.
    zoom.change_scopes(ADMIN, &all_but("")).unwrap();
    assert_eq!(fixture.admin.sign_in("Acme Webinars").await.unwrap(), fixture.service);
    assert_resumes(&fixture, &run).await;
}

#[tokio::test]
async fn r2_disabled_app_is_reported_and_enabling_it_is_enough() {
    for by in [DisabledBy::Zoom, DisabledBy::Admin] {
        let fixture = Fixture::new(App::start().await).await;
        let leads = fixture.add_leads(LEADS);
        let zoom = &fixture.app.env.zoom;
        zoom.disable_app(Some(by));
        zoom.expire_access_tokens();
        let (run, detail) = start_blocked_campaign(&fixture, &leads, "active", "SERVICE_LACKS_PERMISSION").await;
        assert!(detail.contains("disabled"), "{detail}");
        assert_queued(&fixture, &run, &leads, "SERVICE_LACKS_PERMISSION").await;
        zoom.disable_app(None);
        assert_resumes(&fixture, &run).await;
    }
}
