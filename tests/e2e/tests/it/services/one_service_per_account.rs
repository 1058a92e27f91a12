//! One live service per Zoom account (R1): signing the account in under another name supersedes the earlier service;
//! signing in again under the same name renews it. Deleting a service revokes its grant at Zoom.

use super::support::{
    OTHER_ACCOUNT, OTHER_ADMIN, add_other_account, add_webinar, offered, service, services, set_sign_in_user,
};
use crate::harness::{App, Fixture, email};
use fakes::env::MARKETO_API_KEY;
use fakes::marketo::subscription::WEBINAR_PROGRAM;
use fakes::support::{Effect, Fault};
use fakes::zoom::{ADMIN, NewUser};
use serde_json::{Value, json};

/// Fails unless every admin request that uses a service, or a program connected through it, reports a code, and neither
/// the flow step nor the webhook registers a lead.
async fn assert_unusable(fixture: &Fixture, service: &str, code: &str, leads: &[i64]) {
    let Fixture { admin, webinar, .. } = fixture;
    let program = format!("/catalog/programs/{WEBINAR_PROGRAM}");
    assert_eq!(fixture.program().await["problem"]["code"], code);
    let all = admin.get("/catalog/programs").await.unwrap().ok().unwrap();
    assert_eq!(all["programs"][0]["problem"]["code"], code, "{all}");
    let read = admin.post(&format!("{program}/refresh"), &json!({})).await.unwrap().ok().unwrap();
    assert_eq!(read["problem"]["code"], code, "{read}");
    assert_eq!(admin.connect(WEBINAR_PROGRAM, service, *webinar).await.unwrap().code(), code);
    assert_eq!(admin.get(&format!("/catalog/webinars?service={service}")).await.unwrap().code(), code);
    let users = json!({ "users": [ADMIN] });
    assert_eq!(admin.put(&format!("/oauth/services/{service}/users"), &users).await.unwrap().code(), code);
    let attendance = format!("/attendance/programs/{WEBINAR_PROGRAM}/sync");
    let attendance = admin.post(&attendance, &json!({})).await.unwrap().ok().unwrap();
    assert_eq!(attendance["problem"]["code"], code, "{attendance}");

    let registered = || fixture.app.env.zoom.webinar(*webinar).unwrap().registrants.len();
    let before = (registered(), fixture.app.env.zoom.log().count("POST", &fixture.registrants_path()));
    let run = fixture.run_campaign(leads).await;
    assert_eq!(run.outcomes().len(), leads.len());
    for (lead, outcome) in run.outcomes() {
        assert_eq!((outcome.success, &*outcome.error_code), (false, code), "{outcome:?}");
        let member = fixture.app.env.marketo.member(WEBINAR_PROGRAM, lead).unwrap();
        assert_eq!(member.status_name, "Registration Error");
    }
    let webhook = call_webhook(fixture, leads[0]).await;
    assert_eq!((&webhook["outcome"], &webhook["code"]), (&json!("failed"), &json!(code)), "{webhook}");
    let after = (registered(), fixture.app.env.zoom.log().count("POST", &fixture.registrants_path()));
    assert_eq!(after, before, "no lead was registered");
}

/// Calls the webhook for a lead and returns the response.
async fn call_webhook(fixture: &Fixture, lead: i64) -> Value {
    let person = fixture.app.env.marketo.lead(lead).unwrap();
    let payload = json!({
        "program_id": WEBINAR_PROGRAM, "lead_id": lead, "email": person.text("email"),
        "first_name": person.text("firstName"), "last_name": person.text("lastName"), "status": "Registered",
    });
    let url = format!("{}/registration/webhook", fixture.app.url());
    fixture.app.env.marketo.call_webhook(&url, MARKETO_API_KEY, &payload).await.body
}

/// Retries the failed leads, as the console does.
async fn retry(fixture: &Fixture) -> Value {
    let wanted = json!({ "program_id": WEBINAR_PROGRAM });
    fixture.admin.post("/registration/failures/retry", &wanted).await.unwrap().ok().unwrap()["leads"].clone()
}

/// Zoom's response for a webinar that is full.
fn full(fixture: &Fixture) -> Fault {
    let body = json!({ "code": 3000, "message": "The limit for the number of attendees has been reached." });
    let effect = Effect::Status { status: 400, body, headers: Default::default() };
    Fault::once("POST", &fixture.registrants_path(), effect)
}

/// Fails unless the program has no problem and its leads get their links.
async fn assert_usable(fixture: &Fixture, leads: &[i64]) {
    assert_eq!(fixture.program().await["problem"], Value::Null);
    let run = fixture.run_campaign(leads).await;
    assert_eq!(run.outcomes().len(), leads.len());
    assert!(run.outcomes().values().all(|outcome| outcome.success), "{:#?}", run.outcomes());
}

#[tokio::test]
async fn r1_another_name_supersedes_the_service_and_the_old_name_restores_it() {
    let fixture = Fixture::new(App::start().await).await;
    let (admin, first) = (&fixture.admin, &fixture.service);
    let leads = fixture.add_leads(4);
    assert_usable(&fixture, &leads[..1]).await;
    // One lead fails and is in the console's list.
    let failed = leads[3];
    fixture.app.env.zoom.faults().add(full(&fixture));
    assert_eq!(fixture.run_campaign(&[failed]).await.outcomes()[&failed].error_code, "WEBINAR_FULL");
    let created = service(admin, first).await["created_at"].clone();

    let second = admin.sign_in("Second name").await.unwrap();
    assert_ne!(&second, first);
    let superseded = service(admin, first).await;
    assert_eq!((&superseded["state"], &superseded["name"]), (&json!("superseded"), &json!("Acme Webinars")));
    assert_eq!(superseded["problem"]["code"], "SERVICE_SUPERSEDED");
    assert!(superseded["problem"]["detail"].as_str().unwrap().contains("another service name"), "{superseded}");
    assert_eq!(service(admin, &second).await["state"], "active");
    assert_eq!(offered(admin, &second).await, [fixture.webinar].into());
    assert_unusable(&fixture, first, "SERVICE_SUPERSEDED", &leads[1..3]).await;
    let retried = retry(&fixture).await;
    assert_eq!(
        (retried.as_array().unwrap().len(), &retried[0]["code"]),
        (3, &json!("SERVICE_SUPERSEDED")),
        "{retried}"
    );
    let stored = fixture.app.stored();
    assert!(
        !stored.contains_key(&format!("token:{first}")),
        "tokens of a superseded service are deleted: {:?}",
        stored.keys()
    );

    assert_eq!(&admin.sign_in("Acme Webinars").await.unwrap(), first);
    let renewed = service(admin, first).await;
    assert_eq!((&renewed["state"], &renewed["problem"]), (&json!("active"), &Value::Null));
    assert_eq!(renewed["created_at"], created);
    assert_eq!(service(admin, &second).await["state"], "superseded");
    assert_eq!(services(admin).await.len(), 2);
    assert_usable(&fixture, &leads[1..3]).await;
    assert_eq!(retry(&fixture).await[0]["outcome"], "registered");
    for (n, calls) in [(1, 1), (2, 1), (3, 1), (4, 2)] {
        assert_eq!(fixture.add_calls(&email(n)), calls, "lead {n}");
    }
    fixture.app.assert_no_trap();
}

#[tokio::test]
async fn r1_another_admin_of_the_account_supersedes_although_zoom_still_accepts_the_old_tokens() {
    let fixture = Fixture::new(App::start().await).await;
    let (admin, zoom) = (&fixture.admin, &fixture.app.env.zoom);
    let leads = fixture.add_leads(2);
    // Every component has used the service and may have cached its token.
    assert_usable(&fixture, &leads[..1]).await;
    assert_eq!(offered(admin, &fixture.service).await, [fixture.webinar].into());
    let attendance = format!("/attendance/programs/{WEBINAR_PROGRAM}/sync");
    assert_eq!(admin.post(&attendance, &json!({})).await.unwrap().ok().unwrap()["problem"], Value::Null);

    zoom.add_user(NewUser { admin: true, ..NewUser::named("carol@example.com") }).unwrap();
    set_sign_in_user(&fixture.app.env, "carol@example.com");
    let second = admin.sign_in("Carol's").await.unwrap();
    assert_eq!(service(admin, &second).await["admin_email"], "carol@example.com");
    assert_unusable(&fixture, &fixture.service, "SERVICE_SUPERSEDED", &leads[1..]).await;
}

#[tokio::test]
async fn r1_two_accounts_are_independent() {
    let fixture = Fixture::new(App::start().await).await;
    let (admin, env) = (&fixture.admin, &fixture.app.env);
    let elsewhere = add_other_account(env);
    set_sign_in_user(env, OTHER_ADMIN);
    let other = admin.sign_in("Elsewhere").await.unwrap();
    let listed = service(admin, &other).await;
    assert_eq!((&listed["account_id"], &listed["admin_email"]), (&json!(OTHER_ACCOUNT), &json!(OTHER_ADMIN)));
    assert_eq!(service(admin, &fixture.service).await["state"], "active");
    assert_eq!(offered(admin, &fixture.service).await, [fixture.webinar].into());
    assert_eq!(offered(admin, &other).await, [elsewhere].into());
    let program = fixture.add_program("Another");
    let crossed = admin.connect(program, &other, fixture.webinar).await.unwrap();
    assert_eq!(crossed.code(), "WEBINAR_NOT_FOUND", "{crossed:?}");
    admin.connect(program, &other, elsewhere).await.unwrap().ok().unwrap();

    // The same name in another account is another service.
    let same_name = admin.go_through_sign_in("Acme Webinars").await.unwrap();
    assert_eq!(same_name.status, 303);
    let states: Vec<_> =
        services(admin).await.iter().map(|one| (one["account_id"].clone(), one["state"].clone())).collect();
    let expected = [("acc_1", "active"), (OTHER_ACCOUNT, "superseded"), (OTHER_ACCOUNT, "active")];
    assert_eq!(states, expected.map(|(account, state)| (json!(account), json!(state))));
    assert_usable(&fixture, &fixture.add_leads(1)).await;
    let path = format!("/catalog/programs/{program}");
    let theirs = admin.get(&path).await.unwrap().ok().unwrap();
    assert_eq!(theirs["problem"]["code"], "SERVICE_SUPERSEDED", "{theirs}");
}

/// Returns whether each grant is revoked at Zoom, in order.
fn revoked(fixture: &Fixture) -> Vec<bool> {
    let state = fixture.app.env.zoom.state();
    let grants = state["authorizations"]["grants"].as_array().unwrap();
    grants.iter().map(|grant| grant["revoked"].as_bool().unwrap()).collect()
}

#[tokio::test]
async fn deleting_a_service_revokes_its_grant_and_its_programs_report_it() {
    let fixture = Fixture::new(App::start().await).await;
    let (admin, id) = (&fixture.admin, &fixture.service);
    let leads = fixture.add_leads(2);
    assert_usable(&fixture, &leads[..1]).await;
    assert_eq!(revoked(&fixture), [false]);
    assert_eq!(admin.delete(&format!("/oauth/services/{id}")).await.unwrap().status, 204);
    assert_eq!(revoked(&fixture), [true]);
    assert_eq!(services(admin).await, Vec::<Value>::new());
    assert_unusable(&fixture, id, "SERVICE_NOT_FOUND", &leads[1..]).await;
    let again = admin.delete(&format!("/oauth/services/{id}")).await.unwrap();
    assert_eq!((again.status, again.code()), (404, "SERVICE_NOT_FOUND"));
    let stored = fixture.app.stored();
    let belongs_to_service =
        |key: &&String| key.contains(&**id) || key.starts_with("account:") || key.starts_with("removal:");
    assert_eq!(stored.keys().filter(belongs_to_service).collect::<Vec<_>>(), Vec::<&String>::new());

    // The same account can sign in again as a new service, to which programs have to be connected again.
    let recreated = admin.sign_in("Acme Webinars").await.unwrap();
    assert_ne!(&recreated, id);
    admin.connect(WEBINAR_PROGRAM, &recreated, fixture.webinar).await.unwrap().ok().unwrap();
    assert_usable(&fixture, &leads[1..]).await;
}

#[tokio::test]
async fn tick_revokes_a_service_deleted_during_a_zoom_outage() {
    let fixture = Fixture::new(App::start().await).await;
    let (admin, id) = (&fixture.admin, &fixture.service);
    add_webinar(&fixture.app.env, ADMIN, "Another");
    fixture.app.env.zoom.faults().add(Fault::once("POST", "/oauth/revoke", Effect::status(503)).times(2));
    assert_eq!(admin.delete(&format!("/oauth/services/{id}")).await.unwrap().status, 202);
    assert_eq!(revoked(&fixture), [false]);
    let going = service(admin, id).await;
    assert_eq!((&going["admin_email"], &going["users"]), (&json!(""), &json!([])), "{going}");
    assert!(going["problem"]["detail"].as_str().unwrap().contains("is being deleted"), "{going}");
    let refused = admin.get(&format!("/catalog/webinars?service={id}")).await.unwrap();
    assert!((400..500).contains(&refused.status), "{refused:?}");

    admin.tick().await.unwrap().ok().unwrap();
    assert_eq!((revoked(&fixture), services(admin).await.len()), (vec![false], 1), "Zoom is still down");
    admin.tick().await.unwrap().ok().unwrap();
    assert_eq!((revoked(&fixture), services(admin).await.len()), (vec![true], 0));
}
