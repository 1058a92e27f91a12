//! `POST /internal/forget-person`.

use super::env::{PROGRAM, TestEnv, WEBINAR, address, throughout};
use axum::body::Body;
use domain::records::{LiveDone, LiveDoneKey, LiveJoin, LiveJoins, LiveJoinsKey};
use domain::time::SignedDuration;
use domain::{Email, EmailHash};
use http::HeaderMap;
use serde_json::{Value, json};

fn hash(name: &str) -> EmailHash {
    Email::parse(&address(name)).unwrap().hash()
}

async fn forget(env: &TestEnv, name: &str, registrants: &[&str], leads: &[u64]) -> Value {
    let request = json!({
        "email": address(name), "registrants": registrants, "leads": leads,
        "deadline": env.now() + SignedDuration::from_secs(10),
    });
    let body = Body::from(request.to_string());
    let (status, body) = env.call("POST", "/internal/forget-person", HeaderMap::new(), body).await;
    assert_eq!(status, 200, "{body}");
    body
}

/// Returns an environment whose webinar has ended with two people, registered and members.
async fn ended() -> TestEnv {
    let env = TestEnv::new().await;
    env.register(&["r1", "r2"]).await;
    env.push(&["r1", "r2"]).await;
    env.end_webinar_with(throughout(&["r1", "r2"])).await;
    env
}

#[tokio::test]
async fn the_presence_of_a_person_is_deleted_and_no_other() {
    let env = ended().await;
    env.tick_for(60).await;
    assert!(env.trace(&address("r1")).await["joined_at"].is_string());
    let body = forget(&env, "r1", &[], &[]).await;
    assert_eq!((&body["presences"], &body["programs"]), (&json!(1), &json!([PROGRAM.to_string()])));
    assert_eq!(body["complete"], true);
    assert!(env.trace(&address("r1")).await["joined_at"].is_null());
    assert!(env.trace(&address("r2")).await["joined_at"].is_string());
    assert_eq!(forget(&env, "r1", &[], &[]).await["presences"], 0);
}

#[tokio::test]
async fn a_page_that_has_the_person_is_deleted_and_the_run_ends_all_the_same() {
    let env = ended().await;
    // No Show waits, so the pages are kept.
    env.set_no_show_after(120).await;
    env.tick_for(60).await;
    let has_address = || {
        let dump = env.memory.dump();
        dump.iter().any(|(key, value)| {
            key.starts_with("attendance:") && String::from_utf8_lossy(value).contains(&address("r1"))
        })
    };
    assert!(has_address(), "the fixture has pages with the address");
    let registrant = env.registrant_id("r1").unwrap();
    let body = forget(&env, "r1", &[&registrant], &[]).await;
    assert!(body["pages"].as_u64().unwrap() > 0, "{body}");
    assert!(!has_address());
    env.tick_for(180).await;
    assert_eq!((env.status("r1"), env.status("r2")), ("Attended".to_owned(), "Attended".to_owned()));
    assert!(["settling", "done"].contains(&env.view().await["phase"].as_str().unwrap()));
}

#[tokio::test]
async fn joins_and_digests_of_the_person_are_deleted() {
    let env = TestEnv::new().await;
    let join = |registrant: Option<&str>, email: Option<&str>, leads: &[u64]| LiveJoin {
        at: env.now(),
        registrant: registrant.map(Into::into),
        email: email.map(hash),
        leads: leads.iter().map(|&lead| lead.into()).collect(),
    };
    let joins = vec![
        join(Some("reg1"), None, &[]),
        join(None, Some("r1"), &[]),
        join(None, None, &[71]),
        join(Some("reg2"), Some("r2"), &[72]),
    ];
    let key = LiveJoinsKey { webinar: WEBINAR.into(), slot: 3 };
    for (until, is_complete) in
        [(env.now() - SignedDuration::from_secs(1), true), (env.now() + SignedDuration::from_secs(9), false)]
    {
        env.ports().store().put(&key, &LiveJoins { v: 1, by: 1, until, joins: joins.clone() }).await.unwrap();
        let body = forget(&env, "r1", &["reg1"], &[71]).await;
        assert_eq!((&body["joins"], &body["complete"]), (&json!(3), &json!(is_complete)));
        assert_eq!(body["webinars"], json!([WEBINAR.to_string()]));
        let stored = env.ports().store().get(&key).await.unwrap().unwrap();
        assert_eq!(stored.joins, joins[3..]);
    }
    let digests: Vec<_> = joins.iter().map(crate::live::people::identity).collect();
    let key = LiveDoneKey { webinar: WEBINAR.into(), page: 0 };
    env.ports().store().put(&key, &LiveDone { v: 1, at: env.now(), people: digests.clone() }).await.unwrap();
    forget(&env, "r1", &["reg1"], &[71]).await;
    let stored = env.ports().store().get(&key).await.unwrap().unwrap();
    // The number of people decides which page is the last.
    assert_eq!(stored.people, [0, 0, 0, digests[3]]);
}
