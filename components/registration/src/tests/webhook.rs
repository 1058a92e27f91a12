//! One lead within the request.

use super::world::{PROGRAM, WEBINAR, World, email, lead};
use super::zoom::{Fate, link};
use async_trait::async_trait;
use domain::records::ProgramKey;
use domain::time::{SignedDuration, Timestamp};
use futures::FutureExt;
use platform::Ports;
use platform::ports::Clock;
use serde_json::{Value, json};
use std::sync::Arc;

fn body(id: u64) -> Value {
    json!({
        "program_id": PROGRAM.to_string(), "lead_id": id, "email": email(id), "first_name": "F", "last_name": "L",
        "company": "C", "status": "Registered",
    })
}

#[tokio::test]
async fn the_outcome_is_the_answer() {
    let world = World::new().await;
    world.marketo.lock().unwrap().statuses.insert(1, "Registered".into());
    for _ in 0..2 {
        let (status, answer) = world.send("POST", "/registration/webhook", &body(1)).await;
        assert_eq!((status, &answer["outcome"]), (200, &json!("registered")), "{answer}");
        assert!(answer["join_url"].as_str().unwrap().contains("tk="));
        assert_eq!((&answer["code"], &answer["detail"]), (&Value::Null, &Value::Null));
    }
    assert_eq!(world.adds(&email(1)), 1);
    assert!(world.marketo.lock().unwrap().data.contains_key(&1));
}

#[tokio::test]
async fn what_cannot_be_is_an_outcome_too() {
    let world = World::new().await;
    let mut invited = body(1);
    invited["status"] = json!("Invited");
    let mut nameless = body(2);
    nameless["last_name"] = Value::Null;
    let mut elsewhere = body(3);
    elsewhere["program_id"] = json!(7);
    for (body, outcome, code) in [
        (invited, "skipped", "STATUS_NOT_REGISTERED"),
        (nameless, "failed", "MISSING_FIELD"),
        (elsewhere, "failed", "PROGRAM_NOT_CONNECTED"),
    ] {
        let (status, answer) = world.send("POST", "/registration/webhook", &body).await;
        assert_eq!((status, &answer["outcome"], &answer["code"]), (200, &json!(outcome), &json!(code)));
        assert!(answer["detail"].as_str().unwrap().len() > 20);
    }
}

#[tokio::test]
async fn zoom_unavailable_is_no_outcome_but_503() {
    let world = World::new().await;
    world.zoom.lock().unwrap().fates.extend(vec![Fate::Answer(500, json!({})); 9]);
    let (status, problem) = world.send("POST", "/registration/webhook", &body(1)).await;
    assert_eq!((status, &problem["code"]), (503, &json!("ZOOM_UNAVAILABLE")), "{problem}");
}

/// A clock on which no time passes for whoever sleeps.
struct Standing(Arc<dyn Clock>);

#[async_trait]
impl Clock for Standing {
    fn now(&self) -> Timestamp {
        self.0.now()
    }

    async fn sleep(&self, _: SignedDuration) {
        std::future::pending().await
    }
}

/// A process that dies while Zoom works on the add call of lead 1, which it carries out.
async fn die_over_the_add_call(world: &mut World) {
    world.zoom.lock().unwrap().fates.push_back(Fate::Silent);
    let ports = world.memory.ports();
    world.restart(Ports { clock: Arc::new(Standing(ports.clock.clone())), ..ports });
    assert!(world.send("POST", "/registration/webhook", &body(1)).now_or_never().is_none(), "Zoom does not answer");
    let ports = world.memory.ports();
    world.restart(ports);
}

#[tokio::test]
async fn a_lead_whose_process_died_is_finished_by_the_tick() {
    let mut world = World::new().await;
    world.marketo.lock().unwrap().statuses.insert(1, "Registered".into());
    let person = json!({"id": 1, "email": email(1), "firstName": "F", "lastName": "L"});
    world.marketo.lock().unwrap().leads.insert(1, person);
    die_over_the_add_call(&mut world).await;
    let failures = async || world.send("GET", "/registration/failures", &Value::Null).await.1["failures"].clone();
    assert_eq!(failures().await, json!([]), "it may still be under way");
    assert_eq!(world.tick().await, 0);

    world.memory.advance(SignedDuration::from_mins(2));
    assert_eq!(failures().await[0]["code"], "INTERNAL");
    assert_eq!(world.tick().await, 1);
    assert_eq!(world.adds(&email(1)), 1, "Zoom was asked for the address before anything was sent again");
    assert_eq!(world.marketo.lock().unwrap().data[&1]["webinarUrl"], link(WEBINAR, &email(1)));
    assert_eq!(failures().await, json!([]));
    assert!(world.memory.dump().keys().all(|key| !key.starts_with("failure:")));
}

#[tokio::test]
async fn r12_a_repeat_after_a_death_looks_first_and_counts_the_call_that_was_lost() {
    let mut world = World::new().await;
    for _ in 0..3 {
        die_over_the_add_call(&mut world).await;
        // Zoom counted the call, and did not carry it out.
        world.zoom.lock().unwrap().registrants.clear();
        world.zoom.lock().unwrap().fates.clear();
    }
    assert_eq!(world.adds(&email(1)), 3);
    let (status, answer) = world.send("POST", "/registration/webhook", &body(1)).await;
    assert_eq!((status, &answer["code"]), (200, &json!("DAILY_LIMIT")), "{answer}");
}

#[tokio::test]
async fn r7_a_lead_whose_status_nobody_knew_is_not_taken_for_registered_by_the_tick() {
    let world = World::new().await;
    let mut blank = body(1);
    blank["status"] = json!("");
    for (status, adds) in [("Invited", 0), ("Registered", 1)] {
        {
            let mut marketo = world.marketo.lock().unwrap();
            marketo.statuses.insert(1, status.into());
            let person = json!({"id": 1, "email": email(1), "firstName": "F", "lastName": "L"});
            marketo.leads.insert(1, person);
            marketo.is_down = true;
        }
        let (answered, problem) = world.send("POST", "/registration/webhook", &blank).await;
        assert_eq!((answered, &problem["code"]), (503, &json!("MARKETO_UNAVAILABLE")), "{problem}");
        world.marketo.lock().unwrap().is_down = false;
        world.memory.advance(SignedDuration::from_mins(2));
        assert_eq!(world.tick().await, 1);
        assert_eq!(world.adds(&email(1)), adds, "{status}");
        assert!(world.memory.dump().keys().all(|key| !key.starts_with("failure:")));
    }
}

#[tokio::test]
async fn program_not_connected_is_listed_and_tried_again_once_it_is_connected() {
    let world = World::new().await;
    let program = ProgramKey { id: PROGRAM.into() };
    world.memory.ports().store().delete(&program).await.unwrap();
    for id in 1..=4 {
        let status = if id == 2 { "Invited" } else { "Registered" };
        let mut marketo = world.marketo.lock().unwrap();
        marketo.statuses.insert(id, status.into());
        let person = json!({"id": id, "email": email(id), "firstName": "F", "lastName": "L"});
        marketo.leads.insert(id, person);
    }
    // 1 and 2 come by the webhook, which does not tell their status; 3 and 4 in a chunk.
    for id in [1, 2] {
        let mut blank = body(id);
        blank["status"] = json!("");
        let (status, answer) = world.send("POST", "/registration/webhook", &blank).await;
        assert_eq!((status, &answer["code"]), (200, &json!("PROGRAM_NOT_CONNECTED")), "{answer}");
    }
    world.submit("t", &[lead(3), lead(4)]).await;
    assert_eq!(world.outcome(3).0["errorCode"], "PROGRAM_NOT_CONNECTED");
    let failures = async || world.send("GET", "/registration/failures", &Value::Null).await.1["failures"].clone();
    let listed = failures().await;
    let mut ids: Vec<_> = listed.as_array().unwrap().iter().map(|row| row["lead_id"].clone()).collect();
    ids.sort_by_key(ToString::to_string);
    assert_eq!(ids, ["1", "3", "4"], "R7: who is not Registered does not wait for a webinar: {listed}");
    assert!(listed.as_array().unwrap().iter().all(|row| row["code"] == "PROGRAM_NOT_CONNECTED"), "{listed}");
    let retry = json!({"program_id": PROGRAM});
    let (status, problem) = world.send("POST", "/registration/failures/retry", &retry).await;
    assert_eq!((status, &problem["code"]), (422, &json!("PROGRAM_NOT_CONNECTED")));
    assert_eq!(world.tick().await, 0);

    world.connect("automatic").await;
    let (status, retried) = world.send("POST", "/registration/failures/retry", &retry).await;
    assert_eq!((status, retried["leads"].as_array().unwrap().len()), (200, 3), "{retried}");
    assert_eq!(failures().await, json!([]));
    assert_eq!(world.zoom.lock().unwrap().registrants.len(), 3);
}

#[tokio::test]
async fn r17_nothing_stays_of_a_program_that_went_while_its_leads_were_pushed() {
    let mut world = World::new().await;
    let program = ProgramKey { id: PROGRAM.into() };
    // A chunk that was accepted before, and a webhook whose process dies over it.
    world.service("needs-sign-in").await;
    world.submit("t", &[lead(2)]).await;
    world.service("active").await;
    die_over_the_add_call(&mut world).await;
    world.memory.ports().store().delete(&program).await.unwrap();
    world.memory.advance(SignedDuration::from_mins(2));
    world.tick().await;
    assert_eq!(world.outcome(2).0["errorCode"], "PROGRAM_NOT_CONNECTED");
    let left: Vec<_> = world.memory.dump().into_keys().filter(|key| key.starts_with("failure:")).collect();
    assert_eq!(left, [] as [String; 0]);
}
