//! Other components that hear of an event.

use crate::app::App;
use domain::Error;
use platform::patience::RUN_LIMIT;
use platform::peers::{self, Component};
use serde::de::IgnoredAny;
use serde_json::Value;

/// Hands an event on as Zoom sent it. One that gets lost is made good by the tick.
pub(super) async fn to(app: App, component: Component, body: Value) {
    let heard: Result<IgnoredAny, Error> =
        peers::call(&app.ports, component, "/internal/zoom-events", &body, RUN_LIMIT).await;
    if let Err(error) = heard {
        platform::log!("zoom.event_not_forwarded", to = component.host(), error = error);
    }
}
