//! R3: whose webinars are offered. Those of the admin who signed in, and of at most 20 enabled users of the account.

use super::{add_other_account, add_webinar, offered, service};
use crate::harness::{App, Scene, email};
use fakes::marketo::world::WEBINAR_PROGRAM;
use fakes::stage::Answer;
use fakes::zoom::{ADMIN, NewUser, NewWebinar};
use jiff::SignedDuration;
use serde_json::{Value, json};

const SAM: &str = "sam@example.com";
const KIM: &str = "kim@example.com";

/// The usual scene, with Sam and Kim in the account.
async fn scene() -> Scene {
    let scene = Scene::set(App::start().await).await;
    for user in [SAM, KIM] {
        scene.app.stage.zoom.add_user(NewUser::named(user)).unwrap();
    }
    scene
}

/// Enables users of the scene's service.
async fn enable<T: AsRef<str>>(scene: &Scene, users: &[T]) -> Answer {
    let users: Vec<_> = users.iter().map(AsRef::as_ref).collect();
    scene.admin.put(&format!("/oauth/services/{}/users", scene.service), &json!({ "users": users })).await.unwrap()
}

/// The users as the console lists them.
async fn enabled(scene: &Scene) -> Value {
    service(&scene.admin, &scene.service).await["users"].clone()
}

/// The outcome of the usual campaign over one lead.
async fn outcome(scene: &Scene, lead: i64) -> String {
    let run = scene.run_campaign(&[lead]).await;
    run.outcomes()[&lead].error_code.clone()
}

#[tokio::test]
async fn r3_enabling_a_user_counts_at_once_and_so_does_disabling() {
    let scene = scene().await;
    let leads = scene.add_leads(3);
    let (admin, id) = (&scene.admin, &scene.service);
    let sams = add_webinar(&scene.app.stage, SAM, "Sam's");
    assert_eq!(offered(admin, id).await, [scene.webinar].into());
    let refused = admin.connect(WEBINAR_PROGRAM, id, sams).await.unwrap();
    assert_eq!((refused.status, refused.code()), (422, "HOST_NOT_ENABLED"));
    assert_eq!(scene.program().await["webinar"]["id"], scene.webinar.to_string(), "the connection is as it was");

    let answer = enable(&scene, &[" Sam@Example.com ", "sam@example.com", "KIM@example.com"]).await.ok().unwrap();
    assert_eq!(answer["users"], json!([SAM, KIM]));
    assert_eq!(enabled(&scene).await, json!([SAM, KIM]));
    assert_eq!(offered(admin, id).await, [scene.webinar, sams].into());
    let scene = Scene { webinar: sams, ..scene };
    scene.admin.connect(WEBINAR_PROGRAM, &scene.service, sams).await.unwrap().ok().unwrap();
    assert_eq!(outcome(&scene, leads[0]).await, "");
    assert_eq!(scene.app.stage.zoom.webinar(sams).unwrap().registrants.len(), 1);

    assert_eq!(enable(&scene, &[KIM]).await.ok().unwrap()["users"], json!([KIM]));
    assert!(!offered(&scene.admin, &scene.service).await.contains(&sams));
    assert_eq!(scene.program().await["problem"]["code"], "HOST_NOT_ENABLED");
    let refused = scene.admin.connect(WEBINAR_PROGRAM, &scene.service, sams).await.unwrap();
    assert_eq!(refused.code(), "HOST_NOT_ENABLED");
    assert_eq!(outcome(&scene, leads[1]).await, "HOST_NOT_ENABLED");
    assert_eq!(scene.add_calls(&email(2)), 0);

    enable(&scene, &[SAM]).await.ok().unwrap();
    assert_eq!(scene.program().await["problem"], Value::Null);
    assert_eq!(outcome(&scene, leads[1]).await, "");
    assert_eq!(outcome(&scene, leads[2]).await, "");
    // Signing in again keeps whom the admin has enabled.
    scene.admin.sign_in("Acme Webinars").await.unwrap();
    assert_eq!(enabled(&scene).await, json!([SAM]));
    scene.app.assert_no_trap();
    scene.app.assert_nothing_personal();
}

#[tokio::test]
async fn r3_a_list_that_cannot_be_is_refused_and_changes_nothing() {
    let scene = scene().await;
    add_other_account(&scene.app.stage);
    enable(&scene, &[SAM]).await.ok().unwrap();
    for (users, named) in [
        (vec![KIM, "nobody@example.com"], "nobody@example.com"),
        (vec![super::OTHER_ADMIN], super::OTHER_ADMIN),
        (vec![KIM, "kim"], "Entry 2 "),
        (vec![""], "Entry 1 "),
        (vec!["kim@example.com, sam@example.com"], "Entry 1 "),
    ] {
        let refused = enable(&scene, &users).await;
        assert_eq!((refused.status, refused.code()), (422, "USER_NOT_FOUND"), "{users:?}");
        let detail = refused.body["detail"].as_str().unwrap();
        assert!(detail.contains(named) && !detail.contains(KIM), "{users:?}: {detail}");
        assert_eq!(enabled(&scene).await, json!([SAM]), "{users:?}");
    }
    let gone = scene.admin.put("/oauth/services/0123/users", &json!({ "users": [SAM] })).await.unwrap();
    assert_eq!(gone.code(), "SERVICE_NOT_FOUND");
    scene.app.assert_nothing_personal();
}

#[tokio::test]
async fn r3_at_most_20_users_are_enabled() {
    let scene = scene().await;
    let zoom = &scene.app.stage.zoom;
    let mut users: Vec<_> = (1..=20).map(|n| format!("user{n}@example.com")).collect();
    for user in &users {
        zoom.add_user(NewUser::named(user)).unwrap();
    }
    let twice: Vec<_> = users.iter().chain(&users).map(|user| user.to_uppercase()).collect();
    assert_eq!(enable(&scene, &twice).await.ok().unwrap()["users"], json!(users));
    let webinars: Vec<_> = users.iter().map(|user| add_webinar(&scene.app.stage, user, user)).collect();
    let offered = offered(&scene.admin, &scene.service).await;
    assert!(webinars.iter().all(|webinar| offered.contains(webinar)), "{offered:?}");
    assert_eq!(offered.len(), 21, "the admin's own and those of 20 users");

    users.push(SAM.to_owned());
    let refused = enable(&scene, &users).await;
    assert_eq!((refused.status, refused.code()), (422, "TOO_MANY_USERS"));
    assert_eq!(enabled(&scene).await, json!(users[..20]));
    assert_eq!(enable::<&str>(&scene, &[]).await.ok().unwrap()["users"], json!([]));
}

#[tokio::test]
async fn r3_meetings_recurring_webinars_and_other_peoples_are_never_offered() {
    let scene = scene().await;
    let (zoom, admin, id) = (&scene.app.stage.zoom, &scene.admin, &scene.service);
    enable(&scene, &[SAM]).await.ok().unwrap();
    let start = zoom.clock().now() - SignedDuration::from_hours(2);
    let mut refused = vec![
        (add_other_account(&scene.app.stage), "WEBINAR_NOT_FOUND"),
        (add_webinar(&scene.app.stage, KIM, "Kim's"), "HOST_NOT_ENABLED"),
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
    let sams = add_webinar(&scene.app.stage, SAM, "Sam's");
    assert_eq!(offered(admin, id).await, [scene.webinar, sams].into());
    for (webinar, code) in refused {
        assert_eq!(admin.connect(WEBINAR_PROGRAM, id, webinar).await.unwrap().code(), code, "{webinar}");
    }
    assert_eq!(scene.program().await["webinar"]["id"], scene.webinar.to_string());
    let of_meetings = |entry: &fakes::support::Entry| entry.path.contains("meeting");
    assert!(!zoom.log().entries().iter().any(of_meetings), "meetings are not even asked for");
}
