//! Requests through in-memory ports.

use bytes::Bytes;
use fakes::mounted::{APP_HOST, MountedFakes};
use http::{Request, Response};
use jiff::SignedDuration;
use platform::ports::TransportError;
use platform::testing::in_memory::InMemoryPorts;
use serde_json::Value;

pub(crate) struct Env {
    pub(crate) memory: InMemoryPorts,
    pub(crate) fakes: MountedFakes,
}

impl Env {
    pub(crate) fn new() -> Self {
        let memory = InMemoryPorts::default();
        let fakes = MountedFakes::mount(&memory);
        Self { memory, fakes }
    }

    pub(crate) fn serve_app(&self, router: axum::Router) {
        self.memory.serve(APP_HOST, router);
    }

    /// Sends a request as a component does, with its timeout of 10 seconds.
    pub(crate) async fn try_send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, TransportError> {
        self.memory.ports().send_within(SignedDuration::from_secs(10), request).await
    }

    /// Calls Zoom's API with a token.
    pub(crate) fn zoom_request(&self, token: &str, method: &str, path: &str, body: &Value) -> Request<Bytes> {
        let bytes = if body.is_null() { Bytes::new() } else { body.to_string().into() };
        Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.fakes.zoom.url()))
            .header("authorization", format!("Bearer {token}"))
            .header("content-type", "application/json")
            .body(bytes)
            .unwrap()
    }

    pub(crate) async fn zoom(&self, token: &str, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let response = self.try_send(self.zoom_request(token, method, path, body)).await.unwrap();
        (response.status().as_u16(), serde_json::from_slice(response.body()).unwrap_or_default())
    }
}
