//! Signing in to Zoom: authorization code with PKCE S256, a one-time state bound to the browser, and a page for each way
//! in which it can fail.
//!
//! What needs real time to pass (a state older than 10 minutes) and https (`Secure`) is tested in the component itself.

use super::services;
use crate::harness::{App, Browser, Page};
use fakes::stage::{ADMIN_KEY, TOKEN_KEY};
use fakes::support::{DropWhen, Effect, Fault};
use fakes::zoom::{ADMIN, CLIENT_ID, CLIENT_SECRET, Decision, DisabledBy, NewUser, SignIn};
use jiff::SignedDuration;
use reqwest::{Method, Url};
use serde_json::{Value, json};

/// The scopes that the bridge needs, and no other.
const NEEDED: [&str; 10] = [
    "user:read:user:admin",
    "webinar:read:list_webinars:admin",
    "webinar:read:webinar:admin",
    "webinar:read:list_registration_questions:admin",
    "webinar:write:registrant:admin",
    "webinar:read:list_registrants:admin",
    "webinar:read:list_past_instances:admin",
    "webinar:read:list_absentees:admin",
    "webinar:read:list_past_participants:admin",
    "report:read:list_webinar_participants:admin",
];

/// Begins a sign-in.
async fn begin(browser: &Browser, service: &str) -> Page {
    let request = browser.request(Method::GET, "/oauth/sign-in").query(&[("service", service)]);
    Page::of(request.bearer_auth(ADMIN_KEY)).await
}

/// Begins a sign-in and lets Zoom decide: the address to which Zoom sends the browser back.
async fn up_to_callback(browser: &Browser, service: &str) -> Url {
    let zoom = begin(browser, service).await.location();
    browser.visit(zoom.as_str()).await.location()
}

fn parameter(url: &Url, name: &str) -> String {
    url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned()).unwrap_or_default()
}

/// Who signs in from now on, and with which scopes.
fn decide(app: &App, decision: Decision, scopes: Option<Vec<String>>) {
    app.stage.zoom.set_sign_in(SignIn { user: ADMIN.to_owned(), decision, scopes }).unwrap();
}

/// A failed sign-in ends in a page that says what to do, runs nothing, loads nothing, and shows no secret.
fn assert_page(app: &App, callback: &Url, page: &Page, status: u16, says: &[&str]) {
    assert_eq!(page.status, status, "{page:?}");
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    let policy = page.header("content-security-policy");
    for rule in ["default-src 'none'", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"] {
        assert!(policy.contains(rule), "{policy}");
    }
    assert!(!policy.contains("unsafe") && !policy.contains("script-src"), "{policy}");
    for (name, value) in
        [("cache-control", "no-store"), ("referrer-policy", "no-referrer"), ("x-content-type-options", "nosniff")]
    {
        assert_eq!(page.header(name), value, "{name}");
    }
    assert!(page.text.contains(&format!("<a href=\"{}/\">", app.url())), "{}", page.text);
    assert!(!page.text.contains("<script"), "{}", page.text);
    assert!(!page.text.contains("  "), "a sentence with a hole in it: {}", page.text);
    for says in says {
        assert!(page.text.contains(says), "{says} is not in {}", page.text);
    }
    let (code, state) = (parameter(callback, "code"), parameter(callback, "state"));
    for secret in [CLIENT_ID, CLIENT_SECRET, ADMIN_KEY, TOKEN_KEY, &code, &state] {
        assert!(secret.is_empty() || !page.text.contains(secret), "{secret} is in {}", page.text);
    }
}

/// No service, no tokens: neither in the list nor in the store.
async fn assert_nothing_stored(app: &App) {
    assert_eq!(services(&app.admin()).await, Vec::<Value>::new());
    let stored = app.stored();
    let kept = |key: &&String| !key.starts_with("signin:");
    assert_eq!(stored.keys().filter(kept).collect::<Vec<_>>(), Vec::<&String>::new());
}

#[tokio::test]
async fn the_browser_goes_to_zoom_with_pkce_and_comes_back_to_the_console() {
    let app = App::start().await;
    let browser = Browser::new(&app);
    let first = begin(&browser, "Acme Webinars").await;
    assert_eq!((first.status, first.header("cache-control")), (303, "no-store"));
    let cookie = first.set_cookie();
    for attribute in ["HttpOnly", "SameSite=Lax", "Path=/oauth/", "Max-Age=600"] {
        assert!(cookie.contains(attribute), "{cookie}");
    }
    let zoom = first.location();
    assert!(zoom.as_str().starts_with(&format!("{}/oauth/authorize?", app.stage.zoom.url())), "{zoom}");
    let callback = format!("{}/oauth/callback", app.url());
    for (name, value) in [
        ("response_type", "code"),
        ("client_id", CLIENT_ID),
        ("redirect_uri", &*callback),
        ("code_challenge_method", "S256"),
    ] {
        assert_eq!(parameter(&zoom, name), value, "{zoom}");
    }
    for name in ["state", "code_challenge"] {
        let value = parameter(&zoom, name);
        assert_eq!(value.len(), 43, "32 bytes in base64: {zoom}");
        assert!(!cookie.contains(&value), "{cookie}");
    }
    assert!(!zoom.as_str().contains(CLIENT_SECRET) && !zoom.as_str().contains("verifier"), "{zoom}");

    let second = begin(&browser, "Acme Webinars").await;
    assert_ne!(second.set_cookie(), cookie);
    for name in ["state", "code_challenge"] {
        assert_ne!(parameter(&second.location(), name), parameter(&zoom, name), "{name}");
    }

    let back = browser.visit(second.location().as_str()).await.location();
    assert_eq!(parameter(&back, "state"), parameter(&second.location(), "state"));
    let end = browser.visit(back.as_str()).await;
    assert_eq!((end.status, end.location().as_str()), (303, &*format!("{}/", app.url())));
    assert!(end.set_cookie().contains("Max-Age=0"), "{end:?}");
    let asked = app.stage.zoom.log().matching("POST", "/oauth/token");
    assert_eq!(asked.len(), 1);
    assert_eq!(asked[0].body["grant_type"], "authorization_code");
    assert_eq!(asked[0].body["redirect_uri"], callback);
    assert!(asked[0].body["code_verifier"].as_str().unwrap().len() >= 43, "{:?}", asked[0].body);

    let services = services(&app.admin()).await;
    assert_eq!(services.len(), 1, "{services:?}");
    for (name, value) in [
        ("name", json!("Acme Webinars")),
        ("account_id", json!("acc_1")),
        ("admin_email", json!(ADMIN)),
        ("state", json!("active")),
        ("users", json!([])),
        ("problem", Value::Null),
    ] {
        assert_eq!(services[0][name], value, "{name}");
    }
    app.assert_no_trap();
}

#[tokio::test]
async fn who_declines_gets_a_page_and_that_state_is_spent() {
    let app = App::start().await;
    let browser = Browser::new(&app);
    decide(&app, Decision::Refuse, None);
    let back = up_to_callback(&browser, "Acme").await;
    assert_eq!(parameter(&back, "error"), "access_denied");
    let page = browser.visit(back.as_str()).await;
    assert_page(&app, &back, &page, 403, &["You declined", "sign in again from the console"]);
    assert_nothing_stored(&app).await;

    // The same state again, now with a code that Zoom would take.
    decide(&app, Decision::Allow, None);
    let mut replay = up_to_callback(&browser, "Acme").await;
    let code = parameter(&replay, "code");
    replay.query_pairs_mut().clear().append_pair("code", &code).append_pair("state", &parameter(&back, "state"));
    let page = browser.visit(replay.as_str()).await;
    assert_page(&app, &replay, &page, 400, &["This sign-in is not known", "sign in again"]);
    assert_nothing_stored(&app).await;
    assert_eq!(app.stage.zoom.log().count("POST", "/oauth/token"), 0, "nothing was asked with it");
}

#[tokio::test]
async fn a_state_is_good_once() {
    let app = App::start().await;
    let browser = Browser::new(&app);
    let back = up_to_callback(&browser, "Acme").await;
    assert_eq!(browser.visit(back.as_str()).await.status, 303);
    let before = app.stored();
    let page = browser.visit(back.as_str()).await;
    assert_page(&app, &back, &page, 400, &["This sign-in is not known", "It was finished already"]);
    assert_eq!(app.stored(), before, "the service that it made is as it was");
    assert_eq!(app.stage.zoom.log().count("POST", "/oauth/token"), 1);
}

#[tokio::test]
async fn a_state_is_good_in_its_own_browser_only() {
    let app = App::start().await;
    let (own, stranger, passer_by) = (Browser::new(&app), Browser::new(&app), Browser::new(&app));
    let back = up_to_callback(&own, "Acme").await;
    // One has begun a sign-in too, the other has no cookie at all.
    begin(&stranger, "Acme").await;
    for other in [&stranger, &passer_by] {
        let page = other.visit(back.as_str()).await;
        assert_page(&app, &back, &page, 403, &["begun in another browser", "sign in again from the console"]);
        assert_nothing_stored(&app).await;
    }
    assert_eq!(own.visit(back.as_str()).await.status, 303, "that spoilt nothing");
    assert_eq!(services(&app.admin()).await.len(), 1);
}

#[tokio::test]
async fn a_used_and_an_expired_code_end_in_a_page() {
    let app = App::start().await;
    let (one, other) = (Browser::new(&app), Browser::new(&app));
    let says = ["Zoom does not accept this sign-in any more", "Sign in again from the console"];
    let back = up_to_callback(&one, "Acme").await;
    // The code of one sign-in in another is refused, and with that it is used.
    let mut swapped = up_to_callback(&other, "Acme").await;
    let (code, state) = (parameter(&back, "code"), parameter(&swapped, "state"));
    swapped.query_pairs_mut().clear().append_pair("code", &code).append_pair("state", &state);
    for (browser, url) in [(&other, &swapped), (&one, &back)] {
        let page = browser.visit(url.as_str()).await;
        assert_page(&app, url, &page, 400, &says);
        assert_nothing_stored(&app).await;
    }
    let back = up_to_callback(&one, "Acme").await;
    app.stage.zoom.clock().advance(SignedDuration::from_secs(301));
    let page = one.visit(back.as_str()).await;
    assert_page(&app, &back, &page, 400, &says);
    assert_nothing_stored(&app).await;
}

#[tokio::test]
async fn r2_each_missing_scope_is_named_and_no_other_is_needed() {
    let app = App::start().await;
    let browser = Browser::new(&app);
    let all = || NEEDED.map(str::to_owned).to_vec();
    for missing in NEEDED {
        // What a user may do with their own webinars is not what an admin may do with everybody's.
        let scopes = all().into_iter().map(|scope| if scope == missing { scope.replace(":admin", "") } else { scope });
        decide(&app, Decision::Allow, Some(scopes.collect()));
        let back = up_to_callback(&browser, "Acme").await;
        let page = browser.visit(back.as_str()).await;
        let named = format!("<li><code>{missing}</code> to ");
        assert_page(&app, &back, &page, 403, &[&named, "Add these scopes to the Zoom app"]);
        assert_eq!(page.text.matches("<li>").count(), 1, "{}", page.text);
    }
    assert_nothing_stored(&app).await;
    decide(&app, Decision::Allow, Some(all()));
    let back = up_to_callback(&browser, "Acme").await;
    assert_eq!(browser.visit(back.as_str()).await.status, 303);
}

#[tokio::test]
async fn r2_who_is_no_admin_cannot_sign_in() {
    let app = App::start().await;
    let browser = Browser::new(&app);
    app.stage.zoom.add_user(NewUser::named("sam@example.com")).unwrap();
    let scopes = Some(NEEDED.map(str::to_owned).to_vec());
    let sam = SignIn { user: "sam@example.com".to_owned(), decision: Decision::Allow, scopes };
    app.stage.zoom.set_sign_in(sam).unwrap();
    let back = up_to_callback(&browser, "Acme").await;
    let page = browser.visit(back.as_str()).await;
    assert_page(&app, &back, &page, 403, &["Zoom does not let you sign in here", "Sign in as a Zoom admin"]);
    assert_nothing_stored(&app).await;
}

#[tokio::test]
async fn zoom_being_down_or_having_disabled_the_app_ends_in_a_page() {
    let app = App::start().await;
    let (browser, zoom) = (Browser::new(&app), &app.stage.zoom);
    let lost = Effect::Drop { drop: DropWhen::After };
    for effect in [Effect::status(503), lost, Effect::Malformed { malformed: true }] {
        let back = up_to_callback(&browser, "Acme").await;
        zoom.faults().add(Fault::once("POST", "/oauth/token", effect));
        let page = browser.visit(back.as_str()).await;
        assert_page(&app, &back, &page, 502, &["Zoom does not answer properly", "sign in again from the console"]);
    }
    for by in [DisabledBy::Zoom, DisabledBy::Admin] {
        let back = up_to_callback(&browser, "Acme").await;
        zoom.disable_app(Some(by));
        let page = browser.visit(back.as_str()).await;
        assert_page(&app, &back, &page, 502, &["This application is disabled in Zoom", "App Marketplace"]);
        zoom.disable_app(None);
    }
    assert_nothing_stored(&app).await;
    let back = up_to_callback(&browser, "Acme").await;
    assert_eq!(browser.visit(back.as_str()).await.status, 303);
}
