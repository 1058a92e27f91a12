//! Isolation: which component can read and reach what, and what is unreachable from outside (docs/ARCHITECTURE.md).

use crate::harness::{App, Fixture, Manifest, RawAnswer, send_raw};
use fakes::env::TOKEN_KEY;
use fakes::zoom::CLIENT_SECRET;
use serde_json::Value;

/// A public path of each component.
const PUBLIC_PATHS: [(&str, &str); 4] = [
    ("oauth", "/oauth/x"),
    ("catalog", "/catalog/x"),
    ("registration", "/registration/x"),
    ("attendance", "/attendance/x"),
];

/// Starts the application with the probe in place of every component.
async fn start_probes() -> App {
    let everywhere = Manifest::with_probe_for(&["oauth", "catalog", "registration", "attendance", "console"]);
    App::start_manifest(everywhere, fakes::zoom::Options::default(), fakes::marketo::Options::default()).await
}

async fn probe(app: &App, path: &str, query: &str) -> Value {
    let answer = reqwest::get(format!("{}{path}?{query}", app.url())).await.unwrap();
    serde_json::from_str(&answer.text().await.unwrap()).unwrap()
}

#[tokio::test]
async fn only_oauth_can_read_the_client_secret_and_the_token_key() {
    let app = start_probes().await;
    let mut paths = PUBLIC_PATHS.to_vec();
    paths.push(("console", "/console/x"));
    for (component, path) in paths {
        for (variable, secret) in [("zoom_client_secret", CLIENT_SECRET), ("token_key", TOKEN_KEY)] {
            let answer = probe(&app, path, &format!("variable={variable}")).await;
            if component == "oauth" {
                assert_eq!(answer["ok"], secret, "{component} {variable}");
            } else {
                assert!(answer["refused"].is_string(), "{component} {variable}: {answer}");
            }
        }
    }
}

#[tokio::test]
async fn components_reach_only_the_hosts_and_stores_that_the_manifest_grants() {
    let app = start_probes().await;
    let mut paths = PUBLIC_PATHS.to_vec();
    paths.push(("console", "/console/x"));
    for (component, path) in paths {
        let answer = probe(&app, path, "url=http://127.0.0.1:9/").await;
        assert!(answer["refused"].as_str().unwrap().to_lowercase().contains("denied"), "{component}: {answer}");
        let answer = probe(&app, path, "store=other").await;
        assert!(answer["refused"].is_string(), "{component}: {answer}");
        assert_eq!(probe(&app, path, "store=default").await, serde_json::json!({"ok": null}), "{component}");
    }
}

#[tokio::test]
async fn internal_paths_are_unreachable_in_any_spelling() {
    let fixture = Fixture::new(App::start().await).await;
    let internal = format!("internal/token/{}", fixture.service);
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
    let address = fixture.app.address();
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
    // A Host header must not reach a component without a public route for the path.
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
    fixture.app.assert_no_trap();
}
