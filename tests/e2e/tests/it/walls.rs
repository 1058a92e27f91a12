//! The walls of DESIGN section 4: who can read what, and what cannot be reached from outside.

use crate::harness::{App, Manifest, RawAnswer, Scene, send_raw};
use fakes::stage::TOKEN_KEY;
use fakes::zoom::CLIENT_SECRET;
use serde_json::Value;

/// A path of each component's that its public route leads to.
const DOORS: [(&str, &str); 4] = [
    ("oauth", "/oauth/x"),
    ("catalog", "/catalog/x"),
    ("registration", "/registration/x"),
    ("attendance", "/attendance/x"),
];

/// The application with the probe in the place of every component.
async fn probed() -> App {
    let everywhere = Manifest::with_probe_for(&["oauth", "catalog", "registration", "attendance", "console"]);
    App::start_manifest(everywhere, fakes::zoom::Options::default(), fakes::marketo::Options::default()).await
}

async fn try_it(app: &App, door: &str, what: &str) -> Value {
    let answer = reqwest::get(format!("{}{door}?{what}", app.url())).await.unwrap();
    serde_json::from_str(&answer.text().await.unwrap()).unwrap()
}

#[tokio::test]
async fn only_oauth_can_read_the_client_secret_and_the_token_key() {
    let app = probed().await;
    let mut doors = DOORS.to_vec();
    doors.push(("console", "/console/x"));
    for (component, door) in doors {
        for (variable, secret) in [("zoom_client_secret", CLIENT_SECRET), ("token_key", TOKEN_KEY)] {
            let answer = try_it(&app, door, &format!("variable={variable}")).await;
            if component == "oauth" {
                assert_eq!(answer["ok"], secret, "{component} {variable}");
            } else {
                assert!(answer["refused"].is_string(), "{component} {variable}: {answer}");
            }
        }
    }
}

#[tokio::test]
async fn components_reach_only_the_hosts_and_stores_that_the_manifest_gives_them() {
    let app = probed().await;
    for (component, door) in DOORS {
        let answer = try_it(&app, door, "url=http://127.0.0.1:9/").await;
        assert!(answer["refused"].as_str().unwrap().to_lowercase().contains("denied"), "{component}: {answer}");
        let answer = try_it(&app, door, "store=other").await;
        assert!(answer["refused"].is_string(), "{component}: {answer}");
        assert_eq!(try_it(&app, door, "store=default").await, serde_json::json!({"ok": null}), "{component}");
    }
    let answer = try_it(&app, "/console/x", "store=default").await;
    assert!(answer["refused"].is_string(), "console: {answer}");
}

#[tokio::test]
async fn internal_paths_cannot_be_reached_by_any_spelling() {
    let scene = Scene::set(App::start().await).await;
    let internal = format!("internal/token/{}", scene.service);
    let mut targets = vec![format!("/{internal}"), format!("//{internal}"), format!("/./{internal}")];
    for prefix in ["/oauth", "/catalog", "/registration", "/flow-step", "/attendance", "/console", "/zoom/events"] {
        for middle in [
            "/",
            "/../",
            "//",
            "/./",
            "/%2e%2e/",
            "/%2E%2E/",
            "/..%2f",
            "/%2e%2e%2f",
            "/x/../../",
            "/..;/",
            "/.%2e/",
            "/..\\",
        ] {
            targets.push(format!("{prefix}{middle}{internal}"));
        }
    }
    let address = scene.app.address();
    for target in &targets {
        for method in ["GET", "POST"] {
            match send_raw(address, method, target, &[]).await {
                RawAnswer::Closed => {}
                RawAnswer::Answered(status, text) => {
                    assert!((400..500).contains(&status), "{method} {target}: {text}");
                    assert!(!text.contains("access_token"), "{method} {target}: {text}");
                }
            }
        }
    }
    // A Host header must not lead to a component that has no public route for the path.
    for host in ["oauth.spin.internal", "OAUTH.SPIN.INTERNAL", "oauth.spin.internal:80", "oauth.spin.internal."] {
        let path = format!("/{internal}");
        match send_raw(address, "POST", &path, &[("host", host)]).await {
            RawAnswer::Closed => {}
            RawAnswer::Answered(status, text) => assert!((400..500).contains(&status), "{host}: {text}"),
        }
        let absolute = format!("http://{host}{path}");
        match send_raw(address, "POST", &absolute, &[]).await {
            RawAnswer::Closed => {}
            RawAnswer::Answered(status, text) => assert!((400..500).contains(&status), "{absolute}: {text}"),
        }
    }
    scene.app.assert_no_trap();
}
