//! What the console shows beyond the failures: counts of a program, a person's trace, health.

use super::world::{PROGRAM, WEBINAR, World, email, lead};
use super::zoom::{Fate, link};
use serde_json::{Value, json};

async fn get(world: &World, path: &str) -> Value {
    let (status, body) = world.send("GET", path, &Value::Null).await;
    assert_eq!(status, 200, "{body}");
    body
}

async fn trace(world: &World, email: &str) -> Value {
    let asked = json!({"program_id": PROGRAM, "email": email});
    let (status, body) = world.send("POST", "/registration/trace", &asked).await;
    assert_eq!(status, 200, "{body}");
    body
}

/// Leads in Marketo with these ids, registered in the program.
fn in_marketo(world: &World, ids: &[u64]) {
    let mut marketo = world.marketo.lock().unwrap();
    for &id in ids {
        marketo.leads.insert(id, json!({"id": id, "email": email(id)}));
        marketo.statuses.insert(id, "Registered".into());
    }
}

/// A lead without a last name, which never comes as far as the ledger.
fn nameless(id: u64) -> Value {
    let mut lead = lead(id);
    lead["objectContext"]["lastName"] = json!("");
    lead
}

#[tokio::test]
async fn each_person_of_a_program_is_counted_once() {
    let world = World::new().await;
    assert_eq!(
        get(&world, "/registration/programs/1001").await,
        json!({"program_id": "1001", "registered": 0, "pending": 0, "failed": 0, "waiting": 0})
    );
    world.zoom.lock().unwrap().manual = true;
    world.submit("a", &[lead(1)]).await;
    world.zoom.lock().unwrap().manual = false;
    let full = json!({"code": 3000, "message": "limit for the number of attendees"});
    world.zoom.lock().unwrap().fates.push_back(Fate::Answer(400, full));
    world.submit("b", &[lead(2), lead(3), lead(4), nameless(5)]).await;
    world.accept("c", &[lead(6), lead(7)]).await;
    assert_eq!(
        get(&world, "/registration/programs/1001").await,
        json!({"program_id": "1001", "registered": 2, "pending": 1, "failed": 2, "waiting": 2})
    );
    // Connected to another webinar, the program begins anew; what never came to a webinar's ledger stays.
    world.connect_to(WEBINAR + 1).await;
    let counts = get(&world, "/registration/programs/1001").await;
    assert_eq!((&counts["registered"], &counts["pending"], &counts["failed"]), (&json!(0), &json!(0), &json!(1)));
}

#[tokio::test]
async fn a_persons_trace_tells_the_push_the_answer_and_the_link_and_stores_nothing() {
    let world = World::new().await;
    in_marketo(&world, &[1]);
    world.submit("a", &[lead(1)]).await;
    let before = world.memory.dump();
    let body = trace(&world, &email(1).to_uppercase().replace("EXAMPLE.COM", "example.com")).await;
    // Marketo's own search decides about spelling; the ledger folds it.
    assert_eq!(body["pushed"]["outcome"], "registered");
    let body = trace(&world, &format!(" {} ", email(1))).await;
    let now = world.memory.ports().clock.now();
    assert_eq!(
        body,
        json!({
            "program_id": "1001", "webinar_id": "9001",
            "pushed": {
                "lead_id": "1", "at": now, "outcome": "registered", "registrant_id": format!("r-{}", email(1)),
                "code": null, "detail": null, "next_try": null, "adds_today": 1,
            },
            "failure": null, "waiting": false,
            "members": [{
                "lead_id": "1", "status": "Registered", "link_written": true,
                "registrant_id": format!("r-{}", email(1)),
            }],
            "marketo_problem": null,
        })
    );
    assert!(!body.to_string().contains(&link(WEBINAR, &email(1))));
    assert_eq!(world.memory.dump(), before);
}

#[tokio::test]
async fn a_trace_tells_failures_whoever_waits_and_whom_nobody_knows() {
    let world = World::new().await;
    in_marketo(&world, &[1, 2, 3]);
    let full = json!({"code": 3000, "message": "limit for the number of attendees"});
    world.zoom.lock().unwrap().fates.push_back(Fate::Answer(400, full));
    world.submit("a", &[lead(1), nameless(2)]).await;
    world.accept("b", &[lead(3)]).await;
    let failed = trace(&world, &email(1)).await;
    assert_eq!((&failed["pushed"]["outcome"], &failed["pushed"]["code"]), (&json!("failed"), &json!("WEBINAR_FULL")));
    assert_eq!((&failed["members"][0]["link_written"], &failed["waiting"]), (&json!(false), &json!(false)));
    let beside = trace(&world, &email(2)).await;
    assert_eq!((&beside["pushed"], &beside["failure"]["code"]), (&Value::Null, &json!("MISSING_FIELD")));
    let waits = trace(&world, &email(3)).await;
    assert_eq!((&waits["pushed"], &waits["waiting"]), (&Value::Null, &json!(true)));
    let nobody = trace(&world, &email(9)).await;
    assert_eq!((&nobody["pushed"], &nobody["failure"], &nobody["members"]), (&Value::Null, &Value::Null, &json!([])));
}

#[tokio::test]
async fn marketo_unavailable_leaves_what_the_ledger_knows() {
    let world = World::new().await;
    world.submit("a", &[lead(1)]).await;
    world.memory.serve("marketo.test", axum::Router::new());
    let body = trace(&world, &email(1)).await;
    assert_eq!((&body["pushed"]["outcome"], &body["members"]), (&json!("registered"), &json!([])));
    assert_eq!(body["marketo_problem"]["code"], "MARKETO_UNAVAILABLE");
}

#[tokio::test]
async fn health_tells_the_outbox_and_as_many_failures_as_are_listed() {
    let world = World::new().await;
    assert_eq!(get(&world, "/registration/health").await, json!({"outbox": 0, "oldest": null, "failures": 0}));
    let full = json!({"code": 3000, "message": "limit for the number of attendees"});
    world.zoom.lock().unwrap().fates.push_back(Fate::Answer(400, full));
    world.submit("a", &[lead(1), nameless(2)]).await;
    let accepted = world.memory.ports().clock.now();
    world.accept("b", &[lead(3)]).await;
    world.memory.advance(domain::time::SignedDuration::from_secs(5));
    world.accept("c", &[lead(4)]).await;
    assert_eq!(get(&world, "/registration/health").await, json!({"outbox": 2, "oldest": accepted, "failures": 2}));
    let listed = get(&world, "/registration/failures").await;
    assert_eq!(listed["failures"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn program_not_connected_invalid_request_and_unauthenticated_are_told_apart() {
    let world = World::new().await;
    for (method, path, body, status, code) in [
        ("GET", "/registration/programs/7", Value::Null, 404, "PROGRAM_NOT_CONNECTED"),
        ("GET", "/registration/programs/x", Value::Null, 400, "INVALID_REQUEST"),
        ("POST", "/registration/trace", json!({"program_id": 7, "email": "a@x"}), 404, "PROGRAM_NOT_CONNECTED"),
        ("POST", "/registration/trace", json!({"program_id": PROGRAM, "email": "nobody"}), 400, "INVALID_REQUEST"),
        ("POST", "/registration/trace", json!({"program_id": PROGRAM}), 400, "INVALID_REQUEST"),
    ] {
        let (got, problem) = world.send(method, path, &body).await;
        assert_eq!((got, &problem["code"]), (status, &json!(code)), "{method} {path} {body}");
    }
    for (method, path) in
        [("GET", "/registration/programs/1001"), ("POST", "/registration/trace"), ("GET", "/registration/health")]
    {
        assert_eq!(world.send_as("wrong", method, path, &json!({})).await.0, 401, "{path}");
    }
}
