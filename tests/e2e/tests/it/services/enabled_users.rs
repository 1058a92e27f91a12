//! Whose webinars are offered (R3): those of the admin who signed in, and of at most 20 enabled users of the account.

use super::support::{OTHER_ADMIN, add_other_account, add_webinar, offered, service};
use crate::harness::{App, Fixture, email};
use fakes::env::Answer;
use fakes::marketo::subscription::WEBINAR_PROGRAM;
use fakes::zoom::{ADMIN, NewUser, NewWebinar};
use jiff::SignedDuration;
use serde_json::{Value, json};

const SAM: &str = "sam@example.com";
const KIM: &str = "kim@example.com";

/// Returns the standard fixture with Sam and Kim in the account.
async fn fixture() -> Fixture {
    let fixture = Fixture::new(App::start().await).await;
    for user in [SAM, KIM] {
        fixture.app.env.zoom.add_user(NewUser::named(user)).unwrap();
    }
    fixture
}

/// Sets the enabled users of the fixture's service.
async fn enable<T: AsRef<str>>(fixture: &Fixture, users: &[T]) -> Answer {
    let users: Vec<_> = users.iter().map(AsRef::as_ref).collect();
    fixture.admin.put(&format!("/oauth/services/{}/users", fixture.service), &json!({ "users": users })).await.unwrap()
}

/// Returns the enabled users as the console lists them.
async fn enabled(fixture: &Fixture) -> Value {
    service(&fixture.admin, &fixture.service).await["users"].clone()
}

/// Runs the standard campaign over one lead and returns its error code.
async fn outcome(fixture: &Fixture, lead: i64) -> String {
    let run = fixture.run_campaign(&[lead]).await;
    run.outcomes()[&lead].error_code.clone()
}

#[tokio::test]
async fn r3_enabling_and_disabling_a_user_take_effect_immediately() {
    let fixture = fixture().await;
    let leads = fixture.add_leads(3);
    let (admin, id) = (&fixture.admin, &fixture.service);
    let sams = add_webinar(&fixture.app.env, SAM, "Sam's");
    assert_eq!(offered(admin, id).await, [fixture.webinar].into());
    let refused = admin.connect(WEBINAR_PROGRAM, id, sams).await.unwrap();
    assert_eq!((refused.status, refused.code()), (422, "HOST_NOT_ENABLED"));
    assert_eq!(fixture.program().await["webinar"]["id"], fixture.webinar.to_string(), "the connection is unchanged");

    let answer = enable(&fixture, &[" Sam@Example.com ", "sam@example.com", "KIM@example.com"]).await.ok().unwrap();
    assert_eq!(answer["users"], json!([SAM, KIM]));
    assert_eq!(enabled(&fixture).await, json!([SAM, KIM]));
    assert_eq!(offered(admin, id).await, [fixture.webinar, sams].into());
    let fixture = Fixture { webinar: sams, ..fixture };
    fixture.admin.connect(WEBINAR_PROGRAM, &fixture.service, sams).await.unwrap().ok().unwrap();
    assert_eq!(outcome(&fixture, leads[0]).await, "");
    assert_eq!(fixture.app.env.zoom.webinar(sams).unwrap().registrants.len(), 1);

    assert_eq!(enable(&fixture, &[KIM]).await.ok().unwrap()["users"], json!([KIM]));
    assert!(!offered(&fixture.admin, &fixture.service).await.contains(&sams));
    assert_eq!(fixture.program().await["problem"]["code"], "HOST_NOT_ENABLED");
    let refused = fixture.admin.connect(WEBINAR_PROGRAM, &fixture.service, sams).await.unwrap();
    assert_eq!(refused.code(), "HOST_NOT_ENABLED");
    assert_eq!(outcome(&fixture, leads[1]).await, "HOST_NOT_ENABLED");
    assert_eq!(fixture.add_calls(&email(2)), 0);

    enable(&fixture, &[SAM]).await.ok().unwrap();
    assert_eq!(fixture.program().await["problem"], Value::Null);
    assert_eq!(outcome(&fixture, leads[1]).await, "");
    assert_eq!(outcome(&fixture, leads[2]).await, "");
    // Signing in again keeps the enabled users.
    fixture.admin.sign_in("Acme Webinars").await.unwrap();
    assert_eq!(enabled(&fixture).await, json!([SAM]));
    fixture.app.assert_no_trap();
    fixture.app.assert_logs_are_clean();
}

#[tokio::test]
async fn r3_invalid_user_list_is_rejected_and_changes_nothing() {
    let fixture = fixture().await;
    add_other_account(&fixture.app.env);
    enable(&fixture, &[SAM]).await.ok().unwrap();
    for (users, named) in [
        (vec![KIM, "unknown@example.com"], "unknown@example.com"),
        (vec![OTHER_ADMIN], OTHER_ADMIN),
        (vec![KIM, "kim"], "Entry 2 "),
        (vec![""], "Entry 1 "),
        (vec!["kim@example.com, sam@example.com"], "Entry 1 "),
    ] {
        let refused = enable(&fixture, &users).await;
        assert_eq!((refused.status, refused.code()), (422, "USER_NOT_FOUND"), "{users:?}");
        let detail = refused.body["detail"].as_str().unwrap();
        assert!(detail.contains(named) && !detail.contains(KIM), "{users:?}: {detail}");
        assert_eq!(enabled(&fixture).await, json!([SAM]), "{users:?}");
    }
    let gone = fixture.admin.put("/oauth/services/0123/users", &json!({ "users": [SAM] })).await.unwrap();
    assert_eq!(gone.code(), "SERVICE_NOT_FOUND");
    fixture.app.assert_logs_are_clean();
}

#[tokio::test]
async fn r3_at_most_20_users_are_enabled() {
    let fixture = fixture().await;
    let zoom = &fixture.app.env.zoom;
    let mut users: Vec<_> = (1..=20).map(|n| format!("user{n}@example.com")).collect();
    for user in &users {
        zoom.add_user(NewUser::named(user)).unwrap();
    }
    let twice: Vec<_> = users.iter().chain(&users).map(|user| user.to_uppercase()).collect();
    assert_eq!(enable(&fixture, &twice).await.ok().unwrap()["users"], json!(users));
    let webinars: Vec<_> = users.iter().map(|user| add_webinar(&fixture.app.env, user, user)).collect();
    let offered = offered(&fixture.admin, &fixture.service).await;
    assert!(webinars.iter().all(|webinar| offered.contains(webinar)), "{offered:?}");
    assert_eq!(offered.len(), 21, "webinars of the admin and 20 users");

    users.push(SAM.to_owned());
    let refused = enable(&fixture, &users).await;
    assert_eq!((refused.status, refused.code()), (422, "TOO_MANY_USERS"));
    assert_eq!(enabled(&fixture).await, json!(users[..20]));
    assert_eq!(enable::<&str>(&fixture, &[]).await.ok().unwrap()["users"], json!([]));
}

#[tokio::test]
async fn r3_meetings_recurring_webinars_and_webinars_of_other_hosts_are_never_offered() {
    let fixture = fixture().await;
    let (zoom, admin, id) = (&fixture.app.env.zoom, &fixture.admin, &fixture.service);
    enable(&fixture, &[SAM]).await.ok().unwrap();
    let start = zoom.clock().now() - SignedDuration::from_hours(2);
    let mut refused = vec![
        (add_other_account(&fixture.app.env), "WEBINAR_NOT_FOUND"),
        (add_webinar(&fixture.app.env, KIM, "Kim's"), "HOST_NOT_ENABLED"),
    ];
    for host in [ADMIN, SAM] {
        let host = || host.to_owned();
        let over = NewWebinar { host: host(), start_time: Some(start), duration: 60, ..NewWebinar::default() };
        for (webinar, code) in [
            (NewWebinar { host: host(), kind: 6, ..NewWebinar::default() }, "WEBINAR_RECURRING"),
            (NewWebinar { host: host(), kind: 9, ..NewWebinar::default() }, "WEBINAR_RECURRING"),
            (over, "WEBINAR_OVER"),
        ] {
            refused.push((zoom.add_webinar(webinar).unwrap().id, code));
        }
    }
    let sams = add_webinar(&fixture.app.env, SAM, "Sam's");
    assert_eq!(offered(admin, id).await, [fixture.webinar, sams].into());
    for (webinar, code) in refused {
        assert_eq!(admin.connect(WEBINAR_PROGRAM, id, webinar).await.unwrap().code(), code, "{webinar}");
    }
    assert_eq!(fixture.program().await["webinar"]["id"], fixture.webinar.to_string());
    let is_meeting_request = |entry: &fakes::support::Entry| entry.path.contains("meeting");
    assert!(!zoom.log().entries().iter().any(is_meeting_request), "no meetings are requested");
}
