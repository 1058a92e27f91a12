use super::fixture::{Fixture, state_of};
use crate::zoom_oauth::scopes::REQUIRED_SCOPES;
use domain::time::SignedDuration;
use fakes::zoom::{ADMIN, Decision, SignIn};
use proptest::prelude::*;

#[tokio::test]
async fn begins_a_sign_in_with_pkce_and_a_csrf_cookie() {
    let fixture = Fixture::new();
    let response = fixture.admin("GET", "/oauth/sign-in?service=%20Acme%20", "").await;
    assert_eq!(response.status, 303);
    let url = url::Url::parse(response.header("location")).unwrap();
    assert_eq!((url.host_str(), url.path()), (Some("zoom.test"), "/oauth/authorize"));
    let query: std::collections::HashMap<_, _> = url.query_pairs().into_owned().collect();
    assert_eq!(query["response_type"], "code");
    assert_eq!(query["client_id"], fakes::zoom::CLIENT_ID);
    assert_eq!(query["redirect_uri"], "https://app.test/oauth/callback");
    assert_eq!(query["code_challenge_method"], "S256");
    assert_eq!(query["code_challenge"].len(), 43);
    let cookie = response.header("set-cookie");
    for attribute in ["HttpOnly", "Secure", "SameSite=Lax", "Max-Age=600", "Path=/oauth/"] {
        assert!(cookie.contains(attribute), "{cookie}");
    }
    assert_eq!(response.header("cache-control"), "no-store");
    // The cookie must not reveal the state.
    assert!(!cookie.contains(&query["state"]));

    fixture.in_memory.set("public_url", "http://127.0.0.1:3000");
    let response = fixture.another_instance().admin("GET", "/oauth/sign-in?service=Acme", "").await;
    assert!(!response.header("set-cookie").contains("Secure"));
}

#[tokio::test]
async fn a_sign_in_requires_an_admin_and_a_valid_name() {
    let fixture = Fixture::new();
    let response = fixture.send("GET", "/oauth/sign-in?service=Acme", &[], "").await;
    assert_eq!(response.problem(), (401, "UNAUTHENTICATED".into()));
    let response = fixture.send("GET", "/oauth/sign-in?service=Acme", &[("authorization", "Bearer wrong")], "").await;
    assert_eq!(response.problem(), (401, "UNAUTHENTICATED".into()));
    let long = "x".repeat(101);
    for query in
        ["", "?service=", "?service=%20%20", "?service=a%00b", "?service=a&service=b", &format!("?service={long}")]
    {
        let response = fixture.admin("GET", &format!("/oauth/sign-in{query}"), "").await;
        assert_eq!(response.problem(), (400, "INVALID_REQUEST".into()), "{query}");
    }
    assert!(fixture.keys().is_empty());
    let hundred = "é".repeat(100);
    fixture.begin_sign_in(&hundred).await;
}

#[tokio::test]
async fn a_sign_in_stores_the_service_and_encrypts_its_tokens() {
    let fixture = Fixture::new();
    let id = fixture.sign_in(" Acme ".trim()).await;
    let service = fixture.service(&id).await;
    assert_eq!(service["name"], "Acme");
    assert_eq!(service["account_id"], "acc_1");
    assert_eq!(service["admin_email"], "alice@example.com");
    assert_eq!(service["state"], "active");
    assert_eq!(service["users"], serde_json::json!([]));
    assert_eq!(service["problem"], serde_json::Value::Null);
    assert_eq!(service["created_at"], fixture.in_memory.ports().clock.now().to_string());
    assert!(!fixture.keys().iter().any(|key| key.starts_with("signin:")));
    for (key, value) in fixture.in_memory.dump() {
        assert!(!contains_secret(&fixture, &String::from_utf8_lossy(&value)), "{key} shows a token");
    }
    let token = fixture.access_token(&id).await;
    assert!(fixture.zoom.secrets().contains(&token));
}

/// Returns whether a text contains a code, token or secret that Zoom issued.
fn contains_secret(fixture: &Fixture, text: &str) -> bool {
    fixture.zoom.secrets().iter().any(|secret| text.contains(secret.as_str()))
}

/// Fails unless the response is a page with this status and text that leaks nothing, and nothing was stored.
async fn assert_error_page(fixture: &Fixture, response: super::fixture::TestResponse, status: u16, says: &str) {
    assert_eq!(response.status, status, "{response:?}");
    assert_eq!(response.header("content-type"), "text/html; charset=utf-8");
    assert!(response.header("content-security-policy").starts_with("default-src 'none'"));
    assert_eq!(response.header("cache-control"), "no-store");
    assert_eq!(response.header("referrer-policy"), "no-referrer");
    assert!(response.text.contains(says), "{}", response.text);
    assert!(response.text.contains("<a href=\"https://app.test/\">"));
    assert!(!contains_secret(fixture, &response.text));
    assert_eq!(fixture.services().await.len(), 0);
    assert!(!fixture.keys().iter().any(|key| key.starts_with("token:")));
}

#[tokio::test]
async fn declining_at_zoom_ends_in_a_page() {
    let fixture = Fixture::new();
    let (location, cookie) = fixture.begin_sign_in("Acme").await;
    let user = ADMIN.to_owned();
    fixture.zoom.set_sign_in(SignIn { user, decision: Decision::Refuse, scopes: None }).unwrap();
    let query = fixture.visit_zoom(&location).await;
    assert_eq!(query, format!("error=access_denied&state={}", state_of(&location)));
    let response = fixture.send_callback(&format!("{query}&error_description=%3Cb%3E"), &cookie).await;
    assert!(response.header("set-cookie").contains("Max-Age=0"));
    assert_error_page(&fixture, response, 403, "You declined").await;
}

#[tokio::test]
async fn a_state_is_valid_once() {
    let fixture = Fixture::new();
    let (location, cookie) = fixture.begin_sign_in("Acme").await;
    let query = format!("error=access_denied&state={}", state_of(&location));
    fixture.send_callback(&query, &cookie).await;
    let code = fixture.authorize(&location).await;
    let response = fixture.send_callback(&format!("code={code}&state={}", state_of(&location)), &cookie).await;
    assert_error_page(&fixture, response, 400, "This sign-in is not known").await;
}

#[tokio::test]
async fn a_state_is_valid_only_in_the_browser_that_began_the_sign_in() {
    let fixture = Fixture::new();
    let (location, cookie) = fixture.begin_sign_in("Acme").await;
    let (_, other_cookie) = fixture.begin_sign_in("Other").await;
    let code = fixture.authorize(&location).await;
    let query = format!("code={code}&state={}", state_of(&location));
    for wrong in ["", "zfm_signin=", "zfm_signin=guess", &other_cookie] {
        let response = fixture.send_callback(&query, wrong).await;
        assert!(response.headers.get("set-cookie").is_none());
        assert_error_page(&fixture, response, 403, "begun in another browser").await;
    }
    // The admin's own sign-in still works.
    assert_eq!(fixture.send_callback(&query, &cookie).await.status, 303);
}

#[tokio::test]
async fn rejects_a_state_that_was_not_issued() {
    let fixture = Fixture::new();
    let (_, cookie) = fixture.begin_sign_in("Acme").await;
    let made_up = "x".repeat(43);
    for state in ["", "x", "../services", "a%2Fb", &made_up] {
        let response = fixture.send_callback(&format!("code=c&state={state}"), &cookie).await;
        assert_error_page(&fixture, response, 400, "This sign-in is not known").await;
    }
    for query in ["", "code=c", "code=c&code=d&state=x"] {
        let response = fixture.send_callback(query, &cookie).await;
        assert_error_page(&fixture, response, 400, "This sign-in is not known").await;
    }
}

#[tokio::test]
async fn a_sign_in_expires_after_ten_minutes() {
    let fixture = Fixture::new();
    let (location, cookie) = fixture.begin_sign_in("Acme").await;
    let code = fixture.authorize(&location).await;
    fixture.in_memory.advance(SignedDuration::from_mins(10));
    let response = fixture.send_callback(&format!("code={code}&state={}", state_of(&location)), &cookie).await;
    assert_error_page(&fixture, response, 400, "took too long").await;
}

#[tokio::test]
async fn a_code_that_zoom_rejects_ends_in_a_page() {
    let fixture = Fixture::new();
    let (location, cookie) = fixture.begin_sign_in("Acme").await;
    let response = fixture.send_callback(&format!("code=used&state={}", state_of(&location)), &cookie).await;
    assert_error_page(&fixture, response, 400, "used already or is older than 5 minutes").await;
}

#[tokio::test]
async fn r2_the_page_names_missing_scopes() {
    let fixture = Fixture::new();
    let mut scopes: Vec<_> = REQUIRED_SCOPES.iter().map(|scope| scope.name.to_owned()).collect();
    let lost = scopes.pop().unwrap();
    scopes.push(lost.replace(":admin", ""));
    fixture.set_granted_scopes(scopes);
    let (location, cookie) = fixture.begin_sign_in("Acme").await;
    let code = fixture.authorize(&location).await;
    let response = fixture.send_callback(&format!("code={code}&state={}", state_of(&location)), &cookie).await;
    assert_eq!(response.text.matches("<li>").count(), 1);
    assert_error_page(&fixture, response, 403, &lost).await;

    fixture.set_granted_scopes(Vec::new());
    let (location, cookie) = fixture.begin_sign_in("Acme").await;
    let code = fixture.authorize(&location).await;
    let response = fixture.send_callback(&format!("code={code}&state={}", state_of(&location)), &cookie).await;
    assert_eq!(response.text.matches("<li>").count(), REQUIRED_SCOPES.len());
    assert!(REQUIRED_SCOPES.iter().all(|scope| response.text.contains(scope.name)));
}

#[tokio::test]
async fn r2_a_person_who_may_not_read_their_account_cannot_sign_in() {
    for (rejects_tokens, is_admin) in [(true, true), (false, false)] {
        let fixture = Fixture::new();
        let (location, cookie) = fixture.begin_sign_in("Acme").await;
        let code = fixture.authorize(&location).await;
        fixture.set_admin_role(is_admin);
        if rejects_tokens {
            fixture.reject_access_tokens();
        }
        let response = fixture.send_callback(&format!("code={code}&state={}", state_of(&location)), &cookie).await;
        assert_error_page(&fixture, response, 403, "Sign in as a Zoom admin").await;
    }
}

#[tokio::test]
async fn a_sign_in_ends_in_a_page_if_zoom_is_down_or_rejects_the_app() {
    for (down, says) in [(true, "Zoom does not answer properly"), (false, "zoom_client_secret")] {
        let fixture = Fixture::new();
        let (location, cookie) = fixture.begin_sign_in("Acme").await;
        let code = fixture.authorize(&location).await;
        if down {
            fixture.take_zoom_down();
        } else {
            fixture.in_memory.set("zoom_client_secret", "wrong");
        }
        let response = fixture.send_callback(&format!("code={code}&state={}", state_of(&location)), &cookie).await;
        assert_error_page(&fixture, response, 502, says).await;
    }
}

/// Replaces one character of a text by another one that is valid in a URL and in a cookie.
fn with_another(text: &str, at: usize, by: char) -> String {
    let at = at % text.len();
    let by = if text[at..].starts_with(by) { if by == 'x' { 'y' } else { 'x' } } else { by };
    format!("{}{by}{}", &text[..at], &text[at + 1..])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// A request without both the state and its cookie fails, and does not affect the admin's own sign-in.
    #[test]
    fn a_state_and_its_cookie_are_valid_only_together(
        at in any::<usize>(),
        by in prop::char::range('a', 'z'),
        wrong_state in any::<bool>(),
        other in "[A-Za-z0-9_-]{0,60}",
        is_other in any::<bool>(),
    ) {
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
            let fixture = Fixture::new();
            let (location, cookie) = fixture.begin_sign_in("Acme").await;
            let (state, nonce) = (state_of(&location), cookie.strip_prefix("zfm_signin=").unwrap().to_owned());
            let code = fixture.authorize(&location).await;
            let wrong = |right: &str| if is_other && other != right { other.clone() } else { with_another(right, at, by) };
            let (tried_state, tried_nonce) =
                if wrong_state { (wrong(&state), nonce.clone()) } else { (state.clone(), wrong(&nonce)) };
            let query = format!("code={code}&state={tried_state}");
            let response = fixture.send_callback(&query, &format!("zfm_signin={tried_nonce}")).await;
            let expected = if wrong_state { (400, "not known") } else { (403, "begun in another browser") };
            assert_error_page(&fixture, response, expected.0, expected.1).await;
            let response = fixture.send_callback(&format!("code={code}&state={state}"), &cookie).await;
            assert_eq!(response.status, 303, "the admin's own sign-in still works");
        });
    }
}
