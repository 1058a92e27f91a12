//! Signing in to Zoom: authorization code with PKCE S256, a one-time state bound to the browser, and a page for each
//! failure.
//!
//! The component's own tests cover what needs time (a state older than 10 minutes) or HTTPS (`Secure`).

use super::support::services;
use crate::harness::{App, Browser, Page};
use fakes::env::{ADMIN_KEY, TOKEN_KEY};
use fakes::support::{DropWhen, Effect, Fault};
use fakes::zoom::{ADMIN, CLIENT_ID, CLIENT_SECRET, Decision, DisabledBy, NewUser, SignIn};
use jiff::SignedDuration;
use reqwest::{Method, Url};
use serde_json::{Value, json};

/// The scopes that the application needs.
const REQUIRED_SCOPES: [&str; 10] = [
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

/// Starts a sign-in.
async fn start_sign_in(browser: &Browser, service: &str) -> Page {
    let request = browser.request(Method::GET, "/oauth/sign-in").query(&[("service", service)]);
    Page::of(request.bearer_auth(ADMIN_KEY)).await
}

/// Starts a sign-in and lets Zoom decide. Returns the URL that Zoom redirects the browser to.
async fn callback_url(browser: &Browser, service: &str) -> Url {
    let zoom = start_sign_in(browser, service).await.location();
    browser.visit(zoom.as_str()).await.location()
}

fn parameter(url: &Url, name: &str) -> String {
    url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned()).unwrap_or_default()
}

/// Sets the decision and the scopes of further sign-ins.
fn set_decision(app: &App, decision: Decision, scopes: Option<Vec<String>>) {
    app.env.zoom.set_sign_in(SignIn { user: ADMIN.to_owned(), decision, scopes }).unwrap();
}

/// Fails unless a failed sign-in shows a page that says what to do, runs and loads nothing, and contains no secret.
fn assert_page(app: &App, callback: &Url, page: &Page, status: u16, texts: &[&str]) {
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
    assert!(!page.text.contains("  "), "a sentence with a gap: {}", page.text);
    for text in texts {
        assert!(page.text.contains(text), "{text} is not in {}", page.text);
    }
    let (code, state) = (parameter(callback, "code"), parameter(callback, "state"));
    for secret in [CLIENT_ID, CLIENT_SECRET, ADMIN_KEY, TOKEN_KEY, &code, &state] {
        assert!(secret.is_empty() || !page.text.contains(secret), "{secret} is in {}", page.text);
    }
}

/// Fails unless there are no services and no tokens, neither in the list nor in the store.
async fn assert_nothing_stored(app: &App) {
    assert_eq!(services(&app.admin()).await, Vec::<Value>::new());
    let stored = app.stored();
    let kept = |key: &&String| !key.starts_with("signin:") && *key != "data-keys";
    assert_eq!(stored.keys().filter(kept).collect::<Vec<_>>(), Vec::<&String>::new());
}

#[tokio::test]
async fn sign_in_redirects_to_zoom_with_pkce_and_back_to_the_console() {
    let app = App::start().await;
    let browser = Browser::new(&app);
    let first = start_sign_in(&browser, "Acme Webinars").await;
    assert_eq!((first.status, first.header("cache-control")), (303, "no-store"));
    let cookie = first.set_cookie();
    for attribute in ["HttpOnly", "SameSite=Lax", "Path=/oauth/", "Max-Age=600"] {
        assert!(cookie.contains(attribute), "{cookie}");
    }
    let zoom = first.location();
    assert!(zoom.as_str().starts_with(&format!("{}/oauth/authorize?", app.env.zoom.url())), "{zoom}");
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

    let second = start_sign_in(&browser, "Acme Webinars").await;
    assert_ne!(second.set_cookie(), cookie);
    for name in ["state", "code_challenge"] {
        assert_ne!(parameter(&second.location(), name), parameter(&zoom, name), "{name}");
    }

    let back = browser.visit(second.location().as_str()).await.location();
    assert_eq!(parameter(&back, "state"), parameter(&second.location(), "state"));
    let end = browser.visit(back.as_str()).await;
    assert_eq!((end.status, end.location().as_str()), (303, &*format!("{}/", app.url())));
    assert!(end.set_cookie().contains("Max-Age=0"), "{end:?}");
    let exchanges = app.env.zoom.log().matching("POST", "/oauth/token");
    assert_eq!(exchanges.len(), 1);
    assert_eq!(exchanges[0].body["grant_type"], "authorization_code");
    assert_eq!(exchanges[0].body["redirect_uri"], callback);
    assert!(exchanges[0].body["code_verifier"].as_str().unwrap().len() >= 43, "{:?}", exchanges[0].body);

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
async fn declined_sign_in_shows_a_page_and_consumes_the_state() {
    let app = App::start().await;
    let browser = Browser::new(&app);
    set_decision(&app, Decision::Refuse, None);
    let back = callback_url(&browser, "Acme").await;
    assert_eq!(parameter(&back, "error"), "access_denied");
    let page = browser.visit(back.as_str()).await;
    assert_page(&app, &back, &page, 403, &["You declined", "sign in again from the console"]);
    assert_nothing_stored(&app).await;

    // The same state again, with a code that Zoom would accept.
    set_decision(&app, Decision::Allow, None);
    let mut replay = callback_url(&browser, "Acme").await;
    let code = parameter(&replay, "code");
    replay.query_pairs_mut().clear().append_pair("code", &code).append_pair("state", &parameter(&back, "state"));
    let page = browser.visit(replay.as_str()).await;
    assert_page(&app, &replay, &page, 400, &["This sign-in is not known", "sign in again"]);
    assert_nothing_stored(&app).await;
    assert_eq!(app.env.zoom.log().count("POST", "/oauth/token"), 0, "no token was requested");
}

#[tokio::test]
async fn state_is_accepted_once() {
    let app = App::start().await;
    let browser = Browser::new(&app);
    let back = callback_url(&browser, "Acme").await;
    assert_eq!(browser.visit(back.as_str()).await.status, 303);
    let before = app.stored();
    let page = browser.visit(back.as_str()).await;
    assert_page(&app, &back, &page, 400, &["This sign-in is not known", "It was finished already"]);
    assert_eq!(app.stored(), before, "the new service is unchanged");
    assert_eq!(app.env.zoom.log().count("POST", "/oauth/token"), 1);
}

#[tokio::test]
async fn state_is_accepted_only_in_the_browser_that_started_the_sign_in() {
    let app = App::start().await;
    let (own, other_sign_in, without_cookie) = (Browser::new(&app), Browser::new(&app), Browser::new(&app));
    let back = callback_url(&own, "Acme").await;
    // One browser has started its own sign-in; the other has no cookie.
    start_sign_in(&other_sign_in, "Acme").await;
    for browser in [&other_sign_in, &without_cookie] {
        let page = browser.visit(back.as_str()).await;
        assert_page(&app, &back, &page, 403, &["begun in another browser", "sign in again from the console"]);
        assert_nothing_stored(&app).await;
    }
    assert_eq!(own.visit(back.as_str()).await.status, 303, "the attempts of other browsers change nothing");
    assert_eq!(services(&app.admin()).await.len(), 1);
}

#[tokio::test]
async fn used_and_expired_codes_show_a_page() {
    let app = App::start().await;
    let (one, other) = (Browser::new(&app), Browser::new(&app));
    let texts = ["Zoom does not accept this sign-in any more", "Sign in again from the console"];
    let back = callback_url(&one, "Acme").await;
    // A code of another sign-in is refused, and thereby used.
    let mut swapped = callback_url(&other, "Acme").await;
    let (code, state) = (parameter(&back, "code"), parameter(&swapped, "state"));
    swapped.query_pairs_mut().clear().append_pair("code", &code).append_pair("state", &state);
    for (browser, url) in [(&other, &swapped), (&one, &back)] {
        let page = browser.visit(url.as_str()).await;
        assert_page(&app, url, &page, 400, &texts);
        assert_nothing_stored(&app).await;
    }
    let back = callback_url(&one, "Acme").await;
    app.env.zoom.clock().advance(SignedDuration::from_secs(301));
    let page = one.visit(back.as_str()).await;
    assert_page(&app, &back, &page, 400, &texts);
    assert_nothing_stored(&app).await;
}

#[tokio::test]
async fn r2_each_missing_scope_is_named_and_no_other_scope_is_required() {
    let app = App::start().await;
    let browser = Browser::new(&app);
    let all = || REQUIRED_SCOPES.map(str::to_owned).to_vec();
    for missing in REQUIRED_SCOPES {
        // A scope without `:admin` covers the user's own webinars only.
        let scopes = all().into_iter().map(|scope| if scope == missing { scope.replace(":admin", "") } else { scope });
        set_decision(&app, Decision::Allow, Some(scopes.collect()));
        let back = callback_url(&browser, "Acme").await;
        let page = browser.visit(back.as_str()).await;
        let named = format!("<li><code>{missing}</code> to ");
        assert_page(&app, &back, &page, 403, &[&named, "Add these scopes to the Zoom app"]);
        assert_eq!(page.text.matches("<li>").count(), 1, "{}", page.text);
    }
    assert_nothing_stored(&app).await;
    set_decision(&app, Decision::Allow, Some(all()));
    let back = callback_url(&browser, "Acme").await;
    assert_eq!(browser.visit(back.as_str()).await.status, 303);
}

#[tokio::test]
async fn r2_user_without_admin_role_cannot_sign_in() {
    let app = App::start().await;
    let browser = Browser::new(&app);
    app.env.zoom.add_user(NewUser::named("sam@example.com")).unwrap();
    let scopes = Some(REQUIRED_SCOPES.map(str::to_owned).to_vec());
    let sam = SignIn { user: "sam@example.com".to_owned(), decision: Decision::Allow, scopes };
    app.env.zoom.set_sign_in(sam).unwrap();
    let back = callback_url(&browser, "Acme").await;
    let page = browser.visit(back.as_str()).await;
    assert_page(&app, &back, &page, 403, &["Zoom does not let you sign in here", "Sign in as a Zoom admin"]);
    assert_nothing_stored(&app).await;
}

#[tokio::test]
async fn zoom_outage_and_disabled_app_show_a_page() {
    let app = App::start().await;
    let (browser, zoom) = (Browser::new(&app), &app.env.zoom);
    let lost = Effect::Drop { drop: DropWhen::After };
    for effect in [Effect::status(503), lost, Effect::Malformed { malformed: true }] {
        let back = callback_url(&browser, "Acme").await;
        zoom.faults().add(Fault::once("POST", "/oauth/token", effect));
        let page = browser.visit(back.as_str()).await;
        assert_page(&app, &back, &page, 502, &["Zoom does not answer properly", "sign in again from the console"]);
    }
    for by in [DisabledBy::Zoom, DisabledBy::Admin] {
        let back = callback_url(&browser, "Acme").await;
        zoom.disable_app(Some(by));
        let page = browser.visit(back.as_str()).await;
        assert_page(&app, &back, &page, 502, &["This application is disabled in Zoom", "App Marketplace"]);
        zoom.disable_app(None);
    }
    assert_nothing_stored(&app).await;
    let back = callback_url(&browser, "Acme").await;
    assert_eq!(browser.visit(back.as_str()).await.status, 303);
}
