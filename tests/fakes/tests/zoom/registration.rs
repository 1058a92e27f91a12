//! Registration.

use fakes::zoom::{ADMIN, CustomQuestion, NewRegistrant, NewWebinar, Panelist, Question, RegistrantStatus};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use crate::app::{App, person};

/// Seconds per day.
const DAY: i64 = 86_400;

#[tokio::test]
async fn registering_again_returns_the_same_registration() {
    let app = App::start().await;
    let id = app.webinar(NewWebinar::default());
    let (status, first) = app.register(id, "bo@x.com").await;
    assert_eq!((status, &first["status"], &first["id"]), (201, &json!("approved"), &json!(id)));
    assert!(first["join_url"].as_str().unwrap().contains("tk="));
    let (_, again) = app.register(id, "BO@x.com").await;
    assert_eq!((&again["registrant_id"], &again["join_url"]), (&first["registrant_id"], &first["join_url"]));
    let (_, other) = app.register(id, "cy@x.com").await;
    assert_ne!(other["join_url"], first["join_url"]);

    let (_, listed) = app.get(&format!("/webinars/{id}/registrants")).await;
    assert_eq!(listed["total_records"], 2);
    let one = first["registrant_id"].as_str().unwrap();
    let (_, one) = app.get(&format!("/webinars/{id}/registrants/{one}")).await;
    assert_eq!((&one["email"], &one["join_url"]), (&json!("bo@x.com"), &first["join_url"]));
}

#[tokio::test]
async fn address_is_added_three_times_per_webinar_and_day() {
    let mut app = App::start().await;
    // At noon, so that the UTC day does not change between the calls.
    let past_midnight = app.zoom.clock().now().as_second().rem_euclid(DAY);
    app.zoom.clock().advance(SignedDuration::from_secs(DAY / 2 - past_midnight));
    app.sign_in().await;
    let (one, two) = (app.webinar(NewWebinar::default()), app.webinar(NewWebinar::default()));
    for webinar in [one, one, two, one] {
        assert_eq!(app.register(webinar, "bo@x.com").await.0, 201);
    }
    let (status, body) = app.register(one, "bo@x.com").await;
    assert_eq!(status, 429);
    assert_eq!(
        body,
        json!({
            "code": 429,
            "message": "You have exceeded the daily rate limit of (3) for Add a webinar registrant API requests for \
                        the registrant (bo@x.com). You can resume these API requests at GMT 00:00:00."
        })
    );
    assert_eq!(app.register(one, "cy@x.com").await.0, 201);
    // As one report has it.
    app.zoom.count_additions_across_webinars();
    for (webinar, status) in [(one, 201), (two, 201), (one, 201), (two, 429)] {
        assert_eq!(app.register(webinar, "di@x.com").await.0, status);
    }

    let three =
        NewWebinar { start_time: Some(Timestamp::now() + SignedDuration::from_hours(72)), ..NewWebinar::default() };
    let three = app.webinar(three);
    app.zoom.clock().advance(SignedDuration::from_hours(24));
    app.sign_in().await;
    assert_eq!(app.register(three, "bo@x.com").await.0, 201);
}

#[tokio::test]
async fn every_rejection_has_its_code() {
    let app = App::start().await;
    let web = |new| app.webinar(new);
    let ended = Timestamp::now() - SignedDuration::from_hours(3);
    let panel = vec![Panelist { email: "pat@x.com".to_owned(), name: "Pat".to_owned() }];
    let cases = [
        (web(NewWebinar { approval_type: 2, ..NewWebinar::default() }), "bo@x.com", 3000, "registration"),
        (web(NewWebinar { paid: true, ..NewWebinar::default() }), "bo@x.com", 3000, "paid"),
        (web(NewWebinar { panelists: panel, ..NewWebinar::default() }), "pat@x.com", 3000, "panelist"),
        (web(NewWebinar::default()), ADMIN, 3027, "Host"),
        (web(NewWebinar { work_email_only: true, ..NewWebinar::default() }), "bo@gmail.com", 3034, "work"),
        (web(NewWebinar { start_time: Some(ended), ..NewWebinar::default() }), "bo2@x.com", 3038, "over"),
        (web(NewWebinar::default()), "no-address", 300, "Validation"),
    ];
    for (webinar, email, code, word) in cases {
        let (status, body) = app.register(webinar, email).await;
        assert_eq!((status, &body["code"]), (400, &json!(code)), "{body}");
        assert!(body["message"].as_str().unwrap().contains(word), "{body}");
    }
    let (status, body) = app.register(80_000_000_001, "bo3@x.com").await;
    assert_eq!((status, &body["code"]), (404, &json!(3001)));
}

#[tokio::test]
async fn full_webinar_rejects_new_registrants() {
    let app = App::start().await;
    let id = app.webinar(NewWebinar { registrants_restrict_number: 1, ..NewWebinar::default() });
    assert_eq!(app.register(id, "bo@x.com").await.0, 201);
    let (status, body) = app.register(id, "cy@x.com").await;
    assert_eq!((status, &body["code"]), (400, &json!(3000)));
    assert!(body["message"].as_str().unwrap().contains("limit for the number of attendees"));
    assert_eq!(app.register(id, "bo@x.com").await.0, 201, "the one who is in stays in");
}

#[tokio::test]
async fn pending_registration_has_no_link_until_approved() {
    let app = App::start().await;
    let id = app.webinar(NewWebinar { approval_type: 1, ..NewWebinar::default() });
    let (_, added) = app.register(id, "bo@x.com").await;
    assert_eq!((&added["status"], added.get("join_url")), (&json!("pending"), None));
    let (_, approved) = app.get(&format!("/webinars/{id}/registrants")).await;
    assert_eq!(approved["total_records"], 0);
    let (_, pending) = app.get(&format!("/webinars/{id}/registrants?status=pending")).await;
    assert_eq!(pending["total_records"], 1);

    let approve = json!({ "action": "approve", "registrants": [{ "email": "bo@x.com" }] });
    assert_eq!(app.put(&format!("/webinars/{id}/registrants/status"), approve).await.0, 204);
    let (_, approved) = app.get(&format!("/webinars/{id}/registrants")).await;
    assert!(approved["registrants"][0]["join_url"].is_string());
}

#[tokio::test]
async fn cancelled_registration_is_denied_until_approved() {
    let app = App::start().await;
    let id = app.webinar(NewWebinar::default());
    let (_, added) = app.register(id, "bo@x.com").await;
    let named = json!([{ "id": added["registrant_id"], "email": "bo@x.com" }]);
    let status = format!("/webinars/{id}/registrants/status");
    assert_eq!(app.put(&status, json!({ "action": "cancel", "registrants": named })).await.0, 204);
    assert_eq!(app.zoom.webinar(id).unwrap().registrants[0].status, RegistrantStatus::Denied);
    let (code, blocked) = app.register(id, "bo@x.com").await;
    assert_eq!((code, &blocked["registrant_id"]), (201, &added["registrant_id"]));
    assert_eq!((&blocked["status"], blocked.get("join_url")), (&json!("denied"), None), "blocked silently");
    assert_eq!(app.put(&status, json!({ "action": "approve", "registrants": named })).await.0, 204);
    let (_, again) = app.register(id, "bo@x.com").await;
    assert_eq!((&again["status"], &again["join_url"]), (&json!("approved"), &added["join_url"]));
}

#[tokio::test]
async fn withdrawn_or_deleted_registration_is_gone_and_the_address_can_register_anew() {
    for action in ["withdraw", "delete"] {
        let app = App::start().await;
        let id = app.webinar(NewWebinar { registrants_restrict_number: 1, ..NewWebinar::default() });
        let (_, first) = app.register(id, "bo@x.com").await;
        app.zoom.set_registration(id, "bo@x.com", action).await.unwrap();
        for status in ["approved", "pending", "denied"] {
            let (_, listed) = app.get(&format!("/webinars/{id}/registrants?status={status}")).await;
            assert_eq!(listed["total_records"], 0, "{action}: {status}");
        }
        let first = first["registrant_id"].as_str().unwrap();
        let (code, body) = app.get(&format!("/webinars/{id}/registrants/{first}")).await;
        assert_eq!((code, &body["code"]), (404, &json!(3001)), "{action}");
        let named = json!([{ "id": first, "email": "bo@x.com" }]);
        let path = format!("/webinars/{id}/registrants/status");
        assert_eq!(app.put(&path, json!({ "action": "approve", "registrants": named })).await.0, 400);
        assert!(app.zoom.set_registration(id, "bo@x.com", "approve").await.is_err());

        let (code, second) = app.register(id, "bo@x.com").await;
        assert_eq!((code, &second["status"]), (201, &json!("approved")), "{action}");
        assert_ne!(second["registrant_id"], first);
        let denied = app.zoom.set_registration(id, "bo@x.com", "deny").await;
        assert!(denied.is_ok() && app.zoom.webinar(id).unwrap().registrants[1].status == RegistrantStatus::Denied);
    }
}

#[tokio::test]
async fn status_call_accepts_at_most_30_registrants() {
    let app = App::start().await;
    let id = app.webinar(NewWebinar::default());
    let many: Vec<_> = (0..31).map(|n| json!({ "email": format!("p{n}@x.com") })).collect();
    let path = format!("/webinars/{id}/registrants/status");
    assert_eq!(app.put(&path, json!({ "action": "approve", "registrants": many })).await.0, 400);
    assert_eq!(app.put(&path, json!({ "action": "explode", "registrants": [] })).await.0, 400);
}

#[tokio::test]
async fn status_of_a_registrant_changes_ten_times_per_day() {
    let app = App::start().await;
    let id = app.webinar(NewWebinar::default());
    app.register(id, "bo@x.com").await;
    let path = format!("/webinars/{id}/registrants/status");
    let approve = || json!({ "action": "approve", "registrants": [{ "email": "bo@x.com" }] });
    for _ in 0..10 {
        assert_eq!(app.put(&path, approve()).await.0, 204);
    }
    let (status, body) = app.put(&path, approve()).await;
    assert_eq!(status, 429);
    assert!(body["message"].as_str().unwrap().contains("daily rate limit of (10)"), "{body}");
}

#[tokio::test]
async fn required_questions_must_be_answered() {
    let app = App::start().await;
    let id = app.webinar(NewWebinar {
        questions: vec![Question { field_name: "org".to_owned(), required: true }],
        custom_questions: vec![CustomQuestion {
            title: "Diet?".to_owned(),
            kind: "single_radio".to_owned(),
            required: true,
            answers: vec!["All".to_owned(), "Vegan".to_owned()],
        }],
        ..NewWebinar::default()
    });
    let (_, form) = app.get(&format!("/webinars/{id}/registrants/questions")).await;
    assert_eq!(form["questions"][0], json!({ "field_name": "org", "required": true }));
    assert_eq!(form["custom_questions"][0]["title"], "Diet?");

    let path = format!("/webinars/{id}/registrants");
    let with = |org: &str, title: &str, value: &str, email: &str| {
        let mut body = person(email);
        body["org"] = org.into();
        body["custom_questions"] = json!([{ "title": title, "value": value }]);
        body
    };
    for (org, title, value) in [("", "Diet?", "Vegan"), ("X", "Other?", "Vegan"), ("X", "Diet?", "Fish")] {
        let email = format!("{}{}@x.com", title.len(), value);
        let (status, body) = app.post(&path, with(org, title, value, &email)).await;
        assert_eq!((status, &body["code"]), (400, &json!(300)), "{body}");
    }
    assert_eq!(app.post(&path, with("X", "Diet?", "Vegan", "bo@x.com")).await.0, 201);
    assert_eq!(app.zoom.webinar(id).unwrap().registrants[0].details["org"], "X");
}

#[tokio::test]
async fn batch_registers_up_to_30_people_for_a_single_webinar() {
    let app = App::start().await;
    let id = app.webinar(NewWebinar { approval_type: 1, ..NewWebinar::default() });
    let batch = |count: usize| {
        let people: Vec<_> = (0..count).map(|n| person(&format!("p{n}@x.com"))).collect();
        json!({ "auto_approve": true, "registrants": people })
    };
    let path = format!("/webinars/{id}/batch_registrants");
    let (status, body) = app.post(&path, batch(30)).await;
    assert_eq!(status, 201, "{body}");
    assert!(body["registrants"].as_array().unwrap().iter().all(|one| one["join_url"].is_string()));
    assert_eq!(app.post(&path, batch(31)).await.0, 400);
    let recurring = app.webinar(NewWebinar { kind: 9, ..NewWebinar::default() });
    let (status, body) = app.post(&format!("/webinars/{recurring}/batch_registrants"), batch(1)).await;
    assert_eq!((status, &body["code"]), (400, &json!(300)));
    let small = app.webinar(NewWebinar { registrants_restrict_number: 1, ..NewWebinar::default() });
    let (status, body) = app.post(&format!("/webinars/{small}/batch_registrants"), batch(2)).await;
    assert_eq!((status, &body["code"]), (400, &json!(3043)));
}

#[tokio::test]
async fn people_register_on_zooms_own_page() {
    let app = App::start().await;
    let id = app.webinar(NewWebinar::default());
    let new = NewRegistrant { email: "own@x.com".to_owned(), first_name: "Own".to_owned(), ..NewRegistrant::default() };
    app.zoom.register_on_zoom(id, new).await.unwrap();
    let (_, listed) = app.get(&format!("/webinars/{id}/registrants?page_size=300")).await;
    assert_eq!(listed["registrants"][0]["email"], "own@x.com");
    assert_eq!(app.zoom.log().count("POST", "/v2/webinars/*/registrants"), 0);
}
