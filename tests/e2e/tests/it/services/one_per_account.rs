//! R1: one Zoom account has one live service. Signing the account in under another name supersedes the earlier service;
//! signing in again under the same name renews it. Deleting gives the grant back to Zoom.

use super::{OTHER_ACCOUNT, OTHER_ADMIN, add_other_account, add_webinar, at_the_browser, offered, service, services};
use crate::harness::{App, Scene, email};
use fakes::marketo::world::WEBINAR_PROGRAM;
use fakes::stage::MARKETO_API_KEY;
use fakes::support::{Effect, Fault};
use fakes::zoom::{ADMIN, NewUser};
use serde_json::{Value, json};

/// Every answer to an admin's call that uses a service, or a program that is connected through it, says this and
/// nothing else; and neither the flow step nor the webhook pushes anybody.
async fn assert_unusable(scene: &Scene, service: &str, code: &str, leads: &[i64]) {
    let Scene { admin, webinar, .. } = scene;
    let program = format!("/catalog/programs/{WEBINAR_PROGRAM}");
    assert_eq!(scene.program().await["problem"]["code"], code);
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

    let registered = || scene.app.stage.zoom.webinar(*webinar).unwrap().registrants.len();
    let before = (registered(), scene.app.stage.zoom.log().count("POST", &scene.registrants_path()));
    let run = scene.run_campaign(leads).await;
    assert_eq!(run.outcomes().len(), leads.len());
    for (lead, outcome) in run.outcomes() {
        assert_eq!((outcome.success, &*outcome.error_code), (false, code), "{outcome:?}");
        let member = scene.app.stage.marketo.member(WEBINAR_PROGRAM, lead).unwrap();
        assert_eq!(member.status_name, "Registration Error");
    }
    let webhook = call_webhook(scene, leads[0]).await;
    assert_eq!((&webhook["outcome"], &webhook["code"]), (&json!("failed"), &json!(code)), "{webhook}");
    let after = (registered(), scene.app.stage.zoom.log().count("POST", &scene.registrants_path()));
    assert_eq!(after, before, "nobody was pushed");
}

/// Calls the webhook for a lead and returns its answer.
async fn call_webhook(scene: &Scene, lead: i64) -> Value {
    let person = scene.app.stage.marketo.lead(lead).unwrap();
    let payload = json!({
        "program_id": WEBINAR_PROGRAM, "lead_id": lead, "email": person.text("email"),
        "first_name": person.text("firstName"), "last_name": person.text("lastName"), "status": "Registered",
    });
    let url = format!("{}/registration/webhook", scene.app.url());
    scene.app.stage.marketo.call_webhook(&url, MARKETO_API_KEY, &payload).await.body
}

/// Tries the leads that failed before again, as the console does.
async fn retry(scene: &Scene) -> Value {
    let wanted = json!({ "program_id": WEBINAR_PROGRAM });
    scene.admin.post("/registration/failures/retry", &wanted).await.unwrap().ok().unwrap()["leads"].clone()
}

/// What Zoom says when a webinar takes no more people.
fn full(scene: &Scene) -> Fault {
    let body = json!({ "code": 3000, "message": "The limit for the number of attendees has been reached." });
    let effect = Effect::Status { status: 400, body, headers: Default::default() };
    Fault::once("POST", &scene.registrants_path(), effect)
}

/// The program's work goes on: nothing is wrong with it, and leads get their links.
async fn assert_usable(scene: &Scene, leads: &[i64]) {
    assert_eq!(scene.program().await["problem"], Value::Null);
    let run = scene.run_campaign(leads).await;
    assert_eq!(run.outcomes().len(), leads.len());
    assert!(run.outcomes().values().all(|outcome| outcome.success), "{:#?}", run.outcomes());
}

#[tokio::test]
async fn r1_another_name_supersedes_the_service_and_the_old_name_brings_it_back() {
    let scene = Scene::set(App::start().await).await;
    let (admin, first) = (&scene.admin, &scene.service);
    let leads = scene.add_leads(4);
    assert_usable(&scene, &leads[..1]).await;
    // One failed, and is in the console's list.
    let failed = leads[3];
    scene.app.stage.zoom.faults().add(full(&scene));
    assert_eq!(scene.run_campaign(&[failed]).await.outcomes()[&failed].error_code, "WEBINAR_FULL");
    let created = service(admin, first).await["created_at"].clone();

    let second = admin.sign_in("Second name").await.unwrap();
    assert_ne!(&second, first);
    let superseded = service(admin, first).await;
    assert_eq!((&superseded["state"], &superseded["name"]), (&json!("superseded"), &json!("Acme Webinars")));
    assert_eq!(superseded["problem"]["code"], "SERVICE_SUPERSEDED");
    assert!(superseded["problem"]["detail"].as_str().unwrap().contains("another service name"), "{superseded}");
    assert_eq!(service(admin, &second).await["state"], "active");
    assert_eq!(offered(admin, &second).await, [scene.webinar].into());
    assert_unusable(&scene, first, "SERVICE_SUPERSEDED", &leads[1..3]).await;
    let retried = retry(&scene).await;
    assert_eq!(
        (retried.as_array().unwrap().len(), &retried[0]["code"]),
        (3, &json!("SERVICE_SUPERSEDED")),
        "{retried}"
    );
    let stored = scene.app.stored();
    assert!(!stored.contains_key(&format!("token:{first}")), "tokens of no use are not kept: {:?}", stored.keys());

    assert_eq!(&admin.sign_in("Acme Webinars").await.unwrap(), first);
    let renewed = service(admin, first).await;
    assert_eq!((&renewed["state"], &renewed["problem"]), (&json!("active"), &Value::Null));
    assert_eq!(renewed["created_at"], created);
    assert_eq!(service(admin, &second).await["state"], "superseded");
    assert_eq!(services(admin).await.len(), 2);
    assert_usable(&scene, &leads[1..3]).await;
    assert_eq!(retry(&scene).await[0]["outcome"], "registered");
    for (n, calls) in [(1, 1), (2, 1), (3, 1), (4, 2)] {
        assert_eq!(scene.add_calls(&email(n)), calls, "lead {n}");
    }
    scene.app.assert_no_trap();
}

#[tokio::test]
async fn r1_another_admin_of_the_account_supersedes_too_though_zoom_goes_on_taking_the_old_tokens() {
    let scene = Scene::set(App::start().await).await;
    let (admin, zoom) = (&scene.admin, &scene.app.stage.zoom);
    let leads = scene.add_leads(2);
    // Every component has used the service, and may hold its token.
    assert_usable(&scene, &leads[..1]).await;
    assert_eq!(offered(admin, &scene.service).await, [scene.webinar].into());
    let attendance = format!("/attendance/programs/{WEBINAR_PROGRAM}/sync");
    assert_eq!(admin.post(&attendance, &json!({})).await.unwrap().ok().unwrap()["problem"], Value::Null);

    zoom.add_user(NewUser { admin: true, ..NewUser::named("carol@example.com") }).unwrap();
    at_the_browser(&scene.app.stage, "carol@example.com");
    let second = admin.sign_in("Carol's").await.unwrap();
    assert_eq!(service(admin, &second).await["admin_email"], "carol@example.com");
    assert_unusable(&scene, &scene.service, "SERVICE_SUPERSEDED", &leads[1..]).await;
}

#[tokio::test]
async fn r1_two_accounts_do_not_touch_each_other() {
    let scene = Scene::set(App::start().await).await;
    let (admin, stage) = (&scene.admin, &scene.app.stage);
    let elsewhere = add_other_account(stage);
    at_the_browser(stage, OTHER_ADMIN);
    let other = admin.sign_in("Elsewhere").await.unwrap();
    let listed = service(admin, &other).await;
    assert_eq!((&listed["account_id"], &listed["admin_email"]), (&json!(OTHER_ACCOUNT), &json!(OTHER_ADMIN)));
    assert_eq!(service(admin, &scene.service).await["state"], "active");
    assert_eq!(offered(admin, &scene.service).await, [scene.webinar].into());
    assert_eq!(offered(admin, &other).await, [elsewhere].into());
    let program = scene.add_program("Another");
    let crossed = admin.connect(program, &other, scene.webinar).await.unwrap();
    assert_eq!(crossed.code(), "WEBINAR_NOT_FOUND", "{crossed:?}");
    admin.connect(program, &other, elsewhere).await.unwrap().ok().unwrap();

    // The same name in another account is another service.
    let same_name = admin.go_through_sign_in("Acme Webinars").await.unwrap();
    assert_eq!(same_name.status, 303);
    let states: Vec<_> =
        services(admin).await.iter().map(|one| (one["account_id"].clone(), one["state"].clone())).collect();
    let expected = [("acc_1", "active"), (OTHER_ACCOUNT, "superseded"), (OTHER_ACCOUNT, "active")];
    assert_eq!(states, expected.map(|(account, state)| (json!(account), json!(state))));
    assert_usable(&scene, &scene.add_leads(1)).await;
    let path = format!("/catalog/programs/{program}");
    let theirs = admin.get(&path).await.unwrap().ok().unwrap();
    assert_eq!(theirs["problem"]["code"], "SERVICE_SUPERSEDED", "{theirs}");
}

/// Whether Zoom takes back each grant there was, in order.
fn revoked(scene: &Scene) -> Vec<bool> {
    let state = scene.app.stage.zoom.state();
    let grants = state["authorizations"]["grants"].as_array().unwrap();
    grants.iter().map(|grant| grant["revoked"].as_bool().unwrap()).collect()
}

#[tokio::test]
async fn a_deleted_service_is_revoked_at_zoom_and_its_programs_say_so() {
    let scene = Scene::set(App::start().await).await;
    let (admin, id) = (&scene.admin, &scene.service);
    let leads = scene.add_leads(2);
    assert_usable(&scene, &leads[..1]).await;
    assert_eq!(revoked(&scene), [false]);
    assert_eq!(admin.delete(&format!("/oauth/services/{id}")).await.unwrap().status, 204);
    assert_eq!(revoked(&scene), [true]);
    assert_eq!(services(admin).await, Vec::<Value>::new());
    assert_unusable(&scene, id, "SERVICE_NOT_FOUND", &leads[1..]).await;
    let again = admin.delete(&format!("/oauth/services/{id}")).await.unwrap();
    assert_eq!((again.status, again.code()), (404, "SERVICE_NOT_FOUND"));
    let stored = scene.app.stored();
    let is_its = |key: &&String| key.contains(&**id) || key.starts_with("account:") || key.starts_with("removal:");
    assert_eq!(stored.keys().filter(is_its).collect::<Vec<_>>(), Vec::<&String>::new());

    // The same account may come back, as a new service to which programs are connected anew.
    let anew = admin.sign_in("Acme Webinars").await.unwrap();
    assert_ne!(&anew, id);
    admin.connect(WEBINAR_PROGRAM, &anew, scene.webinar).await.unwrap().ok().unwrap();
    assert_usable(&scene, &leads[1..]).await;
}

#[tokio::test]
async fn a_service_deleted_while_zoom_is_down_is_revoked_by_the_tick() {
    let scene = Scene::set(App::start().await).await;
    let (admin, id) = (&scene.admin, &scene.service);
    add_webinar(&scene.app.stage, ADMIN, "Another");
    scene.app.stage.zoom.faults().add(Fault::once("POST", "/oauth/revoke", Effect::status(503)).times(2));
    assert_eq!(admin.delete(&format!("/oauth/services/{id}")).await.unwrap().status, 202);
    assert_eq!(revoked(&scene), [false]);
    let going = service(admin, id).await;
    assert_eq!((&going["admin_email"], &going["users"]), (&json!(""), &json!([])), "{going}");
    assert!(going["problem"]["detail"].as_str().unwrap().contains("is being deleted"), "{going}");
    let refused = admin.get(&format!("/catalog/webinars?service={id}")).await.unwrap();
    assert!((400..500).contains(&refused.status), "{refused:?}");

    admin.tick().await.unwrap().ok().unwrap();
    assert_eq!((revoked(&scene), services(admin).await.len()), (vec![false], 1), "Zoom is still down");
    admin.tick().await.unwrap().ok().unwrap();
    assert_eq!((revoked(&scene), services(admin).await.len()), (vec![true], 0));
}
