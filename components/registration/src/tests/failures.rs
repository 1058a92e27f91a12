//! The list of failures, and trying again: asked by the admin, or by the tick.

use super::world::{PROGRAM, WEBINAR, World, email, lead};
use super::zoom::Fate;
use domain::records::{ConnectedPrograms, ProgramsKey};
use domain::time::{SignedDuration, Timestamp};
use serde_json::{Value, json};

/// The failures as listed.
async fn failures(world: &World) -> Vec<Value> {
    let (status, body) = world.send("GET", "/registration/failures", &Value::Null).await;
    assert_eq!(status, 200, "{body}");
    body["failures"].as_array().unwrap().clone()
}

/// Puts leads into Marketo, where trying again looks them up.
fn in_marketo(world: &World, ids: &[u64]) {
    let mut marketo = world.marketo.lock().unwrap();
    for &id in ids {
        let person = json!({"id": id, "email": email(id), "firstName": format!("F{id}"), "lastName": format!("L{id}")});
        marketo.leads.insert(id, person);
        marketo.statuses.insert(id, "Registered".into());
    }
}

fn webhook(id: u64) -> Value {
    json!({
        "program_id": PROGRAM, "lead_id": id, "email": email(id), "first_name": "F", "last_name": "L", "status": "Registered",
    })
}

fn now(world: &World) -> Timestamp {
    world.memory.ports().clock.now()
}

#[tokio::test]
async fn failures_are_listed_with_their_cause_and_tried_again() {
    let world = World::new().await;
    let full = json!({"code": 3000, "message": "limit for the number of attendees"});
    world.zoom.lock().unwrap().fates.push_back(Fate::Answer(400, full));
    world.submit("t", &[lead(1)]).await;
    let (status, body) = world.send("GET", "/registration/failures", &Value::Null).await;
    assert_eq!(status, 200);
    let failures = body["failures"].as_array().unwrap();
    assert_eq!(failures.len(), 1, "{body}");
    assert_eq!(failures[0]["code"], "WEBINAR_FULL");
    assert_eq!((&failures[0]["program_id"], &failures[0]["lead_id"]), (&json!("1001"), &json!("1")));
    assert!(!body.to_string().contains(&email(1)));

    let person = json!({"id": 1, "email": email(1), "firstName": "F1", "lastName": "L1"});
    world.marketo.lock().unwrap().leads.insert(1, person);
    let (status, body) =
        world.send("POST", "/registration/failures/retry", &json!({"program_id": PROGRAM, "lead_ids": ["1"]})).await;
    assert_eq!((status, &body["leads"][0]["outcome"]), (200, &json!("registered")), "{body}");
    let (_, body) = world.send("GET", "/registration/failures", &Value::Null).await;
    assert_eq!(body["failures"], json!([]));
}

#[tokio::test]
async fn what_passes_by_itself_is_tried_again_on_the_schedule() {
    let world = World::new().await;
    in_marketo(&world, &[1]);
    world.service("needs-sign-in").await;
    let (status, problem) = world.send("POST", "/registration/webhook", &webhook(1)).await;
    assert_eq!((status, &problem["code"]), (503, &json!("SERVICE_NEEDS_SIGN_IN")));
    let began = now(&world);
    let mut tries = Vec::new();
    while let Some(next) = failures(&world).await[0]["next_try"].as_str().map(str::to_owned) {
        let next: Timestamp = next.parse().unwrap();
        // Nothing happens before its time.
        assert_eq!(world.tick().await, 0);
        world.memory.advance(next.duration_since(now(&world)));
        tries.push(next.duration_since(began).as_secs());
        assert_eq!(world.tick().await, 1);
    }
    assert_eq!(tries.len(), 7, "{tries:?}");
    let hours = tries[6] / 3600;
    assert!((22..=34).contains(&hours), "the schedule lasts a bit more than a day: {tries:?}");
    assert_eq!(failures(&world).await[0]["tries"], 8);
    // The admin still can.
    world.service("active").await;
    world.send("POST", "/registration/failures/retry", &json!({"program_id": PROGRAM})).await;
    assert_eq!(failures(&world).await, [] as [Value; 0]);
    assert_eq!(world.adds(&email(1)), 1);
}

#[tokio::test]
async fn who_waited_too_long_in_a_chunk_is_registered_by_the_tick_all_the_same() {
    let world = World::new().await;
    in_marketo(&world, &[1, 2]);
    world.service("needs-sign-in").await;
    world.submit("t", &[lead(1), lead(2)]).await;
    assert!(failures(&world).await.is_empty(), "a chunk that waits has not failed");
    world.memory.advance(SignedDuration::from_mins(31));
    world.tick().await;
    assert_eq!(world.outcome(1).0["errorCode"], "SERVICE_NEEDS_SIGN_IN");
    assert_eq!(world.marketo.lock().unwrap().statuses[&1], "Registration Error");
    world.service("active").await;
    world.memory.advance(SignedDuration::from_secs(10));
    assert_eq!(world.tick().await, 1);
    {
        let marketo = world.marketo.lock().unwrap();
        for id in [1, 2] {
            assert_eq!(marketo.statuses[&id], "Registered");
            assert!(marketo.data[&id]["webinarUrl"].as_str().unwrap().contains("tk="));
        }
        assert_eq!(marketo.callbacks.len(), 1, "Marketo was called back already");
    }
    assert!(failures(&world).await.is_empty());
    assert_eq!((world.adds(&email(1)), world.adds(&email(2))), (1, 1));
}

#[tokio::test]
async fn r12_daily_limit_is_parked_until_midnight_utc_and_then_tried() {
    let world = World::new().await;
    in_marketo(&world, &[1]);
    let limit =
        json!({"code": 429, "message": "You have exceeded the daily rate limit of (3) for Add a webinar registrant"});
    world.zoom.lock().unwrap().fates.push_back(Fate::Answer(429, limit));
    world.submit("t", &[lead(1)]).await;
    assert_eq!(world.outcome(1).0["errorCode"], "DAILY_LIMIT");
    let midnight = now(&world).next_midnight(SignedDuration::ZERO);
    assert_eq!(failures(&world).await[0]["next_try"], midnight.to_string());
    world.memory.advance(midnight.duration_since(now(&world)) - SignedDuration::from_secs(1));
    assert_eq!(world.tick().await, 0);
    world.memory.advance(SignedDuration::from_secs(1));
    assert_eq!(world.tick().await, 1);
    assert!(world.marketo.lock().unwrap().data.contains_key(&1));
    assert!(failures(&world).await.is_empty());
}

#[tokio::test]
async fn r12_add_calls_are_counted_over_all_webinars() {
    let world = World::new().await;
    let others: Vec<u64> = (1..=3).map(|n| WEBINAR + n).collect();
    let webinars = others.iter().map(|&id| id.into()).chain([WEBINAR.into()]).collect();
    let programs = ConnectedPrograms { ids: vec![PROGRAM.into()], webinars, ..ConnectedPrograms::default() };
    world.memory.ports().store().put(&ProgramsKey {}, &programs).await.unwrap();
    for &webinar in &others {
        world.connect_to(webinar).await;
        world.submit(&format!("to {webinar}"), &[lead(1)]).await;
        assert_eq!(world.outcome(1).0["registration"], "registered", "{webinar}");
    }
    world.connect_to(WEBINAR).await;
    world.submit("one too many", &[lead(1), lead(2)]).await;
    assert_eq!(world.outcome(1).0["errorCode"], "DAILY_LIMIT");
    assert_eq!(world.outcome(2).0["registration"], "registered");
    assert_eq!(world.adds(&email(1)), 3);
    in_marketo(&world, &[1]);
    world.memory.advance(now(&world).next_midnight(SignedDuration::ZERO).duration_since(now(&world)));
    assert_eq!(world.tick().await, 1);
    assert!(failures(&world).await.is_empty(), "on the next day");
}

#[tokio::test]
async fn who_never_came_as_far_as_the_ledger_is_listed_too() {
    let world = World::new().await;
    in_marketo(&world, &[1]);
    let mut nameless = lead(1);
    nameless["objectContext"]["lastName"] = Value::Null;
    world.submit("t", &[nameless]).await;
    let listed = failures(&world).await;
    assert_eq!((&listed[0]["code"], &listed[0]["lead_id"]), (&json!("MISSING_FIELD"), &json!("1")));
    assert_eq!(listed[0]["next_try"], Value::Null);
    // Mended in Marketo, and registered in another campaign.
    world.submit("u", &[lead(1)]).await;
    assert!(failures(&world).await.is_empty());
}

#[tokio::test]
async fn a_lead_that_marketo_has_no_more_is_forgotten() {
    let world = World::new().await;
    world.service("needs-sign-in").await;
    world.send("POST", "/registration/webhook", &webhook(1)).await;
    world.service("active").await;
    world.memory.advance(SignedDuration::from_secs(10));
    assert_eq!(world.tick().await, 1);
    assert!(failures(&world).await.is_empty());
    assert_eq!(world.adds(&email(1)), 0);
}

#[tokio::test]
async fn two_ticks_at_once_try_a_failure_once() {
    let world = World::new().await;
    in_marketo(&world, &[1]);
    world.service("needs-sign-in").await;
    world.send("POST", "/registration/webhook", &webhook(1)).await;
    world.service("active").await;
    world.memory.advance(SignedDuration::from_secs(10));
    world.tick().await;
    assert_eq!(world.tick().await, 0);
    assert_eq!(world.adds(&email(1)), 1);
}

#[tokio::test]
async fn the_ledger_and_the_failures_are_swept_30_days_after_the_webinar() {
    let world = World::new().await;
    let programs = ConnectedPrograms { ids: vec![PROGRAM.into()], ..ConnectedPrograms::default() };
    world.memory.ports().store().put(&ProgramsKey {}, &programs).await.unwrap();
    let mut nameless = lead(2);
    nameless["objectContext"]["lastName"] = Value::Null;
    world.submit("t", &[lead(1), nameless]).await;
    let kept = || {
        world
            .memory
            .dump()
            .into_keys()
            .filter(|key| key.starts_with("registration:") || key.starts_with("failure:"))
            .count()
    };
    assert_eq!(kept(), 2);
    // The webinar ends on November 10 at 11:00.
    for (at, left) in [("2026-12-10T10:00:30Z", 2), ("2026-12-10T12:30:00Z", 2), ("2026-12-10T13:00:10Z", 0)] {
        world.memory.advance(at.parse::<Timestamp>().unwrap().duration_since(now(&world)));
        world.tick().await;
        assert_eq!(kept(), left, "{at}");
    }
}
