//! LaunchPoint services: signing in to Zoom, enabled users, tokens, and forgetting an account that removed the app.
//!
//! Only this component has the Zoom app's secret, the token key and the refresh tokens (DESIGN section 4).
//!
//! | module | what it holds |
//! |---|---|
//! | `sign_in` | from the console to Zoom and back: PKCE, the one-time state, the pages for what can go wrong |
//! | `services` | which services exist (R1), their enabled users (R3), their problems (R2), deleting one |
//! | `tokens` | sealing tokens, renewing them, handing them to the other components |
//! | `grant` | Zoom's OAuth server: its calls, and the scopes that we need |
//! | `deauthorization` | the app was removed from an account: everything of it goes (R17) |
//! | `tick` | what is done about every minute |
//! | `app`, `locks` | what all handlers share |

mod app;
mod deauthorization;
mod grant;
mod services;
mod sign_in;
#[cfg(test)]
mod tests;
mod tick;
mod tokens;

use app::App;
use axum::Router;
use axum::routing::{delete, get, post, put};
use platform::Ports;

/// The component over its ports.
pub fn router(ports: Ports) -> Router {
    let public = Router::new()
        // The admin begins a sign-in and is sent to Zoom.
        .route("/oauth/sign-in", get(sign_in::begin))
        // Zoom sends the browser back.
        .route("/oauth/callback", get(sign_in::callback))
        // All services with their state and problem.
        .route("/oauth/services", get(services::list))
        // Revokes at Zoom and deletes.
        .route("/oauth/services/{id}", delete(services::remove))
        // Names the users whose webinars may be used besides the admin's (R3).
        .route("/oauth/services/{id}/users", put(services::enable_users))
        // Zoom says that the app was removed (R17), or checks that this address is ours.
        .route("/oauth/zoom-events", post(deauthorization::receive));
    // Reachable by service chaining only: no public route leads here.
    let internal = Router::new()
        // An access token for another component.
        .route("/internal/token/{id}", post(tokens::hand_out))
        // Another component met a problem of the service, or got past it.
        .route("/internal/problem/{id}", post(services::note_problem))
        // About every minute.
        .route("/internal/tick", post(tick::tick));
    platform::respond::finish(public.merge(internal).with_state(App::new(ports)))
}

#[cfg(target_arch = "wasm32")]
#[spin_sdk::http_service]
async fn handle(request: spin_sdk::http::Request) -> axum::response::Response {
    static ROUTER: std::sync::OnceLock<Router> = std::sync::OnceLock::new();
    platform::spin::serve(ROUTER.get_or_init(|| router(platform::spin::ports())), request).await
}
