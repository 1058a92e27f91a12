//! The identity call: POST first, and GET where POST is refused.

use crate::client::{MarketoClient, TokenCache};
use axum::Router;
use axum::body::to_bytes;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use domain::ErrorCode;
use http::{Method, StatusCode};
use platform::testing::in_memory::InMemoryPorts;
use std::sync::{Arc, Mutex};

const FORM: &str = "grant_type=client_credentials&client_id=a%26b&client_secret=c%2Bd+e%2F%C3%BC";

/// The calls: method, query and body.
type Calls = Arc<Mutex<Vec<(Method, String, String)>>>;

/// Answers identity calls with the statuses of POST and GET. Returns the client and the calls.
fn marketo(post: u16, get: u16) -> (MarketoClient, Calls) {
    let memory = InMemoryPorts::default();
    let calls = Calls::default();
    let log = calls.clone();
    let answer = async move |request: Request| -> Response {
        let (parts, body) = request.into_parts();
        let body = String::from_utf8(to_bytes(body, 1_000).await.unwrap().to_vec()).unwrap();
        let status = if parts.method == Method::POST { post } else { get };
        log.lock().unwrap().push((parts.method, parts.uri.query().unwrap_or_default().to_owned(), body));
        (StatusCode::from_u16(status).unwrap(), r#"{"access_token":"t","expires_in":0}"#).into_response()
    };
    memory.serve("marketo.test", Router::new().fallback(answer));
    memory.set("marketo_url", "https://marketo.test");
    memory.set("marketo_client_id", "a&b");
    memory.set("marketo_client_secret", "c+d e/ü");
    (MarketoClient::new(&memory.ports(), &Arc::new(TokenCache::default())), calls)
}

fn call(method: Method, query: &str, body: &str) -> (Method, String, String) {
    (method, query.to_owned(), body.to_owned())
}

#[tokio::test]
async fn credentials_are_sent_in_a_body_and_not_in_an_address() {
    let (marketo, calls) = marketo(200, 500);
    marketo.token().await.unwrap();
    assert_eq!(*calls.lock().unwrap(), [call(Method::POST, "", FORM)]);
}

#[tokio::test]
async fn get_is_used_where_post_is_refused_and_from_then_on() {
    for status in [404, 405] {
        let (marketo, calls) = marketo(status, 200);
        marketo.token().await.unwrap();
        marketo.token().await.unwrap();
        let get = call(Method::GET, FORM, "");
        assert_eq!(*calls.lock().unwrap(), [call(Method::POST, "", FORM), get.clone(), get], "{status}");
    }
}

#[tokio::test]
async fn wrong_credentials_and_outages_cause_no_call_with_credentials_in_the_address() {
    for (post, get, expected, count) in [
        (401, 200, ErrorCode::MarketoAccessDenied, 1),
        (400, 200, ErrorCode::MarketoAccessDenied, 1),
        (405, 401, ErrorCode::MarketoAccessDenied, 2),
        (503, 200, ErrorCode::MarketoUnavailable, 1),
        (429, 200, ErrorCode::MarketoUnavailable, 1),
    ] {
        let (marketo, calls) = marketo(post, get);
        let error = domain::Error::from(marketo.token().await.unwrap_err());
        assert_eq!((error.problem().code, calls.lock().unwrap().len()), (expected, count), "{post}");
    }
}
