//! Authentication of the admin API: the admin key and the console's session, whose cookie alone cannot make changes
//! from another site.

use super::support::services;
use crate::harness::{App, Browser, Fixture, Page};
use fakes::env::{ADMIN_KEY, CRON_KEY, MARKETO_API_KEY};
use fakes::marketo::subscription::WEBINAR_PROGRAM;
use reqwest::Method;
use serde_json::json;

/// Signs in to the console, and returns the cookie with its attributes.
async fn open_session(browser: &Browser) -> String {
    let key = json!({ "key": ADMIN_KEY });
    let page = Page::of(browser.request(Method::POST, "/console/session").json(&key)).await;
    assert_eq!(page.status, 204, "{page:?}");
    page.set_cookie().to_owned()
}

/// Returns every read-only admin path.
fn read_paths(service: &str) -> Vec<String> {
    vec![
        "/oauth/services".to_owned(),
        format!("/catalog/webinars?service={service}"),
        "/catalog/programs".to_owned(),
        format!("/catalog/programs/{WEBINAR_PROGRAM}"),
        "/registration/failures".to_owned(),
        format!("/attendance/programs/{WEBINAR_PROGRAM}"),
    ]
}

/// Returns every admin request that changes something.
fn change_requests(fixture: &Fixture) -> Vec<(Method, String, serde_json::Value)> {
    let Fixture { service, webinar, .. } = fixture;
    let program = format!("/catalog/programs/{WEBINAR_PROGRAM}");
    vec![
        (Method::PUT, format!("/oauth/services/{service}/users"), json!({ "users": [] })),
        (Method::PUT, program.clone(), json!({ "service": service, "webinar": webinar.to_string() })),
        (Method::POST, format!("{program}/refresh"), json!({})),
        (Method::POST, format!("/attendance/programs/{WEBINAR_PROGRAM}/sync"), json!({})),
        (Method::POST, "/registration/failures/retry".to_owned(), json!({ "program_id": WEBINAR_PROGRAM })),
        // Last, because nothing remains to be changed afterwards.
        (Method::DELETE, program, json!({})),
        (Method::DELETE, format!("/oauth/services/{service}"), json!({})),
    ]
}

#[tokio::test]
async fn only_the_admin_key_authenticates_admin_requests() {
    let fixture = Fixture::new(App::start().await).await;
    let browser = Browser::new(&fixture.app);
    for path in read_paths(&fixture.service) {
        for (header, value) in [
            ("accept", "*/*".to_owned()),
            ("authorization", format!("Bearer {CRON_KEY}")),
            ("authorization", format!("Basic {ADMIN_KEY}")),
            ("authorization", ADMIN_KEY.to_owned()),
            ("x-api-key", MARKETO_API_KEY.to_owned()),
            ("x-api-key", ADMIN_KEY.to_owned()),
        ] {
            let page = Page::of(browser.request(Method::GET, &path).header(header, &value)).await;
            assert_eq!((page.status, &*page.code()), (401, "UNAUTHENTICATED"), "{path} {header}: {value}");
        }
        let page = Page::of(browser.request(Method::GET, &path).bearer_auth(ADMIN_KEY)).await;
        assert_eq!(page.status, 200, "{path}: {page:?}");
    }
    let page = Page::of(browser.request(Method::GET, &format!("/oauth/services?key={ADMIN_KEY}"))).await;
    assert_eq!(page.status, 401, "a key in a URL would be in every log");
}

#[tokio::test]
async fn session_cookie_is_http_only_and_same_site_strict() {
    let fixture = Fixture::new(App::start().await).await;
    let browser = Browser::new(&fixture.app);
    let wrong = json!({ "key": CRON_KEY });
    let page = Page::of(browser.request(Method::POST, "/console/session").json(&wrong)).await;
    assert_eq!((page.status, &*page.code(), page.set_cookie()), (401, "UNAUTHENTICATED", ""));

    let cookie = open_session(&browser).await;
    for attribute in ["HttpOnly", "SameSite=Strict", "Path=/", "Max-Age=43200"] {
        assert!(cookie.contains(attribute), "{cookie}");
    }
    assert!(!cookie.contains("Domain"), "{cookie}");
    assert!(!cookie.contains(ADMIN_KEY), "{cookie}");
    for path in read_paths(&fixture.service) {
        let page = Page::of(browser.request(Method::GET, &path)).await;
        assert_eq!(page.status, 200, "{path}: {page:?}");
    }
    let page = Page::of(browser.request(Method::GET, "/oauth/sign-in?service=Acme")).await;
    assert_eq!(page.status, 303, "the session can start a sign-in");
    // The session authenticates an admin only.
    for (method, path) in [(Method::POST, "/attendance/tick"), (Method::GET, "/flow-step/status")] {
        let own = browser.request(method, path).header("origin", fixture.app.url());
        assert_eq!(Page::of(own).await.code(), "UNAUTHENTICATED", "{path}");
    }
    let wrong = browser.request(Method::GET, "/oauth/services").bearer_auth("wrong");
    assert_eq!(Page::of(wrong).await.status, 401, "an explicit key overrides the session");

    let page = Page::of(browser.request(Method::DELETE, "/console/session")).await;
    assert_eq!(page.status, 204);
    assert!(page.set_cookie().contains("Max-Age=0"), "{page:?}");
    let page = Page::of(browser.request(Method::GET, "/oauth/services")).await;
    assert_eq!((page.status, &*page.code()), (401, "UNAUTHENTICATED"));
    // Nor does a copy of the cookie authenticate, in any component.
    for path in read_paths(&fixture.service) {
        let copy = browser.request(Method::GET, &path).header("cookie", cookie.split(';').next().unwrap());
        assert_eq!(Page::of(copy).await.status, 401, "{path}");
    }
}

#[tokio::test]
async fn cookie_authenticates_changes_only_from_our_own_origin() {
    let fixture = Fixture::new(App::start().await).await;
    let browser = Browser::new(&fixture.app);
    open_session(&browser).await;
    let before = fixture.app.stored();
    let own = fixture.app.url();
    let foreign = [
        None,
        Some("null".to_owned()),
        Some("https://evil.example".to_owned()),
        Some(own.replace("http:", "https:")),
        Some(own.replace("127.0.0.1", "localhost")),
        Some(format!("{own}.evil.example")),
        Some(format!("{own}0")),
    ];
    for (method, path, body) in change_requests(&fixture) {
        for origin in &foreign {
            let mut request = browser.request(method.clone(), &path).json(&body);
            if let Some(origin) = origin {
                request = request.header("origin", origin);
            }
            let page = Page::of(request).await;
            assert_eq!((page.status, &*page.code()), (403, "FORBIDDEN"), "{method} {path} {origin:?}");
        }
    }
    assert_eq!(fixture.app.stored(), before);
    for (method, path, body) in change_requests(&fixture) {
        let page = Page::of(browser.request(method.clone(), &path).json(&body).header("origin", own)).await;
        assert!((200..300).contains(&page.status), "{method} {path}: {page:?}");
    }
    assert!(services(&fixture.admin).await.is_empty());
}

#[tokio::test]
async fn tampered_cookie_is_unauthenticated() {
    let app = App::start().await;
    let browser = Browser::new(&app);
    let cookie = open_session(&browser).await;
    let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
    let first = if value.starts_with('0') { "1" } else { "0" };
    let stored = app.stored();
    let hash = stored.keys().find_map(|key| key.strip_prefix("session:")).unwrap();
    let bare = Browser::new(&app);
    let list_services = async |value: &str| {
        Page::of(bare.request(Method::GET, "/oauth/services").header("cookie", format!("{name}={value}"))).await
    };
    for value in [
        format!("{first}{}", &value[1..]),
        value[1..].to_owned(),
        format!("{value}0"),
        format!("{value}."),
        hash.to_owned(),
        ADMIN_KEY.to_owned(),
        String::new(),
    ] {
        let page = list_services(&value).await;
        assert_eq!((page.status, &*page.code()), (401, "UNAUTHENTICATED"), "{value}");
    }
    assert_eq!(list_services(value).await.status, 200);
}
