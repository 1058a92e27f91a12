//! When a peer is unwell, or we die: nobody is registered twice, nobody is lost.

use super::world::{World, email, lead};
use super::zoom::Fate;
use domain::time::SignedDuration;
use serde_json::{Value, json};

#[tokio::test]
async fn r12_a_lost_answer_is_looked_up_and_not_sent_again() {
    let world = World::new().await;
    world.zoom.lock().unwrap().fates.push_back(Fate::Lost);
    world.submit("t", &[lead(1), lead(2)]).await;
    for id in [1, 2] {
        assert_eq!(world.outcome(id).0["registration"], "registered", "lead {id}");
        assert_eq!(world.adds(&email(id)), 1, "lead {id}");
    }
}

#[tokio::test]
async fn r12_a_broken_call_that_was_not_carried_out_is_sent_once_more() {
    let world = World::new().await;
    world.zoom.lock().unwrap().fates.push_back(Fate::Broken);
    world.submit("t", &[lead(1)]).await;
    assert_eq!(world.outcome(1).0["registration"], "registered");
    assert_eq!(world.adds(&email(1)), 2);
    assert!(world.zoom.lock().unwrap().lists > 0, "it was looked up in between");
}

#[tokio::test]
async fn r12_no_fourth_add_call_whatever_happens() {
    let world = World::new().await;
    world.zoom.lock().unwrap().fates.extend(vec![Fate::Broken; 20]);
    world.accept("t", &[lead(1)]).await;
    world.memory.run_background().await;
    for _ in 0..5 {
        world.memory.advance(SignedDuration::from_mins(1));
        world.tick().await;
    }
    assert_eq!(world.adds(&email(1)), 3);
    assert_eq!(world.outcome(1).0["errorCode"], "DAILY_LIMIT");
}

#[tokio::test]
async fn too_many_requests_a_second_are_waited_out() {
    let world = World::new().await;
    let busy = json!({"code": 429, "message": "You have reached the maximum per-second rate limit for this API."});
    world.zoom.lock().unwrap().fates.extend(vec![Fate::Answer(429, busy); 3]);
    world.submit("t", &[lead(1)]).await;
    assert_eq!(world.outcome(1).0["registration"], "registered");
}

#[tokio::test]
async fn r12_no_add_call_is_spent_while_the_service_lacks_a_right() {
    let world = World::new().await;
    for (code, message) in [(200, "No permission."), (4711, "Invalid access token, does not contain scopes:[a:b].")] {
        world.zoom.lock().unwrap().questions = json!({"code": code, "message": message});
        world.submit("t", &[lead(1)]).await;
        assert_eq!(world.adds(&email(1)), 0, "{message}");
        assert!(world.marketo.lock().unwrap().callbacks.is_empty());
    }
    world.zoom.lock().unwrap().questions = json!({});
    assert_eq!(world.tick().await, 1);
    assert_eq!(world.outcome(1).0["registration"], "registered");
}

#[tokio::test]
async fn r2_work_waits_for_the_next_sign_in() {
    let world = World::new().await;
    world.service("needs-sign-in").await;
    world.submit("t", &[lead(1)]).await;
    assert!(world.marketo.lock().unwrap().callbacks.is_empty());
    world.service("active").await;
    assert_eq!(world.tick().await, 1);
    assert_eq!(world.outcome(1).0["registration"], "registered");
}

#[tokio::test]
async fn what_waits_too_long_is_told_to_marketo_as_failed() {
    let world = World::new().await;
    world.service("needs-sign-in").await;
    world.submit("t", &[lead(1)]).await;
    world.memory.advance(SignedDuration::from_mins(31));
    world.tick().await;
    let (activity, _) = world.outcome(1);
    assert_eq!(
        (&activity["errorCode"], &activity["registration"]),
        (&json!("SERVICE_NEEDS_SIGN_IN"), &json!("failed"))
    );
    assert_eq!(world.marketo.lock().unwrap().statuses[&1], "Registration Error");
}

#[tokio::test]
async fn a_killed_process_leaves_its_chunk_to_the_tick() {
    let world = World::new().await;
    // Zoom knows lead 1, but we died before we could write that down.
    world.zoom.lock().unwrap().registrants.push((email(1), true));
    world.accept("t", &[lead(1), lead(2)]).await;
    world.memory.kill_background();
    assert_eq!(world.tick().await, 1);
    assert_eq!((world.adds(&email(1)), world.adds(&email(2))), (0, 1));
    assert_eq!(world.marketo.lock().unwrap().callbacks.len(), 1);
    assert_eq!(world.tick().await, 0);
}

#[tokio::test]
async fn marketos_passing_trouble_is_repeated_and_lasting_trouble_waits() {
    let world = World::new().await;
    world.marketo.lock().unwrap().statuses.insert(1, "Registered".into());
    world.marketo.lock().unwrap().codes.extend(["606", "602", "713"]);
    world.submit("t", &[lead(1)]).await;
    assert!(world.marketo.lock().unwrap().data.contains_key(&1));

    world.marketo.lock().unwrap().statuses.insert(2, "Registered".into());
    world.marketo.lock().unwrap().codes.push_back("607");
    world.submit("u", &[lead(2)]).await;
    assert_eq!(world.marketo.lock().unwrap().callbacks.len(), 1, "MARKETO_QUOTA keeps the chunk");
    assert_eq!(world.tick().await, 1);
    assert_eq!(world.outcome(2).0["registration"], "registered");
    assert_eq!(world.adds(&email(2)), 1);
}

#[tokio::test]
async fn a_refused_callback_is_tried_six_times_and_then_kept_for_the_console() {
    let world = World::new().await;
    world.marketo.lock().unwrap().callback_statuses.extend(vec![403; 99]);
    world.submit("t", &[lead(1)]).await;
    let mut ticks = 0;
    loop {
        world.memory.advance(SignedDuration::from_mins(2));
        if world.tick().await == 0 {
            break;
        }
        ticks += 1;
    }
    assert!(ticks >= 5, "{ticks}");
    let (status, body) = world.send("GET", "/registration/failures", &Value::Null).await;
    assert_eq!(status, 200);
    assert_eq!(body["failures"][0]["code"], "MARKETO_UNAVAILABLE", "{body}");
    assert_eq!(world.adds(&email(1)), 1);
}

#[tokio::test]
async fn a_chunk_larger_than_one_value_is_kept_in_parts() {
    let world = World::new().await;
    let fat = |id: u64| {
        let mut lead = lead(id);
        lead["objectContext"]["notes"] = json!("x".repeat(2000));
        lead
    };
    let leads: Vec<_> = (1..=100).map(fat).collect();
    world.accept("t", &leads).await;
    let parts = world.memory.dump().into_iter().filter(|(key, _)| key.starts_with("outbox:"));
    let sizes: Vec<_> = parts.map(|(_, value)| value.len()).collect();
    assert!(sizes.len() > 3 && sizes.iter().all(|size| *size <= 64_000), "{sizes:?}");
    world.memory.kill_background();
    world.tick().await;
    assert_eq!(world.outcome(100).0["registration"], "registered");
    assert!(world.memory.dump().keys().all(|key| !key.starts_with("outbox:")));
}

#[tokio::test]
async fn who_was_given_up_and_then_registered_is_registered_in_marketo_too() {
    for is_blank in [false, true] {
        let world = World::new().await;
        world.marketo.lock().unwrap().statuses.insert(1, "Registered".into());
        world.service("needs-sign-in").await;
        let mut who = lead(1);
        if is_blank {
            who["programMemberContext"] = Value::Null;
        }
        world.submit("t", &[who]).await;
        // Given up, and Marketo does not take the callback.
        world.memory.advance(SignedDuration::from_mins(31));
        world.marketo.lock().unwrap().callback_statuses.push_back(403);
        world.tick().await;
        assert_eq!(world.marketo.lock().unwrap().statuses[&1], "Registration Error");
        world.service("active").await;
        for _ in 0..5 {
            world.memory.advance(SignedDuration::from_mins(1));
            world.tick().await;
        }
        assert_eq!(world.marketo.lock().unwrap().statuses[&1], "Registered", "blank: {is_blank}");
        assert_eq!(world.outcome(1).0["registration"], "registered");
        assert_eq!(world.adds(&email(1)), 1);
        assert!(world.memory.dump().keys().all(|key| !key.starts_with("outbox:") && !key.starts_with("failure:")));
    }
}
