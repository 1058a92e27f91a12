//! The ports on Spin, and the entry of every component.

use crate::ports::{Background, Clock, Http, KeyValue, Ports, Random, StoreError, TransportError, Variables};
use crate::request_id;
use crate::sealing::{Keyring, OauthKeys};
use crate::store_gate::GatedStore;
use async_trait::async_trait;
use axum::Router;
use bytes::Bytes;
use domain::time::{SignedDuration, Timestamp};
use futures::future::BoxFuture;
use http_body_util::BodyExt;
use spin_sdk::http::FullBody;
use spin_sdk::key_value::Store;
use spin_sdk::wasip3::{self, http::types::ErrorCode};
use std::sync::{Arc, OnceLock};
use tower_service::Service;

/// Returns the ports of this component, for [`entry`]. It is called once per instance, because the store gate works within
/// one value.
pub fn ports() -> Ports {
    let spin = Arc::new(Spin::default());
    let ports = Ports {
        http: spin.clone(),
        key_value: Arc::new(GatedStore::new(spin.clone(), spin.clone())),
        clock: spin.clone(),
        random: spin.clone(),
        variables: spin.clone(),
        background: spin.clone(),
        throttle: Arc::default(),
        urls: Arc::default(),
        keyring: Arc::new(Keyring::empty(spin.clone())),
    };
    let keyring = Keyring::new(Box::new(OauthKeys(ports.clone())), spin);
    Ports { keyring: Arc::new(keyring), ..ports }
}

/// Defines the component's entry on Spin. Takes a function from the ports to the router. An instance answers many requests,
/// so the router and the caches of its state are created once.
#[macro_export]
macro_rules! spin_entry {
    ($router:expr) => {
        #[spin_sdk::http_service]
        async fn handle(request: spin_sdk::http::Request) -> axum::response::Response {
            static ROUTER: std::sync::OnceLock<axum::Router> = std::sync::OnceLock::new();
            $crate::spin::serve(ROUTER.get_or_init(|| ($router)($crate::spin::ports())), request).await
        }
    };
}

pub use spin_entry as entry;

/// Answers a request with a router. For [`entry`] only.
#[doc(hidden)]
pub async fn serve(router: &Router, request: spin_sdk::http::Request) -> axum::response::Response {
    match router.clone().call(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}

#[derive(Default)]
struct Spin {
    /// Opened once, because opening costs as much as reading a key.
    store: OnceLock<Store>,
}

#[async_trait]
impl Http for Spin {
    async fn send(&self, request: http::Request<Bytes>) -> Result<http::Response<Bytes>, TransportError> {
        let mut request = request;
        if !request.body().is_empty() {
            // Without this header the body is sent chunked, which strict servers refuse.
            let length = request.body().len().into();
            request.headers_mut().insert(http::header::CONTENT_LENGTH, length);
        }
        let response = spin_sdk::http::send(request.map(FullBody::new)).await.map_err(|code| failed(&code))?;
        let (parts, body) = response.into_parts();
        let cut_off = |_| TransportError { reason: "the answer was cut off".to_owned(), maybe_executed: true };
        let body = body.collect().await.map_err(cut_off)?.to_bytes();
        Ok(http::Response::from_parts(parts, body))
    }
}

/// Classifies an error: if the upstream was not reached, it did not execute the request.
fn failed(code: &ErrorCode) -> TransportError {
    let (reason, maybe_executed) = match code {
        ErrorCode::DnsTimeout | ErrorCode::DnsError(_) => ("its name is unknown", false),
        ErrorCode::DestinationNotFound | ErrorCode::DestinationUnavailable => ("it cannot be reached", false),
        ErrorCode::DestinationIpProhibited | ErrorCode::DestinationIpUnroutable => ("it cannot be reached", false),
        ErrorCode::ConnectionRefused => ("connection refused", false),
        ErrorCode::TlsProtocolError | ErrorCode::TlsCertificateError => ("TLS failed", false),
        ErrorCode::HttpRequestDenied => ("the manifest does not allow this host", false),
        ErrorCode::HttpRequestUriInvalid => ("not a URL", false),
        ErrorCode::ConnectionTimeout | ErrorCode::ConnectionReadTimeout => ("timed out", true),
        ErrorCode::HttpResponseTimeout => ("timed out", true),
        _ => ("the connection broke", true),
    };
    TransportError { reason: reason.to_owned(), maybe_executed }
}

#[async_trait]
impl KeyValue for Spin {
    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.store().await?.get(key).await.map_err(store_error)
    }

    async fn set(&self, key: &str, value: Vec<u8>) -> Result<(), StoreError> {
        self.store().await?.set(key, value).await.map_err(store_error)
    }

    async fn delete(&self, key: &str) -> Result<(), StoreError> {
        self.store().await?.delete(key).await.map_err(store_error)
    }

    async fn keys(&self, prefix: &str) -> Result<Vec<String>, StoreError> {
        let mut keys = self.store().await?.get_keys().await;
        let mut found = Vec::new();
        while let Some(key) = keys.next().await {
            if key.starts_with(prefix) {
                found.push(key);
            }
        }
        keys.result().await.map_err(store_error)?;
        Ok(found)
    }
}

impl Spin {
    async fn store(&self) -> Result<&Store, StoreError> {
        if let Some(store) = self.store.get() {
            return Ok(store);
        }
        let opened = Store::open_default().await.map_err(store_error)?;
        Ok(self.store.get_or_init(|| opened))
    }
}

fn store_error(error: spin_sdk::key_value::Error) -> StoreError {
    StoreError(error.to_string())
}

#[async_trait]
impl Clock for Spin {
    fn now(&self) -> Timestamp {
        let now = wasip3::clocks::system_clock::now();
        let nanoseconds = i32::try_from(now.nanoseconds / 1_000_000 * 1_000_000).unwrap_or_default();
        Timestamp::new(now.seconds, nanoseconds).unwrap_or_default()
    }

    async fn sleep(&self, duration: SignedDuration) {
        let nanoseconds = u64::try_from(duration.as_nanos().max(0)).unwrap_or(u64::MAX);
        wasip3::clocks::monotonic_clock::wait_for(nanoseconds).await;
    }
}

impl Random for Spin {
    fn fill(&self, buffer: &mut [u8]) {
        let mut filled = 0;
        while filled < buffer.len() {
            let wanted = (buffer.len() - filled) as u64;
            let bytes = wasip3::random::random::get_random_bytes(wanted);
            // WASI may return fewer bytes than requested.
            let count = bytes.len().min(buffer.len() - filled);
            buffer[filled..filled + count].copy_from_slice(&bytes[..count]);
            filled += count;
        }
    }
}

#[async_trait]
impl Variables for Spin {
    async fn get(&self, name: &str) -> Option<String> {
        spin_sdk::variables::get(name).await.ok()
    }
}

impl Background for Spin {
    fn spawn(&self, task: BoxFuture<'static, ()>) {
        wasip3::spawn(request_id::inherit(task));
    }
}
