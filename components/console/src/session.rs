//! `POST /console/session` and `DELETE /console/session`.

use crate::App;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use domain::{Code, Sensitive};
use http::{StatusCode, header};
use platform::{ApiError, Body, door, session};
use serde::Deserialize;

#[derive(Deserialize)]
pub(crate) struct Request {
    key: Sensitive,
}

/// Signs in with the admin key.
pub(crate) async fn sign_in(State(app): State<App>, Body(request): Body<Request>) -> Result<Response, ApiError> {
    let key = app.ports.settings().admin_key().await?;
    let is_right = door::same(request.key.expose(), key.expose());
    if !is_right {
        app.ports.attempts.wrong(app.ports.clock.now());
        platform::log!("console.wrong_key");
    }
    app.ports.clock.sleep(app.ports.attempts.delay(app.ports.clock.now())).await;
    if !is_right {
        return Err(Code::Unauthenticated.into());
    }
    app.ports.attempts.right();
    let cookie = session::cookie(&key, app.ports.clock.now(), is_secure(&app).await?)?;
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, cookie)]).into_response())
}

/// Signs out. Whoever asks loses no more than their own cookie.
pub(crate) async fn sign_out(State(app): State<App>) -> Result<Response, ApiError> {
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, session::removal(is_secure(&app).await?))]).into_response())
}

async fn is_secure(app: &App) -> Result<bool, ApiError> {
    Ok(app.ports.settings().public_url().await?.starts_with("https:"))
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use domain::time::SignedDuration;
    use http::{HeaderMap, Request, Response, header};
    use platform::memory::Memory;
    use platform::session;
    use tower::ServiceExt;

    struct World {
        memory: Memory,
        router: axum::Router,
    }

    impl World {
        fn new() -> Self {
            let memory = Memory::default();
            memory.set("admin_key", "right");
            memory.set("public_url", "https://app.test");
            let router = crate::router(memory.ports());
            Self { memory, router }
        }

        async fn send(&self, method: &str, body: &str) -> Response<Body> {
            let request = Request::builder().method(method).uri("/console/session");
            let request = request.body(Body::from(body.to_owned())).unwrap();
            self.router.clone().oneshot(request).await.unwrap()
        }

        /// How long an attempt takes, and its status.
        async fn attempt(&self, key: &str) -> (i64, u16) {
            let before = self.memory.ports().clock.now();
            let status = self.send("POST", &format!(r#"{{"key":"{key}"}}"#)).await.status();
            (self.memory.ports().clock.now().duration_since(before).as_millis(), status.as_u16())
        }
    }

    fn set_cookie(response: &Response<Body>) -> &str {
        response.headers()[header::SET_COOKIE].to_str().unwrap()
    }

    #[tokio::test]
    async fn the_right_key_opens_a_session_and_signing_out_ends_it() {
        let world = World::new();
        let response = world.send("POST", r#"{"key":"right"}"#).await;
        assert_eq!(response.status(), 204);
        let cookie = set_cookie(&response);
        for attribute in ["HttpOnly", "Secure", "SameSite=Strict"] {
            assert!(cookie.contains(attribute), "{cookie}");
        }
        let carried = cookie.split(';').next().unwrap().parse().unwrap();
        let headers = HeaderMap::from_iter([(header::COOKIE, carried)]);
        assert!(session::is_valid(&headers, &"right".into(), world.memory.ports().clock.now()));

        let response = world.send("DELETE", "").await;
        assert_eq!(response.status(), 204);
        assert!(set_cookie(&response).contains("Max-Age=0"));

        world.memory.set("public_url", "http://127.0.0.1:3000");
        assert!(!set_cookie(&world.send("POST", r#"{"key":"right"}"#).await).contains("Secure"));
    }

    #[tokio::test]
    async fn wrong_keys_cost_more_and_more_time_and_the_right_one_shares_it_once() {
        let world = World::new();
        assert_eq!(world.attempt("right").await, (0, 204));
        assert_eq!(world.attempt("wrong").await, (250, 401));
        assert_eq!(world.attempt("").await, (500, 401));
        assert_eq!(world.attempt("righ").await, (1000, 401));
        assert_eq!(world.attempt("right").await, (1000, 204));
        assert_eq!(world.attempt("right").await, (0, 204));
        assert_eq!(world.attempt("wrong").await, (250, 401));
        world.memory.advance(SignedDuration::from_mins(15));
        assert_eq!(world.attempt("right").await, (0, 204));
    }

    #[tokio::test]
    async fn a_refusal_is_a_problem_and_sets_no_cookie() {
        let world = World::new();
        for (body, status, code) in [
            (r#"{"key":"wrong"}"#, 401, "UNAUTHENTICATED"),
            (r#"{"key":1}"#, 400, "INVALID_REQUEST"),
            ("{}", 400, "INVALID_REQUEST"),
            ("", 400, "INVALID_REQUEST"),
        ] {
            let response = world.send("POST", body).await;
            assert_eq!(response.status(), status, "{body}");
            assert!(!response.headers().contains_key(header::SET_COOKIE));
            let bytes = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
            let problem: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
            assert_eq!(problem["code"], code);
        }
    }

    #[tokio::test]
    async fn without_an_admin_key_nobody_comes_in() {
        let world = World::new();
        world.memory.set("admin_key", "");
        assert_eq!(world.send("POST", r#"{"key":""}"#).await.status(), 500);
    }
}
