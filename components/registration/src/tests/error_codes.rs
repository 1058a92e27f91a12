//! Error codes that no other test covers: of the service, of rate limits, of Marketo, internal ones, and of
//! authentication.

use super::fixture::{Fixture, KEY, PROGRAM, WEBINAR, email, lead, lead_id};
use super::peers::{MEMBERS, marketo_error};
use axum::routing::post;
use axum::{Json, Router};
use domain::records::{ProgramKey, ServiceKey};
use domain::time::SignedDuration;
use fakes::support::Fault;
use fakes::zoom::{ADMIN, UserChange};
use http::{Method, header};
use serde_json::{Value, json};

/// Calls the webhook for lead 1; returns status and code.
async fn webhook(fixture: &Fixture) -> (u16, String) {
    let lead = json!({
        "program_id": PROGRAM, "lead_id": lead_id(1), "email": email(1), "first_name": "F", "last_name": "L",
        "status": "Registered",
    });
    let (status, answer) = fixture.send("POST", "/registration/webhook", &lead).await;
    (status, answer["code"].as_str().unwrap_or_default().to_owned())
}

fn answered(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}

#[tokio::test]
async fn service_not_found_service_superseded_service_needs_sign_in_and_host_not_enabled() {
    let fixture = Fixture::new().await;
    fixture.service("superseded").await;
    assert_eq!(webhook(&fixture).await, answered(200, "SERVICE_SUPERSEDED"));
    fixture.service("needs-sign-in").await;
    assert_eq!(webhook(&fixture).await, answered(503, "SERVICE_NEEDS_SIGN_IN"));
    fixture.change_service(|service| service["admin_email"] = json!("other@x")).await;
    assert_eq!(webhook(&fixture).await, answered(200, "HOST_NOT_ENABLED"));
    fixture.memory.ports().store().delete(&ServiceKey { id: "svc".into() }).await.unwrap();
    assert_eq!(webhook(&fixture).await, answered(200, "SERVICE_NOT_FOUND"));
    assert_eq!(fixture.adds(&email(1)), 0);
}

#[tokio::test]
async fn r2_service_lacks_permission_defers_the_lead_and_its_add_calls_count() {
    let fixture = Fixture::new().await;
    for answer in [(503, "SERVICE_LACKS_PERMISSION"); 3].into_iter().chain([(200, "DAILY_LIMIT")]) {
        fixture.refuse_adds(1, 400, 200, "No permission.");
        assert_eq!(webhook(&fixture).await, answered(answer.0, answer.1));
    }
    assert_eq!(fixture.adds(&email(1)), 3);
}

/// A host without a webinar licence is no missing permission: waiting does not help, and neither does a sign-in.
#[tokio::test]
async fn host_lacks_licence_is_final() {
    let fixture = Fixture::new().await;
    fixture.refuse_adds(1, 400, 200, "Webinar plan is missing. You must subscribe to the webinar plan.");
    assert_eq!(webhook(&fixture).await, answered(200, "HOST_LACKS_LICENCE"));
    // Every call about the webinar is refused, not only the addition.
    let unlicensed = UserChange { licensed: Some(false), ..UserChange::default() };
    fixture.zoom.change_user(ADMIN, unlicensed).unwrap();
    fixture.submit("t", &[lead(2)]).await;
    assert_eq!(fixture.outcome(2).0["errorCode"], "HOST_LACKS_LICENCE");
    fixture.memory.advance(SignedDuration::from_hours(1));
    assert_eq!(fixture.tick().await, 0, "the lead is not retried");
}

#[tokio::test]
async fn rate_limited_after_retries_until_the_deadline() {
    let fixture = Fixture::new().await;
    fixture.refuse_adds(200, 429, 429, "You have reached the maximum per-second rate limit for this API.");
    let before = fixture.memory.ports().clock.now();
    assert_eq!(webhook(&fixture).await, answered(503, "RATE_LIMITED"));
    let took = fixture.memory.ports().clock.now().duration_since(before);
    assert!((15..=25).contains(&took.as_secs()), "{took:?}");
    fixture.zoom.faults().clear();
    // Zoom did not execute the refused calls, so they do not count.
    assert_eq!(webhook(&fixture).await, answered(200, ""));
}

#[tokio::test]
async fn marketo_quota_marketo_access_denied_and_marketo_unavailable() {
    for (codes, expected) in [
        (vec!["607"], "MARKETO_QUOTA"),
        (vec!["603"], "MARKETO_ACCESS_DENIED"),
        (vec!["601", "601"], "MARKETO_ACCESS_DENIED"),
        (vec!["713"; 9], "MARKETO_UNAVAILABLE"),
        (vec!["610"], "MARKETO_UNAVAILABLE"),
    ] {
        let fixture = Fixture::new().await;
        for code in codes {
            fixture.marketo.faults().add(Fault::once("POST", MEMBERS, marketo_error(code)));
        }
        assert_eq!(webhook(&fixture).await, answered(503, expected));
        let (_, listed) = fixture.send("GET", "/registration/failures", &Value::Null).await;
        assert_eq!(listed["failures"][0]["code"], expected, "{listed}");
        assert!(listed["failures"][0]["next_try"].is_string(), "{listed}");
        assert_eq!(fixture.adds(&email(1)), 1);
    }
}

#[tokio::test]
async fn internal_for_an_unreadable_record_and_its_content_is_not_shown() {
    let fixture = Fixture::new().await;
    let program = ProgramKey { id: PROGRAM.into() }.to_string();
    fixture.memory.ports().key_value.set(&program, b"{\"v\": 1, \"program\": \"secret\"".to_vec()).await.unwrap();
    assert_eq!(webhook(&fixture).await, answered(503, "INTERNAL"));
    let (status, problem) =
        fixture.send("POST", "/registration/failures/retry", &json!({ "program_id": PROGRAM })).await;
    assert_eq!((status, &problem["code"]), (500, &json!("INTERNAL")));
    assert!(!problem.to_string().contains("secret"), "{problem}");
    assert_eq!(fixture.adds(&email(1)), 0);
}

/// The code that `catalog` answers for a chosen webinar is the lead's outcome.
#[tokio::test]
async fn webinar_recurring_and_webinar_not_found_for_a_choice_and_the_other_leads_are_registered() {
    let fixture = Fixture::new().await;
    let catalog = Router::new().route(
        "/internal/webinar/{id}",
        post(async |axum::extract::Path(id): axum::extract::Path<u64>| {
            let code = if id == 7 { "WEBINAR_RECURRING" } else { "WEBINAR_NOT_FOUND" };
            (http::StatusCode::UNPROCESSABLE_ENTITY, Json(json!({"code": code, "detail": "No."})))
        }),
    );
    fixture.memory.serve("catalog.spin.internal", catalog);
    let choosing = |id: u64, choice: Value| {
        let mut lead = lead(id);
        lead["flowStepContext"]["webinar"] = choice;
        lead
    };
    let leads = [
        choosing(1, json!(7)),
        choosing(2, json!("8")),
        choosing(3, json!("no number")),
        choosing(4, json!(WEBINAR.to_string())),
        choosing(5, Value::Null),
    ];
    fixture.submit("t", &leads).await;
    for (id, expected) in
        [(1, "WEBINAR_RECURRING"), (2, "WEBINAR_NOT_FOUND"), (3, "WEBINAR_NOT_FOUND"), (4, ""), (5, "")]
    {
        assert_eq!(fixture.outcome(id).0["errorCode"], expected, "lead {id}");
    }
    assert_eq!(fixture.registrants().len(), 2);
}

#[tokio::test]
async fn unauthenticated_forbidden_and_not_found() {
    let fixture = Fixture::new().await;
    let cookie = fixture.memory.sign_in("admin-key-of-the-tests").await;
    let cookie = cookie.split(';').next().unwrap();
    for (method, path, headers, expected) in [
        (Method::POST, "/registration/webhook", vec![], (401, "UNAUTHENTICATED")),
        (Method::POST, "/registration/webhook", vec![("x-api-key", "marketo-kez")], (401, "UNAUTHENTICATED")),
        (Method::POST, "/flow-step/submitAsyncAction", vec![("x-api-key", "")], (401, "UNAUTHENTICATED")),
        (Method::GET, "/registration/failures", vec![("x-api-key", KEY)], (401, "UNAUTHENTICATED")),
        (Method::POST, "/registration/failures/retry", vec![("authorization", "Bearer x")], (401, "UNAUTHENTICATED")),
        (Method::POST, "/registration/failures/retry", vec![("cookie", cookie)], (403, "FORBIDDEN")),
        (
            Method::POST,
            "/registration/failures/retry",
            vec![("cookie", cookie), ("origin", "http://evil.test")],
            (403, "FORBIDDEN"),
        ),
        (Method::GET, "/registration/nowhere", vec![], (404, "NOT_FOUND")),
        (Method::GET, "/registration/webhook", vec![], (405, "INVALID_REQUEST")),
    ] {
        let mut request = http::Request::builder().method(&method).uri(path).header(header::HOST, "app.test");
        for (name, value) in &headers {
            request = request.header(*name, *value);
        }
        let (status, problem) = fixture.request(request.body("{}".into()).unwrap()).await;
        assert_eq!((status, &problem["code"]), (expected.0, &json!(expected.1)), "{method} {path} {headers:?}");
    }
}
