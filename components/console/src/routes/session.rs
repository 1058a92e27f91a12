//! `POST` and `DELETE /console/session`: signing in to the console and out of it.

use crate::state::AppState;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use domain::Sensitive;
use http::{StatusCode, header};
use platform::auth::{session, verify};
use platform::{ApiError, JsonBody};
use serde::Deserialize;

/// Body of `POST /console/session`.
#[derive(Deserialize)]
pub(crate) struct SignInRequest {
    key: Sensitive,
}

/// Signs in with the admin key. After a few wrong keys, further ones are answered 429 (see [`platform::auth::throttle`]).
pub(crate) async fn sign_in(
    State(state): State<AppState>,
    JsonBody(request): JsonBody<SignInRequest>,
) -> Result<Response, ApiError> {
    let keys = state.ports.config().admin_key().await?;
    verify::check(&state.ports, "console", request.key.expose(), &keys)?;
    state.ports.throttle.record_success();
    let cookie = session::set_cookie(keys.newest(), state.ports.clock.now(), is_secure(&state).await?)?;
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, cookie)]).into_response())
}

/// Signs out. It needs no authentication, because it only deletes the caller's own cookie.
pub(crate) async fn sign_out(State(state): State<AppState>) -> Result<Response, ApiError> {
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, session::clear_cookie(is_secure(&state).await?))])
        .into_response())
}

async fn is_secure(state: &AppState) -> Result<bool, ApiError> {
    Ok(state.ports.config().public_url().await?.is_https())
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use http::{HeaderMap, Request, Response, header};
    use platform::auth::session;
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
            let request = Request::builder().method(method).uri("/console/session");
            let request = request.body(Body::from(body.to_owned())).unwrap();
            self.router.clone().oneshot(request).await.unwrap()
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

    #[tokio::test]
    async fn signing_in_sets_the_cookie_and_signing_out_clears_it() {
        let env = TestEnv::new();
        let response = env.send("POST", &format!(r#"{{"key":"{KEY}"}}"#)).await;
        assert_eq!(response.status(), 204);
        let cookie = set_cookie(&response);
        for attribute in ["HttpOnly", "Secure", "SameSite=Strict"] {
            assert!(cookie.contains(attribute), "{cookie}");
        }
        let carried = cookie.split(';').next().unwrap().parse().unwrap();
        let headers = HeaderMap::from_iter([(header::COOKIE, carried)]);
        assert!(session::is_valid(&headers, &KEY.into(), env.memory.ports().clock.now()));

        let response = env.send("DELETE", "").await;
        assert_eq!(response.status(), 204);
        assert!(set_cookie(&response).contains("Max-Age=0"));

        env.memory.set("public_url", "http://127.0.0.1:3000");
        let env = env.another_instance();
        assert!(!set_cookie(&env.send("POST", &format!(r#"{{"key":"{KEY}"}}"#)).await).contains("Secure"));
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
    async fn a_short_key_is_not_found_by_trying() {
        let env = TestEnv::new();
        env.memory.set("admin_key", "summer26");
        let env = env.another_instance();
        for _ in 0..51 {
            env.attempt("wrong").await;
        }
        assert_eq!(env.attempt("summer26").await.0, 429);
        env.memory.advance(domain::time::SignedDuration::from_secs(1));
        assert_eq!(env.attempt("summer26").await.0, 204);
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
