//! The admin's web page. It has neither network nor store: the page asks the other components' public addresses itself,
//! with the session's cookie.
//!
//! | module | what it holds |
//! |---|---|
//! | `assets` | the page, its style and its script, and how browsers may use them |
//! | `session` | signing in to the console and out of it |

mod assets;
mod session;

use axum::Router;
use axum::routing::{get, post};
use platform::Ports;

/// What the handlers share.
#[derive(Clone)]
struct App {
    ports: Ports,
}

/// The component over its ports.
pub fn router(ports: Ports) -> Router {
    let router = Router::new()
        // The page, for everybody: what it shows it has to ask for, as the admin.
        .route("/", get(assets::page))
        .route("/console/app.js", get(assets::script))
        .route("/console/style.css", get(assets::style))
        // Signs in with the admin key, signs out.
        .route("/console/session", post(session::sign_in).delete(session::sign_out))
        .with_state(App { ports });
    platform::respond::finish(router)
}

#[cfg(target_arch = "wasm32")]
#[spin_sdk::http_service]
async fn handle(request: spin_sdk::http::Request) -> axum::response::Response {
    static ROUTER: std::sync::OnceLock<Router> = std::sync::OnceLock::new();
    platform::spin::serve(ROUTER.get_or_init(|| router(platform::spin::ports())), request).await
}
