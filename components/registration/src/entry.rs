//! The component's entry on Spin.

use crate::extension::Extension;
use axum::Router;
use std::sync::{Arc, OnceLock};

#[spin_sdk::http_service]
async fn handle(request: spin_sdk::http::Request) -> axum::response::Response {
    // Its state holds caches keyed by service only: instances are shared by requests.
    static ROUTER: OnceLock<Router> = OnceLock::new();
    let router = ROUTER.get_or_init(|| crate::router(platform::spin::ports(), Arc::new(Extension)));
    platform::spin::serve(router, request).await
}
