use super::world::{World, state_of};
use crate::grant::REQUIRED;
use domain::time::SignedDuration;
use proptest::prelude::*;

#[tokio::test]
async fn a_sign_in_asks_zoom_with_pkce_and_binds_the_browser() {
    let world = World::new();
    let answer = world.admin("GET", "/oauth/sign-in?service=%20Acme%20", "").await;
    assert_eq!(answer.status, 303);
    let url = url::Url::parse(answer.header("location")).unwrap();
    assert_eq!((url.host_str(), url.path()), (Some("zoom.test"), "/oauth/authorize"));
    let query: std::collections::HashMap<_, _> = url.query_pairs().into_owned().collect();
    assert_eq!(query["response_type"], "code");
    assert_eq!(query["client_id"], "client");
    assert_eq!(query["redirect_uri"], "https://app.test/oauth/callback");
    assert_eq!(query["code_challenge_method"], "S256");
    assert_eq!(query["code_challenge"].len(), 43);
    let cookie = answer.header("set-cookie");
    for attribute in ["HttpOnly", "Secure", "SameSite=Lax", "Max-Age=600", "Path=/oauth/"] {
        assert!(cookie.contains(attribute), "{cookie}");
    }
    assert_eq!(answer.header("cache-control"), "no-store");
    // Neither the cookie nor the state may be had from the other.
    assert!(!cookie.contains(&query["state"]));

    world.memory.set("public_url", "http://127.0.0.1:3000");
    let answer = world.admin("GET", "/oauth/sign-in?service=Acme", "").await;
    assert!(!answer.header("set-cookie").contains("Secure"));
}

#[tokio::test]
async fn a_sign_in_takes_an_admin_and_a_name() {
    let world = World::new();
    let answer = world.send("GET", "/oauth/sign-in?service=Acme", &[], "").await;
    assert_eq!(answer.problem(), (401, "UNAUTHENTICATED".into()));
    let answer = world.send("GET", "/oauth/sign-in?service=Acme", &[("authorization", "Bearer wrong")], "").await;
    assert_eq!(answer.problem(), (401, "UNAUTHENTICATED".into()));
    let long = "x".repeat(101);
    for query in
        ["", "?service=", "?service=%20%20", "?service=a%00b", "?service=a&service=b", &format!("?service={long}")]
    {
        let answer = world.admin("GET", &format!("/oauth/sign-in{query}"), "").await;
        assert_eq!(answer.problem(), (400, "INVALID_REQUEST".into()), "{query}");
    }
    assert!(world.keys().is_empty());
    let hundred = "é".repeat(100);
    world.begin(&hundred).await;
}

#[tokio::test]
async fn a_sign_in_stores_the_service_and_seals_its_tokens() {
    let world = World::new();
    world.zoom.lock().api_url = Some("http://zoom.test".into());
    let id = world.sign_in(" Acme ".trim()).await;
    let service = world.service(&id).await;
    assert_eq!(service["name"], "Acme");
    assert_eq!(service["account_id"], "acc_1");
    assert_eq!(service["admin_email"], "alice@example.com");
    assert_eq!(service["state"], "active");
    assert_eq!(service["users"], serde_json::json!([]));
    assert_eq!(service["problem"], serde_json::Value::Null);
    assert_eq!(service["created_at"], world.memory.ports().clock.now().to_string());
    assert!(!world.keys().iter().any(|key| key.starts_with("signin:")));
    for (key, value) in world.memory.dump() {
        assert!(!String::from_utf8(value).unwrap().contains("-of-zoom-"), "{key} shows a token");
    }
    assert!(world.access_token(&id).await.starts_with("access-of-zoom-"));
}

/// What a failed sign-in must be: a page, with a status, that says something, stores nothing and leaks nothing.
async fn assert_page(world: &World, answer: super::world::Answer, status: u16, says: &str) {
    assert_eq!(answer.status, status, "{answer:?}");
    assert_eq!(answer.header("content-type"), "text/html; charset=utf-8");
    assert!(answer.header("content-security-policy").starts_with("default-src 'none'"));
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(answer.header("referrer-policy"), "no-referrer");
    assert!(answer.text.contains(says), "{}", answer.text);
    assert!(answer.text.contains("<a href=\"https://app.test/\">"));
    assert!(!answer.text.contains("-of-zoom-"));
    assert_eq!(world.services().await.len(), 0);
    assert!(!world.keys().iter().any(|key| key.starts_with("token:")));
}

#[tokio::test]
async fn refusing_at_zoom_ends_in_a_page() {
    let world = World::new();
    let (location, cookie) = world.begin("Acme").await;
    let query = format!("error=access_denied&error_description=%3Cb%3E&state={}", state_of(&location));
    let answer = world.come_back(&query, &cookie).await;
    assert!(answer.header("set-cookie").contains("Max-Age=0"));
    assert_page(&world, answer, 403, "You declined").await;
}

#[tokio::test]
async fn a_state_is_good_once() {
    let world = World::new();
    let (location, cookie) = world.begin("Acme").await;
    let query = format!("error=access_denied&state={}", state_of(&location));
    world.come_back(&query, &cookie).await;
    let code = world.zoom.allow(&location);
    let answer = world.come_back(&format!("code={code}&state={}", state_of(&location)), &cookie).await;
    assert_page(&world, answer, 400, "This sign-in is not known").await;
}

#[tokio::test]
async fn a_state_is_good_in_its_own_browser_only() {
    let world = World::new();
    let (location, cookie) = world.begin("Acme").await;
    let (_, foreign) = world.begin("Other").await;
    let code = world.zoom.allow(&location);
    let query = format!("code={code}&state={}", state_of(&location));
    for other in ["", "zfm_signin=", "zfm_signin=guess", &foreign] {
        let answer = world.come_back(&query, other).await;
        assert!(answer.headers.get("set-cookie").is_none());
        assert_page(&world, answer, 403, "begun in another browser").await;
    }
    // The admin's own sign-in is not spoilt by that.
    assert_eq!(world.come_back(&query, &cookie).await.status, 303);
}

#[tokio::test]
async fn a_state_that_we_did_not_make_is_refused() {
    let world = World::new();
    let (_, cookie) = world.begin("Acme").await;
    let made_up = "x".repeat(43);
    for state in ["", "x", "../services", "a%2Fb", &made_up] {
        let answer = world.come_back(&format!("code=c&state={state}"), &cookie).await;
        assert_page(&world, answer, 400, "This sign-in is not known").await;
    }
    for query in ["", "code=c", "code=c&code=d&state=x"] {
        let answer = world.come_back(query, &cookie).await;
        assert_page(&world, answer, 400, "This sign-in is not known").await;
    }
}

#[tokio::test]
async fn a_sign_in_lasts_ten_minutes() {
    let world = World::new();
    let (location, cookie) = world.begin("Acme").await;
    let code = world.zoom.allow(&location);
    world.memory.advance(SignedDuration::from_mins(10));
    let answer = world.come_back(&format!("code={code}&state={}", state_of(&location)), &cookie).await;
    assert_page(&world, answer, 400, "took too long").await;
}

#[tokio::test]
async fn sign_ins_that_never_came_back_are_swept() {
    let world = World::new();
    world.begin("Acme").await;
    world.memory.advance(SignedDuration::from_mins(30));
    world.tick().await;
    assert_eq!(world.keys().len(), 1, "only the first minute of an hour sweeps");
    world.memory.advance(SignedDuration::from_mins(30));
    let (location, _) = world.begin("Acme").await;
    world.tick().await;
    assert_eq!(world.keys(), [format!("signin:{}", state_of(&location))]);
}

#[tokio::test]
async fn a_code_that_zoom_refuses_ends_in_a_page() {
    let world = World::new();
    let (location, cookie) = world.begin("Acme").await;
    let answer = world.come_back(&format!("code=used&state={}", state_of(&location)), &cookie).await;
    assert_page(&world, answer, 400, "used already or is older than 5 minutes").await;
}

#[tokio::test]
async fn r2_missing_scopes_are_named() {
    let world = World::new();
    let lost = world.zoom.lock().scopes.pop().unwrap();
    world.zoom.lock().scopes.push(lost.replace(":admin", ""));
    let (location, cookie) = world.begin("Acme").await;
    let code = world.zoom.allow(&location);
    let answer = world.come_back(&format!("code={code}&state={}", state_of(&location)), &cookie).await;
    assert_eq!(answer.text.matches("<li>").count(), 1);
    assert_page(&world, answer, 403, &lost).await;

    world.zoom.lock().scopes.clear();
    let (location, cookie) = world.begin("Acme").await;
    let code = world.zoom.allow(&location);
    let answer = world.come_back(&format!("code={code}&state={}", state_of(&location)), &cookie).await;
    assert_eq!(answer.text.matches("<li>").count(), REQUIRED.len());
    assert!(REQUIRED.iter().all(|scope| answer.text.contains(scope.name)));
}

#[tokio::test]
async fn r2_a_person_whom_zoom_tells_nothing_cannot_sign_in() {
    let world = World::new();
    world.zoom.lock().refuses_access = true;
    let (location, cookie) = world.begin("Acme").await;
    let code = world.zoom.allow(&location);
    let answer = world.come_back(&format!("code={code}&state={}", state_of(&location)), &cookie).await;
    assert_page(&world, answer, 403, "Sign in as a Zoom admin").await;
}

#[tokio::test]
async fn zoom_being_down_or_refusing_the_app_ends_in_a_page() {
    for (down, says) in [(true, "Zoom does not answer properly"), (false, "zoom_client_secret")] {
        let world = World::new();
        let (location, cookie) = world.begin("Acme").await;
        let code = world.zoom.allow(&location);
        world.zoom.lock().is_down = down;
        world.zoom.lock().refuses_app = (!down).then_some("Invalid client_id or client_secret");
        let answer = world.come_back(&format!("code={code}&state={}", state_of(&location)), &cookie).await;
        assert_page(&world, answer, 502, says).await;
    }
}

/// One character of a text replaced by another that may stand in a URL and in a cookie.
fn with_another(text: &str, at: usize, by: char) -> String {
    let at = at % text.len();
    let by = if text[at..].starts_with(by) { if by == 'x' { 'y' } else { 'x' } } else { by };
    format!("{}{by}{}", &text[..at], &text[at + 1..])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whoever has not both the state and the browser's cookie gets nothing, and spoils nothing.
    #[test]
    fn a_state_without_its_cookie_and_a_cookie_without_its_state_are_worth_nothing(
        at in any::<usize>(),
        by in prop::char::range('a', 'z'),
        wrong_state in any::<bool>(),
        other in "[A-Za-z0-9_-]{0,60}",
        is_other in any::<bool>(),
    ) {
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
            let world = World::new();
            let (location, cookie) = world.begin("Acme").await;
            let (state, nonce) = (state_of(&location), cookie.strip_prefix("zfm_signin=").unwrap().to_owned());
            let code = world.zoom.allow(&location);
            let wrong = |right: &str| if is_other && other != right { other.clone() } else { with_another(right, at, by) };
            let (tried_state, tried_nonce) =
                if wrong_state { (wrong(&state), nonce.clone()) } else { (state.clone(), wrong(&nonce)) };
            let query = format!("code={code}&state={tried_state}");
            let answer = world.come_back(&query, &format!("zfm_signin={tried_nonce}")).await;
            let expected = if wrong_state { (400, "not known") } else { (403, "begun in another browser") };
            assert_page(&world, answer, expected.0, expected.1).await;
            let answer = world.come_back(&format!("code={code}&state={state}"), &cookie).await;
            assert_eq!(answer.status, 303, "the admin's own sign-in still works");
        });
    }
}
