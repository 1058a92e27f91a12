//! The runtime of fakes that serve a port: the wall clock, HTTP over the network, tokio's tasks.

use std::time::Duration;

use bytes::Bytes;
use futures::future::{BoxFuture, FutureExt};
use http::{Request, Response};
use jiff::Timestamp;

use crate::support::runtime::Runtime;

/// Tokio and the wall clock.
#[derive(Debug, Default)]
pub struct TokioRuntime {
    client: reqwest::Client,
}

impl Runtime for TokioRuntime {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        tokio::time::sleep(duration).boxed()
    }

    fn send(&self, request: Request<Bytes>, timeout: Duration) -> BoxFuture<'static, Result<Response<Bytes>, String>> {
        let client = self.client.clone();
        let sent = async move {
            let mut request = reqwest::Request::try_from(request)?;
            *request.timeout_mut() = Some(timeout);
            let response = client.execute(request).await?;
            let (status, headers) = (response.status(), response.headers().clone());
            let mut whole = Response::new(response.bytes().await?);
            *whole.status_mut() = status;
            *whole.headers_mut() = headers;
            Ok(whole)
        };
        sent.map(|sent: reqwest::Result<_>| sent.map_err(|error| error.to_string())).boxed()
    }

    fn spawn(&self, task: BoxFuture<'static, ()>) {
        tokio::spawn(task);
    }
}
