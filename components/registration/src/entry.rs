//! The component's entry on Spin.

use crate::extension::Extension;
use axum::Router;
use std::sync::{Arc, OnceLock};

#[spin_sdk::http_service]
async fn handle(request: spin_sdk::http::Request) -> axum::response::Response {
    // Requests share an instance, so the router and its token caches are created once.
    static ROUTER: OnceLock<Router> = OnceLock::new();
    let router = ROUTER.get_or_init(|| crate::router(platform::spin::ports(), Arc::new(Extension)));
    platform::spin::serve(router, request).await
}
