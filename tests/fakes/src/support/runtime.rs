//! What a fake needs of its surroundings: time, outbound requests, tasks.
//!
//! A fake that serves a port runs on tokio and the wall clock (`tokio_runtime`). A fake that is mounted as a router runs on
//! the ports of the component under test (`in_memory`).

use std::fmt::Debug;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures::future::BoxFuture;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, header};
use jiff::Timestamp;
use serde_json::Value;

/// Time, outbound requests and tasks of a fake.
pub trait Runtime: Debug + Send + Sync {
    /// Returns the present time. The clock of a fake adds its own offset.
    fn now(&self) -> Timestamp;

    /// Waits for a duration.
    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()>;

    /// Sends a request and reads the whole response.
    ///
    /// # Errors
    /// Returns why there was no response within the time, for people to read.
    fn send(&self, request: Request<Bytes>, timeout: Duration) -> BoxFuture<'static, Result<Response<Bytes>, String>>;

    /// Starts a task.
    fn spawn(&self, task: BoxFuture<'static, ()>);
}

/// A runtime that the parts of a fake share.
pub type SharedRuntime = Arc<dyn Runtime>;

/// Builds a request with headers. A body that is not null is sent as JSON.
///
/// # Errors
/// Returns why the URL or a header is invalid.
pub(crate) fn json_request(
    method: Method,
    url: &str,
    headers: &[(&'static str, &str)],
    body: &Value,
) -> Result<Request<Bytes>, String> {
    let bytes = if body.is_null() { Bytes::new() } else { Bytes::from(body.to_string()) };
    let mut request = Request::builder().method(method).uri(url).body(bytes).map_err(|error| error.to_string())?;
    let mut map = HeaderMap::new();
    if !body.is_null() {
        map.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    }
    for (name, value) in headers {
        map.insert(
            HeaderName::from_static(name),
            HeaderValue::from_str(value).map_err(|_| format!("the value of {name} is no header"))?,
        );
    }
    *request.headers_mut() = map;
    Ok(request)
}

/// Lets other futures run, on any executor.
pub(crate) fn yield_now() -> impl Future<Output = ()> + Send {
    Yield { yielded: false }
}

struct Yield {
    yielded: bool,
}

impl Future for Yield {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if self.yielded {
            return Poll::Ready(());
        }
        self.yielded = true;
        context.waker().wake_by_ref();
        Poll::Pending
    }
}
