use super::fixture::{Fixture, admin_of};
use domain::Component;
use domain::time::SignedDuration;
use fakes::zoom::{ACCOUNT, ADMIN, DisabledBy, NewUser};
use serde_json::{Value, json};

/// Returns Zoom's event for an account, about the admin who signed in first, with the current time.
fn deauthorized(fixture: &Fixture, account: &str) -> Value {
    let admin = if account == ACCOUNT { ADMIN.to_owned() } else { admin_of(account) };
    let user = fixture.zoom.user(&admin).map(|user| user.id);
    deauthorized_by(fixture, account, &json!(user))
}

/// Returns Zoom's event for an account, about a user, with the current time.
fn deauthorized_by(fixture: &Fixture, account: &str, user: &Value) -> Value {
    let now = fixture.in_memory.ports().clock.now();
    json!({
        "event": "app_deauthorized",
        "event_ts": now.as_millisecond(),
        "payload": {
            "account_id": account, "user_id": user, "client_id": fakes::zoom::CLIENT_ID, "signature": "x",
            "deauthorization_time": now.to_string(),
        },
    })
}

/// The order in which the components are asked to forget an account.
const ORDER: [Component; 5] = [
    Component::Attendance,
    Component::Registration,
    Component::Catalog,
    // Their workers may have written until the connections were gone.
    Component::Attendance,
    Component::Registration,
];

/// Returns the keys of a kind, without their prefix.
fn keys(fixture: &Fixture, kind: &str) -> Vec<String> {
    fixture.keys().into_iter().filter_map(|key| key.strip_prefix(kind).map(str::to_owned)).collect()
}

#[tokio::test]
async fn r17_removing_the_app_deletes_all_data_of_the_account() {
    let fixture = Fixture::new();
    let superseded = fixture.sign_in("First").await;
    let live = fixture.sign_in("Second").await;
    fixture.switch_account("acc_2");
    let other = fixture.sign_in("Other").await;

    assert_eq!(fixture.deauthorize("acc_1").await, Some(204));
    // The service is unusable before the components are called.
    assert_eq!(fixture.token(&live).await.problem(), (409, "SERVICE_NEEDS_SIGN_IN".into()));
    assert_eq!(keys(&fixture, "token:"), [other.to_string()]);
    assert!(fixture.components.calls().received.is_empty());
    fixture.in_memory.run_background().await;

    for (component, request) in &fixture.components.calls().received {
        assert_eq!(request.account, "acc_1".into(), "{component:?}");
        assert_eq!(request.services, [superseded.clone(), live.clone()], "{component:?}");
        assert_eq!(request.kept_services, std::slice::from_ref(&other), "{component:?}");
    }
    assert_eq!(fixture.components.take_order(), ORDER);
    assert_eq!(keys(&fixture, "account:"), ["acc_2"]);
    assert!(keys(&fixture, "removal:").is_empty());
    for id in [&superseded, &live] {
        let service = fixture.service(id).await;
        assert_eq!((&service["state"], &service["admin_email"]), (&json!("deauthorized"), &json!("")));
        let record = String::from_utf8(fixture.in_memory.dump()[&format!("service:{id}")].clone()).unwrap();
        assert!(!record.contains("example.com") && !record.contains("acc_1"), "{record}");
        assert_eq!(service["account_id"], "");
    }
    assert_eq!(fixture.service(&other).await["state"], "active");
    fixture.access_token(&other).await;
}

#[tokio::test]
async fn r17_deletes_the_data_of_a_service_that_was_deleted_here_before() {
    for signs_in_again in [false, true] {
        let fixture = Fixture::new();
        let deleted = fixture.sign_in("Acme").await;
        assert_eq!(fixture.admin("DELETE", &format!("/oauth/services/{deleted}"), "").await.status, 204);
        assert!(fixture.components.take_order().is_empty(), "deleting a service keeps the account's data");
        let again = if signs_in_again { vec![fixture.sign_in("Again").await] } else { Vec::new() };
        assert_eq!(fixture.deauthorize("acc_1").await, Some(204));
        fixture.in_memory.run_background().await;
        for (component, request) in &fixture.components.calls().received {
            assert_eq!(request.account, "acc_1".into(), "{component:?}");
            // The programs of the deleted service are those of the account without a service that is kept.
            assert_eq!((&request.services, &request.kept_services), (&again, &Vec::new()), "{component:?}");
        }
        assert_eq!(fixture.components.take_order(), ORDER);
    }
}

#[tokio::test]
async fn r17_a_deletion_without_a_service_that_is_incomplete_fails_so_that_zoom_repeats_the_event() {
    let fixture = Fixture::new();
    fixture.components.answer(Component::Registration, &[None, Some((0, false))]);
    for expected in [vec![Component::Attendance, Component::Registration], ORDER[..2].to_vec()] {
        let response = fixture.send_event(&deauthorized(&fixture, "acc_1")).await;
        assert_eq!(response.problem(), (500, "INTERNAL".into()));
        assert_eq!(fixture.components.take_order(), expected);
    }
    assert_eq!(fixture.send_event(&deauthorized(&fixture, "acc_1")).await.status, 204);
    assert_eq!(fixture.components.take_order(), ORDER);
}

#[tokio::test]
async fn r17_the_tick_completes_an_interrupted_deauthorization() {
    let fixture = Fixture::new();
    fixture.sign_in("Acme").await;
    fixture.deauthorize("acc_1").await;
    fixture.in_memory.kill_background();
    assert!(fixture.components.calls().received.is_empty());
    assert_eq!(fixture.tick().await, json!({"renewed": 0, "removed": 1, "failed": 0}));
    assert_eq!(fixture.components.take_order(), ORDER);
    assert!(keys(&fixture, "removal:").is_empty());
    assert_eq!(fixture.tick().await["removed"], 0);
    assert!(fixture.components.take_order().is_empty());
}

/// On Redis, a listing can lack keys without an error.
#[tokio::test]
async fn r17_a_component_that_deleted_records_is_asked_again_whether_any_are_left() {
    let fixture = Fixture::new();
    fixture.sign_in("Acme").await;
    fixture.components.answer(Component::Registration, &[Some((9, true)), Some((2, true))]);
    fixture.deauthorize("acc_1").await;
    fixture.in_memory.run_background().await;
    let [first, registration, last, ..] = ORDER;
    let again = [first, registration, registration, registration, last, first, registration];
    assert_eq!(fixture.components.take_order(), again);
    assert!(keys(&fixture, "removal:").is_empty());
}

#[tokio::test]
async fn r17_connections_stay_until_the_other_components_have_forgotten_the_account() {
    let fixture = Fixture::new();
    let id = fixture.sign_in("Acme").await;
    // The first component fails, then the second, then the second has more than it could delete in its time.
    fixture.components.answer(Component::Attendance, &[None]);
    fixture.components.answer(Component::Registration, &[None, Some((9, false)), Some((0, false))]);
    fixture.deauthorize("acc_1").await;
    fixture.in_memory.run_background().await;
    assert_eq!(fixture.components.take_order(), [Component::Attendance]);
    assert_eq!(fixture.tick().await, json!({"renewed": 0, "removed": 0, "failed": 1}));
    assert_eq!(fixture.components.take_order(), ORDER[..2]);
    // It is called again while it gets on, and else by the next tick.
    assert_eq!(fixture.tick().await, json!({"renewed": 0, "removed": 0, "failed": 0}));
    // The first one is done.
    assert_eq!(fixture.components.take_order(), [Component::Registration, Component::Registration]);
    assert_eq!(keys(&fixture, "removal:"), [id.to_string()]);
    assert_eq!(fixture.tick().await["removed"], 1);
    assert_eq!(fixture.components.take_order(), ORDER[1..]);
    assert!(keys(&fixture, "removal:").is_empty());
}

#[tokio::test]
async fn r17_each_component_gets_a_deadline_within_that_of_the_tick() {
    let fixture = Fixture::new();
    fixture.sign_in("Acme").await;
    fixture.send_event(&deauthorized(&fixture, "acc_1")).await;
    fixture.in_memory.kill_background();
    let now = fixture.in_memory.ports().clock.now();
    fixture.tick().await;
    for (component, request) in &fixture.components.calls().received {
        let left = request.deadline.duration_since(now);
        assert!(left > SignedDuration::from_secs(5) && left < SignedDuration::from_secs(7), "{component:?}: {left:?}");
    }
    let late = json!({ "deadline": now }).to_string();
    fixture.components.take_order();
    fixture.sign_in("Acme").await;
    fixture.in_memory.advance(SignedDuration::from_secs(1));
    fixture.send_event(&deauthorized(&fixture, "acc_1")).await;
    fixture.in_memory.kill_background();
    assert_eq!(fixture.internal("/internal/tick", &late).await.status, 200);
    assert!(fixture.components.take_order().is_empty(), "there is no time for a call");
    assert_eq!(keys(&fixture, "removal:").len(), 1);
}

#[tokio::test]
async fn r17_one_account_does_not_wait_for_another() {
    let fixture = Fixture::new();
    fixture.sign_in("First").await;
    fixture.switch_account("acc_2");
    let second = fixture.sign_in("Second").await;
    for account in ["acc_1", "acc_2"] {
        fixture.send_event(&deauthorized(&fixture, account)).await;
    }
    fixture.in_memory.kill_background();
    // The first account has both passes.
    fixture.components.answer(Component::Attendance, &[Some((0, true)), Some((0, true)), None]);
    fixture.tick().await;
    assert_eq!(keys(&fixture, "removal:"), [second.to_string()]);
}

#[tokio::test]
async fn r17_a_repeated_event_changes_nothing() {
    let fixture = Fixture::new();
    let id = fixture.sign_in("Acme").await;
    fixture.deauthorize("acc_1").await;
    fixture.in_memory.run_background().await;
    let before = fixture.in_memory.dump();
    assert_eq!(fixture.components.take_order(), ORDER);
    assert_eq!(fixture.zoom.resend(0).await.unwrap().status, Some(204));
    fixture.in_memory.run_background().await;
    assert_eq!(fixture.in_memory.dump(), before);
    assert!(fixture.components.take_order().is_empty());

    // The admin installs the app again. The repeated event of before does not undo that.
    fixture.in_memory.advance(SignedDuration::from_mins(1));
    assert_eq!(fixture.sign_in("Acme").await, id);
    assert_eq!(fixture.zoom.resend(0).await.unwrap().status, Some(204));
    assert_eq!(fixture.service(&id).await["state"], "active");
    fixture.access_token(&id).await;
    // A later removal ends the service.
    fixture.in_memory.advance(SignedDuration::from_mins(1));
    fixture.deauthorize("acc_1").await;
    assert_eq!(fixture.service(&id).await["state"], "deauthorized");
}

#[tokio::test]
async fn r17_an_admin_can_delete_a_deauthorized_service() {
    let fixture = Fixture::new();
    let id = fixture.sign_in("Acme").await;
    fixture.deauthorize("acc_1").await;
    fixture.in_memory.kill_background();
    // The account's data is deleted first.
    fixture.components.answer(Component::Attendance, &[Some((0, false))]);
    let path = format!("/oauth/services/{id}");
    assert_eq!(fixture.admin("DELETE", &path, "").await.problem(), (500, "INTERNAL".into()));
    assert_eq!(fixture.components.take_order(), [Component::Attendance]);
    assert_eq!(keys(&fixture, "removal:"), [id.to_string()]);
    assert_eq!(fixture.admin("DELETE", &path, "").await.status, 204);
    assert_eq!(fixture.components.take_order(), ORDER);
    assert_eq!(fixture.keys(), ["services"]);
}

/// The documented sample has the time of the event inside the payload, as text.
#[tokio::test]
async fn r17_odd_fields_do_not_keep_the_event_from_being_obeyed() {
    for payload in [
        json!({"account_id": "acc_1", "event_ts": "2026-11-02 13:52:40"}),
        json!({"account_id": "acc_1", "event_ts": "2026-11-02 13:52:40", "deauthorization_time": 7, "user_id": {}}),
        json!({"account_id": "acc_1", "event_ts": null, "deauthorization_time": "some day"}),
        json!({"account_id": "acc_1", "event_ts": {"at": 1}, "plainToken": [], "signature": 4}),
        json!({"account_id": "acc_1", "event_ts": "-"}),
        json!({"account_id": "acc_1", "deauthorization_time": "2020-06-17T13:52:28.632Z"}),
        json!({"account_id": "acc_1", "event_ts": 1_793_000_000}),
        json!({"account_id": "acc_1"}),
    ] {
        for event_ts in [json!("2026-11-02 13:52:40"), json!(null), json!([]), json!(1.5)] {
            let fixture = Fixture::new();
            let id = fixture.sign_in("Acme").await;
            let event = json!({"event": "app_deauthorized", "event_ts": event_ts, "payload": payload});
            assert_eq!(fixture.send_event(&event).await.status, 204, "{event}");
            fixture.in_memory.run_background().await;
            assert_eq!(fixture.service(&id).await["state"], "deauthorized", "{event}");
            assert_eq!(fixture.components.take_order(), ORDER, "{event}");
        }
    }
}

/// The case of the documented sample: `event_ts` is a text without a zone, inside the payload.
#[tokio::test]
async fn r17_r22_the_documented_sample_of_the_event_is_obeyed() {
    for user in [json!(null), json!(""), json!([]), json!({"id": 1}), json!("ADMIN")] {
        let fixture = Fixture::new();
        let id = fixture.sign_in("Acme").await;
        let admin = fixture.zoom.user(ADMIN).unwrap().id;
        let user = if user == "ADMIN" { json!(admin) } else { user };
        let now = fixture.in_memory.ports().clock.now();
        let event = json!({"event": "app_deauthorized", "payload": {
            "account_id": ACCOUNT, "user_id": user, "signature": "00", "deauthorization_time": now.to_string(),
            "client_id": "CLIENT", "event_ts": "2026-11-02 13:52:40", "more": {"than": ["documented"]},
        }});
        assert_eq!(fixture.send_event(&event).await.status, 204, "{event}");
        fixture.in_memory.run_background().await;
        assert_eq!(fixture.service(&id).await["state"], "deauthorized", "{event}");
        assert_eq!(fixture.components.take_order(), ORDER, "{event}");
    }
}

#[tokio::test]
async fn r17_an_event_without_an_account_is_obeyed_by_its_user() {
    let fixture = Fixture::new();
    let id = fixture.sign_in("Acme").await;
    fixture.switch_account("acc_2");
    let other = fixture.sign_in("Other").await;
    let user = fixture.zoom.user(ADMIN).unwrap().id;
    let event = json!({"event": "app_deauthorized", "payload": {"account_id": null, "user_id": user}});
    assert_eq!(fixture.send_event(&event).await.status, 204);
    fixture.in_memory.run_background().await;
    assert_eq!(fixture.service(&id).await["state"], "deauthorized");
    assert_eq!(fixture.service(&other).await["state"], "active");
    let event = json!({"event": "app_deauthorized", "payload": {"user_id": "nobody"}});
    assert_eq!(fixture.send_event(&event).await.problem(), (400, "INVALID_REQUEST".into()));
}

/// Runs a tick minutes later.
async fn tick_after(fixture: &Fixture, minutes: i64) {
    fixture.in_memory.advance(SignedDuration::from_mins(minutes));
    fixture.tick().await;
}

#[tokio::test]
async fn r17_a_grant_that_zoom_rejects_minutes_after_the_report_confirms_it() {
    let fixture = Fixture::new();
    let id = fixture.sign_in("Acme").await;
    let event = deauthorized_by(&fixture, ACCOUNT, &json!("somebody"));
    assert_eq!(fixture.send_event(&event).await.status, 204);
    fixture.in_memory.run_background().await;
    assert_eq!(fixture.service(&id).await["state"], "active");
    fixture.zoom.revoke_authorizations(ACCOUNT);
    tick_after(&fixture, 1).await;
    tick_after(&fixture, 1).await;
    assert_eq!(fixture.service(&id).await["state"], "deauthorized");
    assert!(fixture.components.take_order().starts_with(&ORDER));
}

#[tokio::test]
async fn r17_a_removal_by_another_user_deletes_nothing_while_zoom_accepts_the_grant() {
    for (user, killed) in [(json!("somebody"), false), (json!(7), false), (json!("somebody"), true)] {
        let fixture = Fixture::new();
        fixture.sign_in("First").await;
        let id = fixture.sign_in("Acme").await;
        let event = deauthorized_by(&fixture, ACCOUNT, &user);
        assert_eq!(fixture.send_event(&event).await.status, 204);
        if killed {
            fixture.in_memory.kill_background();
            assert_eq!(keys(&fixture, "removal:"), [id.to_string()], "the report waits for the tick");
            fixture.tick().await;
        } else {
            fixture.in_memory.run_background().await;
        }
        assert_eq!(fixture.service(&id).await["state"], "active", "{user}");
        fixture.access_token(&id).await;
        assert_eq!(keys(&fixture, "removal:"), [id.to_string()], "Zoom may reject the grant a little later");
        tick_after(&fixture, 9).await;
        assert_eq!(keys(&fixture, "removal:"), [id.to_string()]);
        tick_after(&fixture, 1).await;
        assert_eq!(fixture.service(&id).await["state"], "active", "{user}");
        assert!(keys(&fixture, "removal:").is_empty());
        assert!(fixture.components.take_order().is_empty());
    }
}

#[tokio::test]
async fn r17_a_removal_by_another_user_deletes_all_data_once_zoom_rejects_the_grant() {
    let fixture = Fixture::new();
    let first = fixture.sign_in("First").await;
    let id = fixture.sign_in("Acme").await;
    let event = deauthorized_by(&fixture, ACCOUNT, &json!("somebody"));
    // Zoom does not say whether the grant is still valid, so nothing is deleted yet.
    fixture.zoom.disable_app(Some(DisabledBy::Zoom));
    assert_eq!(fixture.send_event(&event).await.status, 204);
    fixture.in_memory.run_background().await;
    assert_eq!(fixture.tick().await["failed"], 0);
    assert_eq!(fixture.service(&id).await["state"], "active");
    assert_eq!(keys(&fixture, "removal:"), [id.to_string()]);
    fixture.zoom.disable_app(None);
    fixture.zoom.revoke_authorizations(ACCOUNT);
    fixture.tick().await;
    fixture.tick().await;
    for service in [&first, &id] {
        assert_eq!(fixture.service(service).await["state"], "deauthorized");
    }
    assert!(fixture.components.take_order().starts_with(&ORDER));
    assert!(keys(&fixture, "removal:").is_empty() && keys(&fixture, "token:").is_empty());
}

#[tokio::test]
async fn r17_the_removal_of_another_admin_who_really_removed_the_app_is_completed_at_once() {
    let fixture = Fixture::new();
    // Zoom names the first admin of the account; the service is another one's.
    let user = fixture.zoom.add_user(NewUser { admin: true, ..NewUser::named("dora@example.com") }).unwrap();
    fixture.set_sign_in_user(&user.email);
    let id = fixture.sign_in("Acme").await;
    assert_eq!(fixture.deauthorize(ACCOUNT).await, Some(204));
    fixture.in_memory.run_background().await;
    assert_eq!(fixture.service(&id).await["state"], "deauthorized");
    assert_eq!(fixture.components.take_order(), ORDER);
}

#[tokio::test]
async fn r17_an_admin_can_sign_in_and_delete_while_a_report_is_not_confirmed() {
    let fixture = Fixture::new();
    let id = fixture.sign_in("Acme").await;
    let event = deauthorized_by(&fixture, ACCOUNT, &json!("somebody"));
    fixture.send_event(&event).await;
    fixture.in_memory.kill_background();
    assert_eq!(fixture.sign_in("Acme").await, id);
    assert_eq!(fixture.admin("DELETE", &format!("/oauth/services/{id}"), "").await.status, 204);
    assert_eq!(fixture.keys(), ["services"]);
}

/// Returns Zoom's event about the admin, with a time that differs from the present one.
fn deauthorized_at(fixture: &Fixture, minutes: i64) -> Value {
    let at = fixture.in_memory.ports().clock.now() + SignedDuration::from_mins(minutes);
    let mut event = deauthorized(fixture, ACCOUNT);
    event["event_ts"] = json!(at.as_millisecond());
    event["payload"]["deauthorization_time"] = json!(at.to_string());
    event
}

/// Clocks differ, and so do the times that Zoom gives.
#[tokio::test]
async fn r17_a_removal_minutes_before_the_sign_in_or_ahead_of_our_clock_counts_if_the_grant_is_rejected() {
    for (minutes, is_revoked, killed, state) in [
        (-9, true, false, "deauthorized"),
        (-9, true, true, "deauthorized"),
        (-9, false, false, "active"),
        (-11, true, false, "active"),
        (4, true, false, "deauthorized"),
        (4, true, true, "deauthorized"),
        (4, false, false, "active"),
    ] {
        let fixture = Fixture::new();
        let id = fixture.sign_in("Acme").await;
        if is_revoked {
            fixture.zoom.revoke_authorizations(ACCOUNT);
        }
        assert_eq!(fixture.send_event(&deauthorized_at(&fixture, minutes)).await.status, 204);
        if killed {
            fixture.in_memory.kill_background();
            fixture.tick().await;
            fixture.tick().await;
        } else {
            fixture.in_memory.run_background().await;
        }
        assert_eq!(fixture.service(&id).await["state"], state, "{minutes} {is_revoked}");
        let is_deleted = state == "deauthorized";
        assert_eq!(fixture.components.take_order().starts_with(&ORDER), is_deleted, "{minutes} {is_revoked}");
        tick_after(&fixture, 10).await;
        assert!(keys(&fixture, "removal:").is_empty(), "{minutes} {is_revoked}");
    }
}

#[tokio::test]
async fn r17_a_confirmation_that_comes_late_leaves_another_removal_alone() {
    let fixture = Fixture::new();
    let id = fixture.sign_in("Acme").await;
    fixture.send_event(&deauthorized_at(&fixture, -9)).await;
    // Before Zoom is asked, an event without doubt comes. Its deletion is incomplete.
    fixture.components.answer(Component::Attendance, &[Some((0, false))]);
    fixture.send_event(&deauthorized(&fixture, ACCOUNT)).await;
    fixture.in_memory.run_background().await;
    assert_eq!(keys(&fixture, "removal:"), [id.to_string()]);
    fixture.components.take_order();
    assert_eq!(fixture.tick().await["removed"], 1);
    assert_eq!(fixture.components.take_order(), ORDER);
}

/// An event that was signed before the sign-in is about an earlier installation, however odd its own times are.
#[tokio::test]
async fn r17_a_replayed_event_without_readable_times_does_not_end_a_later_sign_in() {
    let fixture = Fixture::new();
    let body = json!({"event": "app_deauthorized", "payload": {
        "account_id": ACCOUNT, "deauthorization_time": "2020-06-17T13:52:28.632Z", "event_ts": "-",
    }})
    .to_string();
    let (timestamp, signature) = fixture.zoom.sign(body.as_bytes());
    fixture.in_memory.advance(SignedDuration::from_hours(1));
    let id = fixture.sign_in("Acme").await;
    let headers = [("x-zm-request-timestamp", timestamp.as_str()), ("x-zm-signature", signature.as_str())];
    assert_eq!(fixture.send("POST", "/oauth/zoom-events", &headers, &body).await.status, 204);
    assert_eq!(fixture.service(&id).await["state"], "active");
    // The same event of an hour ago ends a sign-in that is older.
    let fixture = Fixture::new();
    let id = fixture.sign_in("Acme").await;
    fixture.in_memory.advance(SignedDuration::from_mins(1));
    let (timestamp, signature) = fixture.zoom.sign(body.as_bytes());
    fixture.in_memory.advance(SignedDuration::from_hours(1));
    let headers = [("x-zm-request-timestamp", timestamp.as_str()), ("x-zm-signature", signature.as_str())];
    assert_eq!(fixture.send("POST", "/oauth/zoom-events", &headers, &body).await.status, 204);
    assert_eq!(fixture.service(&id).await["state"], "deauthorized");
}

#[tokio::test]
async fn r22_the_time_of_an_event_is_read_as_number_or_text_of_event_or_payload() {
    let fixture = Fixture::new();
    let id = fixture.sign_in("Acme").await;
    let earlier = fixture.in_memory.ports().clock.now() - SignedDuration::from_mins(5);
    let millis = earlier.as_millisecond();
    for event_ts in [json!(millis), json!(millis.to_string()), json!(earlier.to_string())] {
        for event in [
            json!({"event": "app_deauthorized", "event_ts": event_ts, "payload": {"account_id": "acc_1"}}),
            json!({"event": "app_deauthorized", "payload": {"account_id": "acc_1", "event_ts": event_ts}}),
        ] {
            // The admin has signed in since, so the event is outdated.
            assert_eq!(fixture.send_event(&event).await.status, 204, "{event}");
            assert_eq!(fixture.service(&id).await["state"], "active", "{event}");
        }
    }
}

#[tokio::test]
async fn an_event_of_an_unknown_account_changes_nothing() {
    let fixture = Fixture::new();
    fixture.sign_in("Acme").await;
    let before = fixture.in_memory.dump();
    assert_eq!(fixture.send_event(&deauthorized(&fixture, "acc_9")).await.status, 204);
    assert_eq!(
        fixture.send_event(&json!({"event": "webinar.started", "payload": {"account_id": "acc_1"}})).await.status,
        204
    );
    assert_eq!(fixture.in_memory.dump(), before);
}

#[tokio::test]
async fn answers_the_url_validation_of_zoom() {
    let fixture = Fixture::new();
    let response =
        fixture.send_event(&json!({"event": "endpoint.url_validation", "payload": {"plainToken": "abc"}})).await;
    // HMAC-SHA256 of "abc" with the secret token of the app.
    let secrets = fixture.in_memory.ports().config().zoom_webhook_secret().await.unwrap();
    let expected = zoom_client::events::encrypted_token(secrets.newest(), "abc").unwrap();
    assert_eq!(response.json(), json!({"plainToken": "abc", "encryptedToken": expected}));
    assert_eq!(expected.len(), 64);
    fixture.zoom.validate_endpoint("https://app.test/oauth/zoom-events").await.unwrap();
}

#[tokio::test]
async fn rejects_an_event_without_a_valid_signature() {
    let fixture = Fixture::new();
    let id = fixture.sign_in("Acme").await;
    let event = deauthorized(&fixture, "acc_1").to_string();
    let now = fixture.in_memory.ports().clock.now().as_second().to_string();
    for headers in [
        vec![],
        vec![("x-zm-request-timestamp", now.as_str())],
        vec![("x-zm-request-timestamp", now.as_str()), ("x-zm-signature", "v0=00")],
        vec![("authorization", "Bearer admin-key-of-the-tests")],
    ] {
        let response = fixture.send("POST", "/oauth/zoom-events", &headers, &event).await;
        assert_eq!(response.problem(), (401, "UNAUTHENTICATED".into()), "{headers:?}");
    }
    assert_eq!(fixture.service(&id).await["state"], "active");
}

#[tokio::test]
async fn rejects_a_malformed_event() {
    let fixture = Fixture::new();
    for body in [
        json!([]),
        json!({"event": 1}),
        json!({"event": "app_deauthorized"}),
        json!({"event": "app_deauthorized", "payload": {"account_id": {}}}),
        json!({"event": "endpoint.url_validation", "payload": {}}),
    ] {
        assert_eq!(fixture.send_event(&body).await.problem(), (400, "INVALID_REQUEST".into()), "{body}");
    }
}
