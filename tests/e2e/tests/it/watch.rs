//! What an operator has: health, metrics, the tick by a path, alerts, the heartbeat, and the id of a request.

use crate::harness::{App, Fixture, Receiver};
use fakes::env::{ADMIN_KEY, CRON_KEY};
use fakes::zoom::ACCOUNT;
use reqwest::{Client, Response};
use serde_json::{Value, json};

/// The key in the path of the tick.
const PATH_KEY: &str = "cron-path-key-of-this-test";

/// The secret part of the URLs of the receiver.
const SECRET: &str = "channel-secret-4711";

/// Returns the text of the only alert that was received, without the line that names the deployment.
fn alert(receiver: &Receiver) -> String {
    let bodies = receiver.take(&format!("POST /alerts/{SECRET}"));
    assert_eq!(bodies.len(), 1, "{bodies:?}");
    let body: Value = serde_json::from_str(&bodies[0]).unwrap();
    assert_eq!(body.as_object().unwrap().len(), 1, "{body}");
    let (deployment, text) = body["text"].as_str().unwrap().split_once('\n').unwrap();
    assert!(deployment.starts_with("Zoom for Marketo at http://127.0.0.1:"), "{body}");
    text.to_owned()
}

fn id_of(response: &Response) -> String {
    let id = response.headers()["x-request-id"].to_str().unwrap().to_owned();
    assert!(id.len() == 16 && id.bytes().all(|b| b.is_ascii_hexdigit()), "{id}");
    id
}

async fn get(app: &App, path: &str) -> Response {
    reqwest::get(format!("{}{path}", app.url())).await.unwrap()
}

#[tokio::test]
async fn an_operator_sees_what_needs_a_person_and_follows_it_through_the_components() {
    let receiver = Receiver::start().await;
    let mut app = App::start().await;
    // The standard variables name no receiver, and no path.
    assert_eq!(get(&app, &format!("/attendance/tick/{PATH_KEY}")).await.status(), 404);
    app.kill().await;
    for (name, value) in [
        ("cron_path_key", PATH_KEY.to_owned()),
        ("alert_webhook_url", format!("{}/alerts/{SECRET}", receiver.origin)),
        ("alert_host", receiver.origin.clone()),
        ("heartbeat_url", format!("{}/beat/{SECRET}", receiver.origin)),
        ("heartbeat_host", receiver.origin.clone()),
    ] {
        app.set_variable(name, &value);
    }
    app.run().await;
    let fixture = Fixture::new(app).await;
    let app = &fixture.app;

    let health = get(app, "/healthz").await;
    assert_eq!((health.status().as_u16(), health.json::<Value>().await.unwrap()), (200, json!({"status": "ok"})));

    // The first tick compares the webinar, for which registration asks oauth for a token: Zoom refuses the grant.
    app.env.zoom.revoke_authorizations(ACCOUNT);
    let tick = get(app, &format!("/attendance/tick/{PATH_KEY}")).await;
    assert_eq!(tick.status(), 200);
    let id = id_of(&tick);
    let report: Value = tick.json().await.unwrap();
    assert_eq!(
        (&report["outbox"], &report["programs"], &report["left"]),
        (&json!(0), &json!(0), &json!([])),
        "{report}"
    );
    assert!(report["worked_ms"].is_number(), "{report}");
    let logs = app.logs();
    for component in ["attendance", "registration", "oauth"] {
        let log = &logs[&format!("{component}_stderr.txt")];
        assert!(log.lines().any(|line| line.ends_with(&format!(" request_id={id}"))), "{component} lacks {id}:\n{log}");
    }
    let sign_in =
        "Zoom no longer accepts the sign-in of \"Acme Webinars\"; a Zoom admin has to sign in again in the console.";
    assert_eq!(alert(&receiver), sign_in);
    assert_eq!(receiver.take(&format!("GET /beat/{SECRET}")).len(), 1);

    // The problem document has the id of its answer.
    let refused = get(app, "/metrics").await;
    let (status, id) = (refused.status(), id_of(&refused));
    let problem: Value = refused.json().await.unwrap();
    assert_eq!(
        (status.as_u16(), &problem["code"], &problem["request_id"]),
        (401, &json!("UNAUTHENTICATED"), &json!(id))
    );
    for key in [ADMIN_KEY, CRON_KEY] {
        let metrics = Client::new().get(format!("{}/metrics", app.url())).bearer_auth(key).send().await.unwrap();
        assert_eq!(metrics.status(), 200);
        let text = metrics.text().await.unwrap();
        for sample in [
            "open_alerts 1",
            "programs{phase=\"waiting\"} 1",
            "registration_up 1",
            "open_chunks 0",
            "unreadable_records 0",
        ] {
            let line = format!("zoom_for_marketo_{sample}");
            assert!(text.lines().any(|found| found == line), "{line} is not in:\n{text}");
        }
        assert!(text.contains("zoom_for_marketo_last_tick_age_seconds "), "{text}");
    }

    // Once while it lasts, and once when it is over.
    fixture.admin.tick().await.unwrap().ok().unwrap();
    assert_eq!(receiver.take(&format!("POST /alerts/{SECRET}")), [""; 0]);
    fixture.admin.sign_in("Acme Webinars").await.unwrap();
    fixture.admin.tick().await.unwrap().ok().unwrap();
    assert_eq!(alert(&receiver), format!("Over: {sign_in}"));

    assert_eq!(get(app, "/attendance/tick/wrong").await.status(), 404);
    app.assert_no_trap();
    app.assert_logs_are_clean();
    for (name, text) in app.logs() {
        assert!(!text.contains(SECRET) && !text.contains("/attendance/tick/"), "{name}:\n{text}");
    }
}
