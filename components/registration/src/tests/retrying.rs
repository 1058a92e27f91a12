//! The admin's list of failures, and trying again.

use super::world::{PROGRAM, World, email, lead};
use super::zoom::Fate;
use serde_json::{Value, json};

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
