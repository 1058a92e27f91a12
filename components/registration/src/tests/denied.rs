//! People whose registration was denied or cancelled in Zoom, and who register again.

use super::world::{PROGRAM, WEBINAR, World, email, lead};
use super::zoom::link;
use serde_json::{Value, json};

async fn event(world: &World, name: &str, email: &str) {
    let registrant = json!({"id": format!("r-{email}"), "email": email, "join_url": null});
    let event = json!({"event": name, "payload": {"object": {"id": WEBINAR.to_string(), "registrant": registrant}}});
    assert_eq!(world.send("POST", "/internal/zoom-events", &event).await.0, 200);
}

#[tokio::test]
async fn a_denied_registrant_is_approved_again_by_status() {
    let world = World::new().await;
    world.zoom.lock().unwrap().denied.extend([email(1), email(2).to_uppercase()]);
    world.submit("t", &[lead(1), lead(2), lead(3)]).await;
    for id in 1..=3 {
        let (activity, join_url) = world.outcome(id);
        assert_eq!(activity["registration"], "registered", "lead {id}");
        assert_eq!(join_url, link(WEBINAR, &email(id)));
        assert_eq!(world.adds(&email(id)), 1, "lead {id}");
    }
    assert_eq!(world.zoom.lock().unwrap().approvals, 1, "one status call for both");
}

#[tokio::test]
async fn registrant_denied_when_zoom_does_not_know_whom_it_denied() {
    let world = World::new().await;
    let refusal = json!({"code": 3000, "message": "The registration has been denied by the host."});
    world.zoom.lock().unwrap().fates.push_back(super::zoom::Fate::Answer(400, refusal));
    world.submit("t", &[lead(1)]).await;
    assert_eq!(world.outcome(1).0["errorCode"], "REGISTRANT_DENIED");
    assert_eq!(world.zoom.lock().unwrap().approvals, 0);
}

#[tokio::test]
async fn who_cancelled_in_zoom_and_registers_again_gets_a_link_that_works() {
    for name in ["webinar.registration_cancelled", "webinar.registration_denied"] {
        let world = World::new().await;
        world.submit("t", &[lead(1)]).await;
        {
            let mut zoom = world.zoom.lock().unwrap();
            zoom.registrants.clear();
            zoom.denied.push(email(1));
        }
        // Of somebody else, and of another registration of the address: nothing to do with it.
        event(&world, name, &email(2)).await;
        event(&world, name, &email(1)).await;
        let (_, body) = world.send("GET", "/registration/failures", &Value::Null).await;
        assert_eq!(body["failures"][0]["code"], "REGISTRANT_DENIED", "{body}");
        world.submit("u", &[lead(1)]).await;
        assert_eq!(world.outcome(1).0["registration"], "registered");
        assert_eq!(world.zoom.lock().unwrap().registrants, [(email(1), true)]);
        let (_, body) = world.send("GET", "/registration/failures", &Value::Null).await;
        assert_eq!(body["failures"], json!([]));
    }
}

#[tokio::test]
async fn who_was_denied_and_is_approved_by_the_host_after_all_gets_the_link() {
    let world = World::new().await;
    world.zoom.lock().unwrap().manual = true;
    world.submit("t", &[lead(1)]).await;
    event(&world, "webinar.registration_denied", &email(1)).await;
    let registrant =
        json!({"id": format!("r-{}", email(1)), "email": email(1), "join_url": "https://zoom.test/w/1?tk=1"});
    let object = json!({"id": WEBINAR, "registrant": registrant});
    let event = json!({"event": "webinar.registration_approved", "payload": {"object": object}});
    world.marketo.lock().unwrap().statuses.insert(1, "Pending Approval".into());
    assert_eq!(world.send("POST", "/internal/zoom-events", &event).await.0, 200);
    let marketo = world.marketo.lock().unwrap();
    assert_eq!(
        (&marketo.statuses[&1], &marketo.data[&1]["webinarUrl"]),
        (&"Registered".into(), &json!("https://zoom.test/w/1?tk=1"))
    );
    assert_eq!(PROGRAM, 1001);
}
