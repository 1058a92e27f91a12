//! Who may use the admin API: the admin's key, and the console's session, whose cookie alone changes nothing from
//! another site.

use super::services;
use crate::harness::{App, Browser, Page, Scene};
use fakes::marketo::world::WEBINAR_PROGRAM;
use fakes::stage::{ADMIN_KEY, CRON_KEY, MARKETO_API_KEY};
use reqwest::Method;
use serde_json::json;

/// Signs a browser in to the console, and returns the cookie with its attributes.
async fn open_session(browser: &Browser) -> String {
    let key = json!({ "key": ADMIN_KEY });
    let page = Page::of(browser.request(Method::POST, "/console/session").json(&key)).await;
    assert_eq!(page.status, 204, "{page:?}");
    page.set_cookie().to_owned()
}

/// Every address of the admin's that only tells.
fn readings(service: &str) -> Vec<String> {
    vec![
        "/oauth/services".to_owned(),
        format!("/catalog/webinars?service={service}"),
        "/catalog/programs".to_owned(),
        format!("/catalog/programs/{WEBINAR_PROGRAM}"),
        "/registration/failures".to_owned(),
        format!("/attendance/programs/{WEBINAR_PROGRAM}"),
    ]
}

/// Every call of the admin's that changes something.
fn changes(scene: &Scene) -> Vec<(Method, String, serde_json::Value)> {
    let Scene { service, webinar, .. } = scene;
    let program = format!("/catalog/programs/{WEBINAR_PROGRAM}");
    vec![
        (Method::PUT, format!("/oauth/services/{service}/users"), json!({ "users": [] })),
        (Method::PUT, program.clone(), json!({ "service": service, "webinar": webinar.to_string() })),
        (Method::POST, format!("{program}/refresh"), json!({})),
        (Method::POST, format!("/attendance/programs/{WEBINAR_PROGRAM}/sync"), json!({})),
        (Method::POST, "/registration/failures/retry".to_owned(), json!({ "program_id": WEBINAR_PROGRAM })),
        // The last: then there is nothing left to change.
        (Method::DELETE, program, json!({})),
        (Method::DELETE, format!("/oauth/services/{service}"), json!({})),
    ]
}

#[tokio::test]
async fn the_admins_key_opens_everything_and_no_other_key_anything() {
    let scene = Scene::set(App::start().await).await;
    let browser = Browser::new(&scene.app);
    for path in readings(&scene.service) {
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
    assert_eq!(page.status, 401, "a key in an address would be in every log");
}

#[tokio::test]
async fn a_session_is_a_cookie_that_no_script_and_no_other_site_gets() {
    let scene = Scene::set(App::start().await).await;
    let browser = Browser::new(&scene.app);
    let wrong = json!({ "key": CRON_KEY });
    let page = Page::of(browser.request(Method::POST, "/console/session").json(&wrong)).await;
    assert_eq!((page.status, &*page.code(), page.set_cookie()), (401, "UNAUTHENTICATED", ""));

    let cookie = open_session(&browser).await;
    for attribute in ["HttpOnly", "SameSite=Strict", "Path=/", "Max-Age=43200"] {
        assert!(cookie.contains(attribute), "{cookie}");
    }
    assert!(!cookie.contains("Domain"), "{cookie}");
    assert!(!cookie.contains(ADMIN_KEY), "{cookie}");
    for path in readings(&scene.service) {
        let page = Page::of(browser.request(Method::GET, &path)).await;
        assert_eq!(page.status, 200, "{path}: {page:?}");
    }
    let page = Page::of(browser.request(Method::GET, "/oauth/sign-in?service=Acme")).await;
    assert_eq!(page.status, 303, "the console begins a sign-in with it");
    // It is the admin's, nobody else's.
    for (method, path) in [(Method::POST, "/attendance/tick"), (Method::GET, "/flow-step/status")] {
        let own = browser.request(method, path).header("origin", scene.app.url());
        assert_eq!(Page::of(own).await.code(), "UNAUTHENTICATED", "{path}");
    }
    let wrong = browser.request(Method::GET, "/oauth/services").bearer_auth("wrong");
    assert_eq!(Page::of(wrong).await.status, 401, "a key that is shown is the one that counts");

    let page = Page::of(browser.request(Method::DELETE, "/console/session")).await;
    assert_eq!(page.status, 204);
    assert!(page.set_cookie().contains("Max-Age=0"), "{page:?}");
    let page = Page::of(browser.request(Method::GET, "/oauth/services")).await;
    assert_eq!((page.status, &*page.code()), (401, "UNAUTHENTICATED"));
}

#[tokio::test]
async fn with_the_cookie_only_our_own_pages_change_anything() {
    let scene = Scene::set(App::start().await).await;
    let browser = Browser::new(&scene.app);
    open_session(&browser).await;
    let before = scene.app.stored();
    let own = scene.app.url();
    let foreign = [
        None,
        Some("null".to_owned()),
        Some("https://evil.example".to_owned()),
        Some(own.replace("http:", "https:")),
        Some(own.replace("127.0.0.1", "localhost")),
        Some(format!("{own}.evil.example")),
        Some(format!("{own}0")),
    ];
    for (method, path, body) in changes(&scene) {
        for origin in &foreign {
            let mut request = browser.request(method.clone(), &path).json(&body);
            if let Some(origin) = origin {
                request = request.header("origin", origin);
            }
            let page = Page::of(request).await;
            assert_eq!((page.status, &*page.code()), (403, "FORBIDDEN"), "{method} {path} {origin:?}");
        }
    }
    assert_eq!(scene.app.stored(), before);
    for (method, path, body) in changes(&scene) {
        let page = Page::of(browser.request(method.clone(), &path).json(&body).header("origin", own)).await;
        assert!((200..300).contains(&page.status), "{method} {path}: {page:?}");
    }
    assert!(services(&scene.admin).await.is_empty());
}

#[tokio::test]
async fn a_cookie_that_is_not_as_we_made_it_is_worth_nothing() {
    let app = App::start().await;
    let browser = Browser::new(&app);
    let cookie = open_session(&browser).await;
    let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
    let (until, signature) = value.split_once('.').unwrap();
    let later: i64 = until.parse::<i64>().unwrap() + 1;
    let first = if signature.starts_with('0') { "1" } else { "0" };
    let bare = Browser::new(&app);
    let ask = async |value: &str| {
        Page::of(bare.request(Method::GET, "/oauth/services").header("cookie", format!("{name}={value}"))).await
    };
    for value in [
        format!("{later}.{signature}"),
        format!("{until}.{first}{}", &signature[1..]),
        format!("{until}.{}", &signature[1..]),
        format!("{until}."),
        format!("1.{signature}"),
        until.to_owned(),
        format!("-{until}.{signature}"),
        signature.to_owned(),
        ADMIN_KEY.to_owned(),
        String::new(),
    ] {
        let page = ask(&value).await;
        assert_eq!((page.status, &*page.code()), (401, "UNAUTHENTICATED"), "{value}");
    }
    assert_eq!(ask(value).await.status, 200);
}
