//! Deauthorization (R17): when Zoom reports that the app was removed from an account, all data of that account is
//! deleted, and none of another.

use super::support::{OTHER_ADMIN, add_other_account, service, services, set_sign_in_user};
use crate::harness::{App, Browser, Fixture, Page, email, wait_for};
use fakes::marketo::campaign::Campaign;
use fakes::marketo::subscription::WEBINAR_PROGRAM;
use fakes::support::{Effect, Fault};
use fakes::zoom::{ACCOUNT, ADMIN, Attendance, HeldSession, NewWebinar, Person, UserChange};
use jiff::SignedDuration;
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The store's keys that belong to no service or program.
const LISTS: [&str; 3] = ["data-keys", "programs", "services"];

/// Removes the app in Zoom, and returns the number of the event's delivery.
async fn deauthorize(fixture: &Fixture) -> usize {
    let delivery = fixture.app.env.zoom.deauthorize(ACCOUNT).await.unwrap().unwrap();
    assert_eq!(delivery.status, Some(204), "{delivery:?}");
    delivery.seq
}

/// Lets the tick drop a reported removal, which it does once Zoom has accepted the grant for 10 minutes.
async fn drop_report(fixture: &Fixture) {
    let key = format!("removal:{}", fixture.service);
    fixture.admin.tick().await.unwrap().ok().unwrap();
    assert!(stored(&fixture.app).contains_key(&key), "Zoom may accept a grant right after the removal");
    fixture.app.change_stored(&key, |removal| {
        let since: jiff::Timestamp = removal["since"].as_str().unwrap().parse().unwrap();
        removal["since"] = json!(since - SignedDuration::from_mins(11));
    });
    wait_for("the dropped report", || async {
        fixture.admin.tick().await.unwrap().ok().unwrap();
        (!stored(&fixture.app).contains_key(&key)).then_some(())
    })
    .await;
}

/// Returns what the store must no longer contain of the fixture's account: people, links, titles.
fn personal(fixture: &Fixture) -> Vec<String> {
    let mut words = vec![ADMIN.to_owned(), "Launch day".to_owned(), fixture.webinar.to_string()];
    words.extend(["lead", "First", "Last"].iter().flat_map(|word| (1..=9).map(move |n| format!("{word}{n}"))));
    words
        .extend(fixture.app.env.zoom.webinar(fixture.webinar).unwrap().registrants.into_iter().map(|one| one.join_url));
    words
}

/// Returns all entries that may contain personal data: all but the times of the last tick and event, how far Marketo's
/// activities are read, and worker leases.
fn stored(app: &App) -> BTreeMap<String, Vec<u8>> {
    let mut stored = app.stored();
    let is_shared = |key: &str| key.starts_with("last:") || key.starts_with("worker:") || key == "activity-cursor";
    stored.retain(|key, _| !is_shared(key));
    stored
}

/// Fails unless the only remaining data of the fixture's account is its service's name with the reason.
async fn assert_gone(fixture: &Fixture, others: &BTreeMap<String, Vec<u8>>) {
    let stored = stored(&fixture.app);
    let name = format!("service:{}", fixture.service);
    let mut expected: Vec<_> = others.keys().cloned().chain(LISTS.map(str::to_owned)).chain([name.clone()]).collect();
    expected.sort();
    expected.dedup();
    assert_eq!(stored.keys().cloned().collect::<Vec<_>>(), expected);
    for (key, value) in others {
        assert_eq!(&stored[key], value, "{key} of another account");
    }
    for (key, value) in stored.iter().filter(|(key, _)| !others.contains_key(*key)) {
        let value = String::from_utf8(value.clone()).unwrap();
        for word in personal(fixture) {
            assert!(!value.contains(&word), "{key} shows {word}: {value}");
        }
    }
    let listed = service(&fixture.admin, &fixture.service).await;
    for (field, expected) in [("state", json!("deauthorized")), ("admin_email", json!("")), ("users", json!([]))] {
        assert_eq!(listed[field], expected, "{listed}");
    }
    assert!(listed["problem"]["detail"].as_str().unwrap().contains("was removed from the Zoom account"), "{listed}");
    for path in [format!("/catalog/programs/{WEBINAR_PROGRAM}"), format!("/attendance/programs/{WEBINAR_PROGRAM}")] {
        let answer = fixture.admin.get(&path).await.unwrap();
        assert_eq!((answer.status, answer.code()), (404, "PROGRAM_NOT_CONNECTED"), "{path}");
    }
    let list = fixture.admin.get(&format!("/catalog/webinars?service={}", fixture.service)).await.unwrap();
    assert_eq!(list.code(), "SERVICE_NEEDS_SIGN_IN");
}

/// Starts a campaign whose chunk waits in the outbox while no worker is running.
pub(super) async fn leave_waiting(fixture: &Fixture, leads: &[i64]) {
    let zoom = &fixture.app.env.zoom;
    let role = |admin| zoom.change_user(ADMIN, UserChange { admin: Some(admin), ..UserChange::default() }).unwrap();
    role(false);
    fixture.app.env.marketo.start_campaign(fixture.campaign(leads)).unwrap();
    wait_for("a chunk that a tick could not process", || async {
        let tick = fixture.admin.tick().await.unwrap().ok().unwrap();
        (tick["outbox"] == 1 && stored(&fixture.app).keys().any(|key| key.starts_with("outbox:"))).then_some(())
    })
    .await;
    // Only an admin can remove the app.
    role(true);
}

#[tokio::test]
async fn r17_one_tick_deletes_all_data_of_the_account_and_none_of_another() {
    let fixture = Fixture::new(App::start().await).await;
    let (admin, env) = (&fixture.admin, &fixture.app.env);
    // The other account: a service, a program, two registrants.
    let other_webinar = add_other_account(env);
    set_sign_in_user(env, OTHER_ADMIN);
    let other = admin.sign_in("Elsewhere").await.unwrap();
    let program = fixture.add_program("Another");
    admin.connect(program, &other, other_webinar).await.unwrap().ok().unwrap();
    let leads = fixture.add_leads(7);
    let other_campaign = |leads: &[i64]| Campaign { program_id: program, ..fixture.campaign(leads) };
    env.marketo.run_campaign(other_campaign(&leads[..2])).await.unwrap();
    fixture.wait_for_empty_outbox().await;
    // The tick compares both webinars with Zoom.
    admin.tick().await.unwrap().ok().unwrap();
    let ours = [
        fixture.service.clone(),
        format!("account:{ACCOUNT}"),
        format!("program:{WEBINAR_PROGRAM}"),
        format!("refreshed:{WEBINAR_PROGRAM}"),
        format!("reconciled:{}", fixture.webinar),
    ];
    let is_ours = |key: &str| LISTS.contains(&key) || ours.iter().any(|ours| key.ends_with(&**ours));
    let others: BTreeMap<_, _> = stored(&fixture.app).into_iter().filter(|(key, _)| !is_ours(key)).collect();
    let kinds: Vec<_> = others.keys().map(|key| key.split(':').next().unwrap()).collect();
    let mut expected = vec!["account", "program", "reconciled", "refreshed", "registration-counts"];
    expected.extend(["registration", "registration", "service", "token"]);
    assert_eq!(kinds, expected);

    // The account that removes the app: an enabled user, registrants, attendance, and a waiting chunk.
    let users = json!({ "users": [ADMIN] });
    admin.put(&format!("/oauth/services/{}/users", fixture.service), &users).await.unwrap().ok().unwrap();
    fixture.run_campaign(&leads[2..5]).await;
    let attendance = vec![Attendance::throughout(Person::Registrant(email(3)))];
    env.zoom.hold_as_planned(fixture.webinar, HeldSession { attendance, ..HeldSession::default() }).await.unwrap();
    let path = format!("/attendance/programs/{WEBINAR_PROGRAM}");
    wait_for("the attendance", || async {
        let report = admin.get(&path).await.unwrap().ok().unwrap();
        (report["attended"] == 1 && report["no_show"] == 2).then_some(())
    })
    .await;
    leave_waiting(&fixture, &leads[5..]).await;
    let stored = stored(&fixture.app);
    for kind in ["token:", "account:", "program:", "registration:", "outbox:", "attendance:"] {
        let mine = stored.keys().filter(|key| key.starts_with(kind) && !others.contains_key(*key));
        assert!(mine.count() >= 1, "no {kind} to delete: {:?}", stored.keys());
    }

    deauthorize(&fixture).await;
    admin.tick().await.unwrap().ok().unwrap();
    assert_gone(&fixture, &others).await;
    assert_eq!(admin.get("/registration/failures").await.unwrap().ok().unwrap()["failures"], json!([]));
    let listed = admin.get("/catalog/programs").await.unwrap().ok().unwrap();
    assert_eq!(listed["programs"].as_array().unwrap().len(), 1, "{listed}");

    // The other account still works.
    let run = env.marketo.run_campaign(other_campaign(&leads[2..3])).await.unwrap();
    assert!(run.outcomes()[&leads[2]].success, "{:#?}", run.outcomes());
    fixture.app.assert_no_trap();
    fixture.app.assert_logs_are_clean();
}

#[tokio::test]
async fn r17_deauthorization_during_a_chunk_leaves_no_data() {
    let fixture = Fixture::new(App::start().await).await;
    let path = fixture.registrants_path();
    let zoom = &fixture.app.env.zoom;
    zoom.faults().add(Fault::once("POST", &path, Effect::Delay { delay_ms: 30 }).times(u32::MAX));
    fixture.app.env.marketo.start_campaign(fixture.campaign(&fixture.add_leads(60))).unwrap();
    wait_for("add calls", || async { (zoom.log().count("POST", &path) >= 10).then_some(()) }).await;
    deauthorize(&fixture).await;
    // The worker loses its token in the middle of the chunk. The tick then finds the program gone and calls Marketo
    // back.
    wait_for("the deferred chunk", || async {
        fixture.app.logs().values().any(|text| text.contains("flow_step.deferred")).then_some(())
    })
    .await;
    wait_for("an empty outbox", || async {
        let tick = fixture.admin.tick().await.unwrap().ok().unwrap();
        let waits = stored(&fixture.app).keys().any(|key| key.starts_with("outbox:"));
        (tick["outbox"] == 0 && !waits).then_some(())
    })
    .await;
    assert_gone(&fixture, &BTreeMap::new()).await;
    fixture.app.assert_no_trap();
}

#[tokio::test]
async fn r17_deletes_data_left_by_a_service_deleted_in_the_console() {
    let fixture = Fixture::new(App::start().await).await;
    fixture.run_campaign(&fixture.add_leads(2)).await;
    assert_eq!(fixture.admin.delete(&format!("/oauth/services/{}", fixture.service)).await.unwrap().status, 204);
    let kept = stored(&fixture.app);
    assert!(kept.keys().any(|key| key.starts_with("registration:")), "{:?}", kept.keys());
    deauthorize(&fixture).await;
    fixture.admin.tick().await.unwrap().ok().unwrap();
    assert_eq!(stored(&fixture.app).keys().collect::<Vec<_>>(), LISTS);
}

#[tokio::test]
async fn r17_only_an_event_signed_by_zoom_is_accepted() {
    let fixture = Fixture::new(App::start().await).await;
    let (browser, zoom) = (Browser::new(&fixture.app), &fixture.app.env.zoom);
    let now = jiff::Timestamp::now();
    let event = json!({
        "event": "app_deauthorized",
        "event_ts": now.as_millisecond() + 1000,
        "payload": { "account_id": ACCOUNT, "user_id": zoom.user(ADMIN).unwrap().id, "client_id": "c", "signature": "" },
    })
    .to_string();
    let other_body = event.replace("\"c\"", "\"d\"");
    let before = stored(&fixture.app);
    let (fresh, signature) = zoom.sign(event.as_bytes());
    let (_, of_other_body) = zoom.sign(other_body.as_bytes());
    let stale = zoom.sign_at(now - SignedDuration::from_secs(310), event.as_bytes());
    let forged = signature.replace("v0=", "v0=00");
    let longer = format!("{signature}0");
    let later = (fresh.parse::<i64>().unwrap() + 1).to_string();
    for (what, timestamp, signature) in [
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
    let as_admin = fixture.admin.post("/oauth/zoom-events", &serde_json::from_str(&event).unwrap()).await.unwrap();
    assert_eq!(as_admin.code(), "UNAUTHENTICATED", "the admin's key is not Zoom's signature");
    assert_eq!(stored(&fixture.app), before);

    let request = browser.request(Method::POST, "/oauth/zoom-events").body(event);
    let request = request.header("x-zm-request-timestamp", &fresh).header("x-zm-signature", &signature);
    assert_eq!(Page::of(request).await.status, 204, "the same event with a valid signature");
    assert_eq!(service(&fixture.admin, &fixture.service).await["state"], "deauthorized");
}

/// The documented sample: `event_ts` is a text without a zone, inside the payload. It is delivered an hour after it was
/// signed, as a repeated event may be.
#[tokio::test]
async fn r17_r22_the_documented_event_deletes_the_data_of_the_account() {
    let fixture = Fixture::new(App::start().await).await;
    fixture.run_campaign(&fixture.add_leads(2)).await;
    let zoom = &fixture.app.env.zoom;
    let now = jiff::Timestamp::now();
    let event = json!({"event": "app_deauthorized", "payload": {
        "account_id": ACCOUNT, "user_id": zoom.user(ADMIN).unwrap().id, "signature": "00",
        "deauthorization_time": (now + SignedDuration::from_secs(1)).to_string(), "client_id": "CLIENT",
        "event_ts": "2026-11-02 13:52:40",
    }})
    .to_string();
    let (timestamp, signature) = zoom.sign_at(now - SignedDuration::from_hours(1), event.as_bytes());
    let request = Browser::new(&fixture.app).request(Method::POST, "/oauth/zoom-events").body(event);
    let request = request.header("x-zm-request-timestamp", timestamp).header("x-zm-signature", signature);
    assert_eq!(Page::of(request).await.status, 204);
    fixture.admin.tick().await.unwrap().ok().unwrap();
    assert_gone(&fixture, &BTreeMap::new()).await;
    fixture.app.assert_no_trap();
}

#[tokio::test]
async fn r17_another_users_removal_deletes_nothing_while_zoom_accepts_the_grant() {
    let fixture = Fixture::new(App::start().await).await;
    let leads = fixture.add_leads(2);
    fixture.run_campaign(&leads[..1]).await;
    let zoom = &fixture.app.env.zoom;
    let event = json!({"event": "app_deauthorized", "payload": {
        "account_id": ACCOUNT, "user_id": "somebody-else", "deauthorization_time": jiff::Timestamp::now().to_string(),
    }})
    .to_string();
    let (timestamp, signature) = zoom.sign(event.as_bytes());
    let request = Browser::new(&fixture.app).request(Method::POST, "/oauth/zoom-events").body(event);
    let request = request.header("x-zm-request-timestamp", timestamp).header("x-zm-signature", signature);
    assert_eq!(Page::of(request).await.status, 204);
    drop_report(&fixture).await;
    assert_eq!(service(&fixture.admin, &fixture.service).await["state"], "active");
    let run = fixture.run_campaign(&leads[1..]).await;
    assert!(run.outcomes()[&leads[1]].success, "{:#?}", run.outcomes());
}

#[tokio::test]
async fn r17_replayed_event_does_not_remove_a_later_sign_in() {
    let fixture = Fixture::new(App::start().await).await;
    let (admin, zoom) = (&fixture.admin, &fixture.app.env.zoom);
    let leads = fixture.add_leads(2);
    let delivery = deauthorize(&fixture).await;
    wait_for("an empty store", || async {
        let keys = stored(&fixture.app).into_keys();
        keys.into_iter().all(|key| !key.starts_with("removal:") && !key.starts_with("program:")).then_some(())
    })
    .await;
    assert_eq!(zoom.resend(delivery).await.unwrap().status, Some(204), "a second delivery has no effect");
    // Zoom's event times have whole seconds, so the event would still apply to a sign-in within the same second.
    wait_for("the next second", || async {
        let sent_at = fixture.app.env.zoom.deliveries()[delivery].at;
        (jiff::Timestamp::now().as_second() > sent_at.as_second()).then_some(())
    })
    .await;
    assert_eq!(admin.sign_in("Acme Webinars").await.unwrap(), fixture.service, "the name is active again");
    let webinar = zoom.add_webinar(NewWebinar { topic: "Next".to_owned(), ..NewWebinar::default() }).unwrap().id;
    admin.connect(WEBINAR_PROGRAM, &fixture.service, webinar).await.unwrap().ok().unwrap();
    let fixture = Fixture { webinar, ..fixture };
    fixture.run_campaign(&leads[..1]).await;
    fixture.wait_for_empty_outbox().await;
    fixture.admin.tick().await.unwrap().ok().unwrap();
    let before = stored(&fixture.app);

    let replayed = fixture.app.env.zoom.resend(delivery).await.unwrap();
    assert_eq!(replayed.status, Some(204), "{replayed:?}");
    // The removal is dated seconds before the sign-in, so Zoom is asked with the live grant, which renews the tokens.
    drop_report(&fixture).await;
    let after = stored(&fixture.app);
    assert!(after.keys().eq(before.keys()), "no entry is deleted: {:?}", after.keys());
    for (key, value) in after.iter().filter(|(key, _)| !key.starts_with("token:")) {
        assert_eq!(value, &before[key], "{key}");
    }
    let listed = service(&fixture.admin, &fixture.service).await;
    assert_eq!((&listed["state"], &listed["problem"]), (&json!("active"), &Value::Null));
    let run = fixture.run_campaign(&leads[1..]).await;
    assert!(run.outcomes()[&leads[1]].success, "{:#?}", run.outcomes());
    assert_eq!(services(&fixture.admin).await.len(), 1);
}

#[tokio::test]
async fn both_event_endpoints_answer_zooms_url_validation() {
    let app = App::start().await;
    for path in ["/oauth/zoom-events", "/zoom/events"] {
        app.env.zoom.validate_endpoint(&format!("{}{path}", app.url())).await.unwrap();
    }
    let unsigned = json!({ "event": "endpoint.url_validation", "payload": { "plainToken": "abc" } });
    for path in ["/oauth/zoom-events", "/zoom/events"] {
        let answer = app.admin().post(path, &unsigned).await.unwrap();
        assert_eq!(answer.code(), "UNAUTHENTICATED", "{path}: unsigned requests get no signature");
    }
}
