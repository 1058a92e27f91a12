//! `POST` and `DELETE /console/session`: signing in to the console and out of it.

use crate::state::AppState;
use crate::store::sessions;
use axum::extract::{FromRequestParts, RawQuery, State};
use axum::response::{IntoResponse, Response};
use domain::Sensitive;
use http::request::Parts;
use http::{HeaderMap, Method, StatusCode, header};
use platform::auth::{session, throttle, verify};
use platform::{ApiError, JsonBody};
use serde::Deserialize;

/// Body of `POST /console/session`.
#[derive(Deserialize)]
pub(crate) struct SignInRequest {
    key: Sensitive,
}

/// Signs in with the admin key, from the console's own page only. After a few wrong keys, further ones are answered 429 (see
/// [`platform::auth::throttle`]).
pub(crate) async fn sign_in(
    State(state): State<AppState>,
    headers: HeaderMap,
    _: OwnPage,
    JsonBody(request): JsonBody<SignInRequest>,
) -> Result<Response, ApiError> {
    let keys = state.ports.config().admin_key().await?;
    verify::check(&state.ports, "console", &headers, request.key.expose(), &keys)?;
    state.ports.throttle.record_success(&throttle::client_address(&headers));
    let cookie = sessions::begin(&state.ports, &request.key).await?;
    let sweep = state.ports.clone();
    state.ports.background.spawn(Box::pin(async move { sessions::sweep(&sweep).await }));
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, cookie)]).into_response())
}

/// Signs out: ends the session whose id the caller has, which therefore needs no further authentication. Ends all sessions
/// for the admin.
pub(crate) async fn sign_out(
    State(state): State<AppState>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    _: OwnPage,
) -> Result<Response, ApiError> {
    match query.as_deref() {
        None => {}
        Some("everywhere=true") => {
            verify::admin(&state.ports, &Method::DELETE, &headers).await?;
            sessions::end_all(&state.ports).await?;
        }
        Some(_) => return Err(ApiError::invalid("The query may be everywhere=true only.")),
    }
    sessions::end(&state.ports, &headers).await?;
    let cookie = session::clear_cookie(&state.ports).await?;
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, cookie)]).into_response())
}

/// The request does not come from a page of another site. Checked before the body is read.
pub(crate) struct OwnPage;

impl FromRequestParts<AppState> for OwnPage {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        verify::own_page(&state.ports, &parts.headers).await.map(|()| Self)
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use http::{Request, Response, header};
    use platform::auth::session::LIFETIME;
    use platform::testing::in_memory::InMemoryPorts;
    use tower::ServiceExt;

    const KEY: &str = "right-right-right-right";

    struct TestEnv {
        memory: InMemoryPorts,
        router: axum::Router,
    }

    impl TestEnv {
        fn new() -> Self {
            let memory = InMemoryPorts::default();
            memory.set("admin_key", KEY);
            memory.set("public_url", "https://app.test");
            let router = crate::router(memory.ports());
            Self { memory, router }
        }

        /// Returns an instance that reads the variables as they are now.
        fn another_instance(self) -> Self {
            Self { router: crate::router(self.memory.ports()), ..self }
        }

        async fn send(&self, method: &str, body: &str) -> Response<Body> {
            self.send_with(method, "", body, &[]).await
        }

        async fn send_with(&self, method: &str, query: &str, body: &str, headers: &[(&str, &str)]) -> Response<Body> {
            let mut request = Request::builder().method(method).uri(format!("/console/session{query}"));
            for (name, value) in headers {
                request = request.header(*name, *value);
            }
            self.router.clone().oneshot(request.body(Body::from(body.to_owned())).unwrap()).await.unwrap()
        }

        /// Reads the settings, which are for the admin. Returns the status.
        async fn settings(&self, cookie: &str) -> u16 {
            let request = Request::get("/console/settings").header(header::COOKIE, cookie).body(Body::empty()).unwrap();
            self.router.clone().oneshot(request).await.unwrap().status().as_u16()
        }

        /// Signs in. Returns the status and `Retry-After`.
        async fn attempt(&self, key: &str) -> (u16, Option<String>) {
            let response = self.send("POST", &format!(r#"{{"key":"{key}"}}"#)).await;
            let retry_after =
                response.headers().get(header::RETRY_AFTER).map(|value| value.to_str().unwrap().to_owned());
            (response.status().as_u16(), retry_after)
        }
    }

    fn set_cookie(response: &Response<Body>) -> &str {
        response.headers()[header::SET_COOKIE].to_str().unwrap()
    }

    /// Returns the `Cookie` header of a browser that got this answer.
    fn cookie(response: &Response<Body>) -> String {
        set_cookie(response).split(';').next().unwrap().to_owned()
    }

    #[tokio::test]
    async fn signing_in_begins_a_session_and_signing_out_ends_it() {
        let env = TestEnv::new();
        let response = env.send("POST", &format!(r#"{{"key":"{KEY}"}}"#)).await;
        assert_eq!(response.status(), 204);
        for attribute in ["__Host-", "HttpOnly", "Secure", "SameSite=Strict"] {
            assert!(set_cookie(&response).contains(attribute), "{}", set_cookie(&response));
        }
        let cookie = cookie(&response);
        assert_eq!(env.settings(&cookie).await, 200);

        let response = env.send_with("DELETE", "", "", &[("cookie", &cookie)]).await;
        assert_eq!(response.status(), 204);
        assert!(set_cookie(&response).contains("Max-Age=0"));
        assert_eq!(env.settings(&cookie).await, 401, "a copy of the cookie opens nothing");
        assert!(env.memory.dump().keys().all(|key| !key.starts_with("session:")));
        assert_eq!(env.send("DELETE", "").await.status(), 204, "without a session");

        env.memory.set("public_url", "http://127.0.0.1:3000");
        let env = env.another_instance();
        assert!(!set_cookie(&env.send("POST", &format!(r#"{{"key":"{KEY}"}}"#)).await).contains("Secure"));
    }

    #[tokio::test]
    async fn signing_out_everywhere_ends_every_session_and_needs_one() {
        let env = TestEnv::new();
        let mut cookies = Vec::new();
        for _ in 0..2 {
            cookies.push(cookie(&env.send("POST", &format!(r#"{{"key":"{KEY}"}}"#)).await));
        }
        let origin = ("origin", "https://app.test");
        for (headers, status) in [
            (vec![], 401),
            (vec![("cookie", &*cookies[0])], 403),
            (vec![("cookie", &*cookies[0]), ("origin", "https://evil.test")], 403),
            (vec![("cookie", &*cookies[0]), origin, ("sec-fetch-site", "cross-site")], 403),
        ] {
            assert_eq!(env.send_with("DELETE", "?everywhere=true", "", &headers).await.status(), status, "{headers:?}");
        }
        assert_eq!(env.settings(&cookies[1]).await, 200);
        assert_eq!(env.send_with("DELETE", "?everywhere=1", "", &[]).await.status(), 400);
        let response = env.send_with("DELETE", "?everywhere=true", "", &[("cookie", &cookies[0]), origin]).await;
        assert_eq!(response.status(), 204);
        for cookie in &cookies {
            assert_eq!(env.settings(cookie).await, 401);
        }
        let again = cookie(&env.send("POST", &format!(r#"{{"key":"{KEY}"}}"#)).await);
        assert_eq!(env.settings(&again).await, 200);
        let by_key = [("authorization", &*format!("Bearer {KEY}"))];
        assert_eq!(env.send_with("DELETE", "?everywhere=true", "", &by_key).await.status(), 204);
        assert_eq!(env.settings(&again).await, 401);
    }

    #[tokio::test]
    async fn signing_in_is_possible_from_the_own_page_only() {
        let env = TestEnv::new();
        for (headers, status) in [
            (vec![], 204),
            (vec![("origin", "https://app.test")], 204),
            (vec![("sec-fetch-site", "same-origin"), ("origin", "https://app.test")], 204),
            (vec![("origin", "https://evil.test")], 403),
            (vec![("origin", "null")], 403),
            (vec![("sec-fetch-site", "cross-site")], 403),
            (vec![("sec-fetch-site", "same-site"), ("origin", "https://app.test")], 403),
            (vec![("sec-fetch-site", "none")], 403),
        ] {
            let response = env.send_with("POST", "", &format!(r#"{{"key":"{KEY}"}}"#), &headers).await;
            assert_eq!(response.status(), status, "{headers:?}");
            assert_eq!(response.headers().contains_key(header::SET_COOKIE), status == 204);
        }
    }

    #[tokio::test]
    async fn changing_the_admin_key_ends_its_sessions() {
        let env = TestEnv::new();
        let cookie = cookie(&env.send("POST", &format!(r#"{{"key":"{KEY}"}}"#)).await);
        for (keys, status) in [(&*format!("new-new-new-new-new-new,{KEY}"), 200), ("new-new-new-new-new-new", 401)] {
            env.memory.set("admin_key", keys);
            assert_eq!(env.settings(&cookie).await, status, "{keys}");
        }
    }

    #[tokio::test]
    async fn expired_sessions_are_swept_by_a_later_sign_in() {
        let env = TestEnv::new();
        let sessions = || env.memory.dump().keys().filter(|key| key.starts_with("session:")).count();
        assert_eq!(env.attempt(KEY).await.0, 204);
        env.memory.run_background().await;
        env.memory.advance(LIFETIME);
        assert_eq!(env.attempt(KEY).await.0, 204);
        assert_eq!(sessions(), 2);
        env.memory.run_background().await;
        assert_eq!(sessions(), 1);
        // Not the one that goes on.
        env.memory.advance(LIFETIME / 2);
        assert_eq!(env.attempt(KEY).await.0, 204);
        env.memory.run_background().await;
        assert_eq!(sessions(), 2);
    }

    #[tokio::test]
    async fn wrong_keys_are_limited_without_delay_and_the_right_one_is_always_accepted() {
        let env = TestEnv::new();
        let began = env.memory.ports().clock.now();
        for _ in 0..50 {
            assert_eq!(env.attempt("wrong").await, (401, None));
        }
        assert_eq!(env.attempt("").await, (429, Some("1".to_owned())));
        assert_eq!(env.attempt("righ").await, (429, Some("2".to_owned())));
        assert_eq!(env.attempt(KEY).await, (204, None));
        assert_eq!(env.attempt("wrong").await, (401, None));
        assert_eq!(env.memory.ports().clock.now(), began, "no answer is delayed");
    }

    #[tokio::test]
    async fn with_a_short_key_nothing_is_served() {
        let env = TestEnv::new();
        env.memory.set("admin_key", "summer26");
        let env = env.another_instance();
        assert_eq!(env.attempt("summer26").await.0, 500);
    }

    #[tokio::test]
    async fn wrong_keys_of_one_client_do_not_limit_another() {
        let env = TestEnv::new();
        let attempt = async |client: &str| {
            let headers = [("spin-client-addr", client)];
            env.send_with("POST", "", r#"{"key":"wrong"}"#, &headers).await.status().as_u16()
        };
        for _ in 0..50 {
            assert_eq!(attempt("192.0.2.1:5").await, 401);
        }
        assert_eq!((attempt("192.0.2.1:6").await, attempt("192.0.2.2:5").await), (429, 401));
    }

    #[tokio::test]
    async fn while_the_key_is_changed_both_keys_sign_in() {
        let env = TestEnv::new();
        let both = format!("new-new-new-new-new-new, {KEY}");
        env.memory.set("admin_key", &both);
        let env = env.another_instance();
        for key in ["new-new-new-new-new-new", KEY] {
            assert_eq!(env.attempt(key).await.0, 204, "{key}");
        }
        assert_eq!(env.attempt(&both).await.0, 401);
    }

    #[tokio::test]
    async fn a_failed_sign_in_is_a_problem_and_sets_no_cookie() {
        let env = TestEnv::new();
        for (body, status, code) in [
            (r#"{"key":"wrong"}"#, 401, "UNAUTHENTICATED"),
            (r#"{"key":1}"#, 400, "INVALID_REQUEST"),
            ("{}", 400, "INVALID_REQUEST"),
            ("", 400, "INVALID_REQUEST"),
        ] {
            let response = env.send("POST", body).await;
            assert_eq!(response.status(), status, "{body}");
            assert!(!response.headers().contains_key(header::SET_COOKIE));
            let bytes = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
            let problem: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
            assert_eq!(problem["code"], code);
        }
    }

    #[tokio::test]
    async fn without_an_admin_key_sign_in_is_an_error() {
        let env = TestEnv::new();
        env.memory.set("admin_key", "");
        assert_eq!(env.send("POST", r#"{"key":""}"#).await.status(), 500);
    }
}
