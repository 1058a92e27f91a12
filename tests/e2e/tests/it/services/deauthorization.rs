//! R17: when Zoom tells us that the app was removed from an account, everything of that account goes, and nothing of
//! another.

use super::{OTHER_ADMIN, add_other_account, at_the_browser, service, services};
use crate::harness::{App, Browser, Page, Scene, email, until};
use fakes::marketo::campaign::Campaign;
use fakes::marketo::world::WEBINAR_PROGRAM;
use fakes::support::{Effect, Fault};
use fakes::zoom::{ACCOUNT, ADMIN, Attendance, HeldSession, NewWebinar, Person, UserChange};
use jiff::SignedDuration;
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The keys of the store that do not belong to a service or a program.
const LISTS: [&str; 2] = ["programs", "services"];

/// Lets Zoom's admin remove the app, and returns the number of Zoom's delivery.
async fn deauthorize(scene: &Scene) -> usize {
    let delivery = scene.app.stage.zoom.deauthorize(ACCOUNT).await.unwrap().unwrap();
    assert_eq!(delivery.status, Some(204), "{delivery:?}");
    delivery.seq
}

/// What must not be found in the store of the scene's account: people, links, titles, tokens.
fn personal(scene: &Scene) -> Vec<String> {
    let mut words = vec![ADMIN.to_owned(), "Launch day".to_owned(), scene.webinar.to_string()];
    words.extend(["lead", "First", "Last"].iter().flat_map(|word| (1..=9).map(move |n| format!("{word}{n}"))));
    words.extend(scene.app.stage.zoom.webinar(scene.webinar).unwrap().registrants.into_iter().map(|one| one.join_url));
    words
}

/// Every key and value that may belong to somebody: not when the scheduler and Zoom were last heard of, nor who is at
/// work.
fn stored(app: &App) -> BTreeMap<String, Vec<u8>> {
    let mut stored = app.stored();
    stored.retain(|key, _| !key.starts_with("last:") && !key.starts_with("worker:"));
    stored
}

/// Fails unless all that is left of the scene's account is the name of its service, which says what happened.
async fn assert_gone(scene: &Scene, others: &BTreeMap<String, Vec<u8>>) {
    let stored = stored(&scene.app);
    let name = format!("service:{}", scene.service);
    let mut expected: Vec<_> = others.keys().cloned().chain(LISTS.map(str::to_owned)).chain([name.clone()]).collect();
    expected.sort();
    expected.dedup();
    assert_eq!(stored.keys().cloned().collect::<Vec<_>>(), expected);
    for (key, value) in others {
        assert_eq!(&stored[key], value, "{key} of another account");
    }
    for (key, value) in stored.iter().filter(|(key, _)| !others.contains_key(*key)) {
        let value = String::from_utf8(value.clone()).unwrap();
        for word in personal(scene) {
            assert!(!value.contains(&word), "{key} shows {word}: {value}");
        }
    }
    let listed = service(&scene.admin, &scene.service).await;
    for (field, expected) in [("state", json!("deauthorized")), ("admin_email", json!("")), ("users", json!([]))] {
        assert_eq!(listed[field], expected, "{listed}");
    }
    assert!(listed["problem"]["detail"].as_str().unwrap().contains("was removed from the Zoom account"), "{listed}");
    for path in [format!("/catalog/programs/{WEBINAR_PROGRAM}"), format!("/attendance/programs/{WEBINAR_PROGRAM}")] {
        let answer = scene.admin.get(&path).await.unwrap();
        assert_eq!((answer.status, answer.code()), (404, "PROGRAM_NOT_CONNECTED"), "{path}");
    }
    let list = scene.admin.get(&format!("/catalog/webinars?service={}", scene.service)).await.unwrap();
    assert_eq!(list.code(), "SERVICE_NEEDS_SIGN_IN");
}

/// Starts a campaign whose chunk waits in the outbox, with nobody at work on it.
async fn leave_waiting(scene: &Scene, leads: &[i64]) {
    let zoom = &scene.app.stage.zoom;
    let role = |admin| zoom.change_user(ADMIN, UserChange { admin: Some(admin), ..UserChange::default() }).unwrap();
    role(false);
    scene.app.stage.marketo.start_campaign(scene.campaign(leads)).unwrap();
    until("a chunk that a tick took up in vain", || async {
        let tick = scene.admin.tick().await.unwrap().ok().unwrap();
        (tick["outbox"] == 1 && stored(&scene.app).keys().any(|key| key.starts_with("outbox:"))).then_some(())
    })
    .await;
    // Zoom's admin has to be one to remove the app.
    role(true);
}

#[tokio::test]
async fn r17_everything_of_the_account_is_gone_within_a_tick_and_nothing_of_another() {
    let scene = Scene::set(App::start().await).await;
    let (admin, stage) = (&scene.admin, &scene.app.stage);
    // The other account: a service, a program, two registrants.
    let elsewhere = add_other_account(stage);
    at_the_browser(stage, OTHER_ADMIN);
    let other = admin.sign_in("Elsewhere").await.unwrap();
    let program = scene.add_program("Another");
    admin.connect(program, &other, elsewhere).await.unwrap().ok().unwrap();
    let leads = scene.add_leads(7);
    let theirs = |leads: &[i64]| Campaign { program_id: program, ..scene.campaign(leads) };
    stage.marketo.run_campaign(theirs(&leads[..2])).await.unwrap();
    scene.outbox_is_empty().await;
    let ours = [scene.service.clone(), format!("account:{ACCOUNT}"), format!("program:{WEBINAR_PROGRAM}")];
    let is_ours = |key: &str| LISTS.contains(&key) || ours.iter().any(|ours| key.ends_with(&**ours));
    let others: BTreeMap<_, _> = stored(&scene.app).into_iter().filter(|(key, _)| !is_ours(key)).collect();
    let kinds: Vec<_> = others.keys().map(|key| key.split(':').next().unwrap()).collect();
    assert_eq!(kinds, ["account", "program", "registration", "registration", "service", "token"]);

    // The account that will remove the app: an enabled user, people registered, attendance, and a chunk that waits.
    let users = json!({ "users": [ADMIN] });
    admin.put(&format!("/oauth/services/{}/users", scene.service), &users).await.unwrap().ok().unwrap();
    scene.run_campaign(&leads[2..5]).await;
    let attendance = vec![Attendance::throughout(Person::Registrant(email(3)))];
    stage.zoom.hold_webinar(scene.webinar, HeldSession { attendance, ..HeldSession::default() }).await.unwrap();
    let path = format!("/attendance/programs/{WEBINAR_PROGRAM}");
    until("the attendance", || async {
        let report = admin.get(&path).await.unwrap().ok().unwrap();
        (report["attended"] == 1 && report["no_show"] == 2).then_some(())
    })
    .await;
    leave_waiting(&scene, &leads[5..]).await;
    let stored = stored(&scene.app);
    for kind in ["token:", "account:", "program:", "registration:", "outbox:", "attendance:"] {
        let mine = stored.keys().filter(|key| key.starts_with(kind) && !others.contains_key(*key));
        assert!(mine.count() >= 1, "there is a {kind} to be deleted: {:?}", stored.keys());
    }

    deauthorize(&scene).await;
    admin.tick().await.unwrap().ok().unwrap();
    assert_gone(&scene, &others).await;
    assert_eq!(admin.get("/registration/failures").await.unwrap().ok().unwrap()["failures"], json!([]));
    let listed = admin.get("/catalog/programs").await.unwrap().ok().unwrap();
    assert_eq!(listed["programs"].as_array().unwrap().len(), 1, "{listed}");

    // The other account works as before.
    let run = stage.marketo.run_campaign(theirs(&leads[2..3])).await.unwrap();
    assert!(run.outcomes()[&leads[2]].success, "{:#?}", run.outcomes());
    scene.app.assert_no_trap();
    scene.app.assert_nothing_personal();
}

#[tokio::test]
async fn r17_in_the_middle_of_a_chunk_nothing_of_it_stays_either() {
    let scene = Scene::set(App::start().await).await;
    let path = scene.registrants_path();
    let zoom = &scene.app.stage.zoom;
    zoom.faults().add(Fault::once("POST", &path, Effect::Delay { delay_ms: 30 }).times(u32::MAX));
    scene.app.stage.marketo.start_campaign(scene.campaign(&scene.add_leads(60))).unwrap();
    until("add calls", || async { (zoom.log().count("POST", &path) >= 10).then_some(()) }).await;
    deauthorize(&scene).await;
    // Whoever was at it loses the token in the middle; the tick then finds that the program is gone, and tells Marketo.
    until("the chunk to be put off", || async {
        scene.app.logs().values().any(|text| text.contains("flow_step.put_off")).then_some(())
    })
    .await;
    until("an empty outbox", || async {
        let tick = scene.admin.tick().await.unwrap().ok().unwrap();
        let waits = stored(&scene.app).keys().any(|key| key.starts_with("outbox:"));
        (tick["outbox"] == 0 && !waits).then_some(())
    })
    .await;
    assert_gone(&scene, &BTreeMap::new()).await;
    scene.app.assert_no_trap();
}

#[tokio::test]
async fn r17_what_a_service_that_was_deleted_here_left_behind_goes_too() {
    let scene = Scene::set(App::start().await).await;
    scene.run_campaign(&scene.add_leads(2)).await;
    assert_eq!(scene.admin.delete(&format!("/oauth/services/{}", scene.service)).await.unwrap().status, 204);
    let kept = stored(&scene.app);
    assert!(kept.keys().any(|key| key.starts_with("registration:")), "{:?}", kept.keys());
    deauthorize(&scene).await;
    scene.admin.tick().await.unwrap().ok().unwrap();
    assert_eq!(stored(&scene.app).keys().collect::<Vec<_>>(), LISTS);
}

#[tokio::test]
async fn r17_only_zooms_own_fresh_word_counts() {
    let scene = Scene::set(App::start().await).await;
    let (browser, zoom) = (Browser::new(&scene.app), &scene.app.stage.zoom);
    let now = jiff::Timestamp::now();
    let event = json!({
        "event": "app_deauthorized",
        "event_ts": now.as_millisecond() + 1000,
        "payload": { "account_id": ACCOUNT, "user_id": "u", "client_id": "c", "signature": "" },
    })
    .to_string();
    let other_body = event.replace("\"u\"", "\"v\"");
    let before = stored(&scene.app);
    let (fresh, signature) = zoom.sign(event.as_bytes());
    let (_, of_other_body) = zoom.sign(other_body.as_bytes());
    let stale = zoom.sign_at(now - SignedDuration::from_secs(310), event.as_bytes());
    let early = zoom.sign_at(now + SignedDuration::from_secs(310), event.as_bytes());
    let forged = signature.replace("v0=", "v0=00");
    let longer = format!("{signature}0");
    let later = (fresh.parse::<i64>().unwrap() + 1).to_string();
    for (what, timestamp, signature) in [
        ("stale", Some(&stale.0), Some(&stale.1)),
        ("from the future", Some(&early.0), Some(&early.1)),
        ("of another body", Some(&fresh), Some(&of_other_body)),
        ("of another time", Some(&later), Some(&signature)),
        ("stale under a fresh time", Some(&fresh), Some(&stale.1)),
        ("forged", Some(&fresh), Some(&forged)),
        ("too long", Some(&fresh), Some(&longer)),
        ("unsigned", Some(&fresh), None),
        ("untimed", None, Some(&signature)),
    ] {
        let mut request = browser.request(Method::POST, "/oauth/zoom-events").body(event.clone());
        for (name, value) in [("x-zm-request-timestamp", timestamp), ("x-zm-signature", signature)] {
            if let Some(value) = value {
                request = request.header(name, value);
            }
        }
        let page = Page::of(request).await;
        assert_eq!((page.status, &*page.code()), (401, "UNAUTHENTICATED"), "{what}");
    }
    let as_admin = scene.admin.post("/oauth/zoom-events", &serde_json::from_str(&event).unwrap()).await.unwrap();
    assert_eq!(as_admin.code(), "UNAUTHENTICATED", "the admin's key is not Zoom's signature");
    assert_eq!(stored(&scene.app), before);

    let request = browser.request(Method::POST, "/oauth/zoom-events").body(event);
    let request = request.header("x-zm-request-timestamp", &fresh).header("x-zm-signature", &signature);
    assert_eq!(Page::of(request).await.status, 204, "the same, as Zoom signs it");
    assert_eq!(service(&scene.admin, &scene.service).await["state"], "deauthorized");
}

#[tokio::test]
async fn r17_a_replay_does_not_remove_what_was_signed_in_since() {
    let scene = Scene::set(App::start().await).await;
    let (admin, zoom) = (&scene.admin, &scene.app.stage.zoom);
    let leads = scene.add_leads(2);
    let delivery = deauthorize(&scene).await;
    until("an empty store", || async {
        let keys = stored(&scene.app).into_keys();
        keys.into_iter().all(|key| !key.starts_with("removal:") && !key.starts_with("program:")).then_some(())
    })
    .await;
    assert_eq!(zoom.resend(delivery).await.unwrap().status, Some(204), "twice does no harm");
    // Zoom tells whole seconds, so in the second of the removal it would count.
    until("the next second", || async {
        let told = scene.app.stage.zoom.deliveries()[delivery].at;
        (jiff::Timestamp::now().as_second() > told.as_second()).then_some(())
    })
    .await;
    assert_eq!(admin.sign_in("Acme Webinars").await.unwrap(), scene.service, "the name comes back to life");
    let webinar = zoom.add_webinar(NewWebinar { topic: "Next".to_owned(), ..NewWebinar::default() }).unwrap().id;
    admin.connect(WEBINAR_PROGRAM, &scene.service, webinar).await.unwrap().ok().unwrap();
    let scene = Scene { webinar, ..scene };
    scene.run_campaign(&leads[..1]).await;
    scene.outbox_is_empty().await;
    scene.admin.tick().await.unwrap().ok().unwrap();
    let before = stored(&scene.app);

    let replayed = scene.app.stage.zoom.resend(delivery).await.unwrap();
    assert_eq!(replayed.status, Some(204), "{replayed:?}");
    scene.admin.tick().await.unwrap().ok().unwrap();
    assert!(stored(&scene.app) == before, "nothing is gone: {:?}", stored(&scene.app).keys());
    let listed = service(&scene.admin, &scene.service).await;
    assert_eq!((&listed["state"], &listed["problem"]), (&json!("active"), &Value::Null));
    let run = scene.run_campaign(&leads[1..]).await;
    assert!(run.outcomes()[&leads[1]].success, "{:#?}", run.outcomes());
    assert_eq!(services(&scene.admin).await.len(), 1);
}

#[tokio::test]
async fn zooms_check_of_both_addresses_is_answered() {
    let app = App::start().await;
    for path in ["/oauth/zoom-events", "/zoom/events"] {
        app.stage.zoom.validate_endpoint(&format!("{}{path}", app.url())).await.unwrap();
    }
    let unsigned = json!({ "event": "endpoint.url_validation", "payload": { "plainToken": "abc" } });
    for path in ["/oauth/zoom-events", "/zoom/events"] {
        let answer = app.admin().post(path, &unsigned).await.unwrap();
        assert_eq!(answer.code(), "UNAUTHENTICATED", "{path}: nobody else gets our secret to sign things");
    }
}
