//! The admin's web page. It has neither network nor store: the page asks the other components' public addresses itself,
//! with the session's cookie.
//!
//! | module | what it holds |
//! |---|---|
//! | `assets` | the page and what it loads, and how browsers may use them ([how they are made](../assets/README.md)) |
//! | `encoding` | whether a browser takes what is compressed |
//! | `session` | signing in to the console and out of it |
//! | `settings` | what the page has to know of the application's variables |

mod assets;
mod encoding;
mod session;
mod settings;
#[cfg(test)]
mod tests;

use axum::Router;
use axum::routing::{get, post};
use platform::Ports;
use platform::entrance::HasPorts;

/// What the handlers share.
#[derive(Clone)]
struct App {
    ports: Ports,
}

impl HasPorts for App {
    fn ports(&self) -> &Ports {
        &self.ports
    }
}

/// The component over its ports.
pub fn router(ports: Ports) -> Router {
    let router = Router::new()
        // The page, for everybody: what it shows it has to ask for, as the admin.
        .route("/", get(assets::page))
        // Its style, its script and its icon, under names that change with them.
        .route("/console/{file}", get(assets::file))
        // Signs in with the admin key, signs out.
        .route("/console/session", post(session::sign_in).delete(session::sign_out))
        // Where the application is reached.
        .route("/console/settings", get(settings::show))
        .with_state(App { ports });
    platform::respond::finish(router)
}

#[cfg(target_arch = "wasm32")]
#[spin_sdk::http_service]
async fn handle(request: spin_sdk::http::Request) -> axum::response::Response {
    static ROUTER: std::sync::OnceLock<Router> = std::sync::OnceLock::new();
    platform::spin::serve(ROUTER.get_or_init(|| router(platform::spin::ports())), request).await
}
