//! One lead within the request.

use super::world::{PROGRAM, World, email};
use super::zoom::Fate;
use serde_json::{Value, json};

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
