//! Fakes of the other components, which record what they are asked to forget.

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use domain::Component;
use http::StatusCode;
use platform::internal_api::ForgetAccountRequest;
use platform::testing::in_memory::InMemoryPorts;
use serde_json::{Value, json};
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};

/// What the components received, and what they answer.
#[derive(Default)]
pub(super) struct Calls {
    /// The requests in order.
    pub(super) received: Vec<(Component, ForgetAccountRequest)>,
    /// The next answers of a component: deleted and complete, or `None` for an error. Afterwards it has nothing left.
    pub(super) answers: HashMap<Component, VecDeque<Option<(u64, bool)>>>,
}

/// The other components.
#[derive(Clone, Default)]
pub(super) struct FakeComponents(Arc<Mutex<Calls>>);

impl FakeComponents {
    pub(super) fn calls(&self) -> MutexGuard<'_, Calls> {
        self.0.lock().unwrap()
    }

    /// Returns the components in the order in which they were called, and forgets the calls.
    pub(super) fn take_order(&self) -> Vec<Component> {
        self.calls().received.drain(..).map(|(component, _)| component).collect()
    }

    /// Sets the next answers of a component.
    pub(super) fn answer(&self, component: Component, answers: &[Option<(u64, bool)>]) {
        self.calls().answers.insert(component, answers.iter().copied().collect());
    }

    pub(super) fn serve(&self, in_memory: &InMemoryPorts) {
        for component in [Component::Catalog, Component::Registration, Component::Attendance] {
            let router = Router::new().route("/internal/forget-account", post(forget_account));
            in_memory.serve(component.host(), router.with_state((component, self.clone())));
        }
    }
}

async fn forget_account(State((component, fake)): State<(Component, FakeComponents)>, body: Bytes) -> Response {
    let mut calls = fake.calls();
    calls.received.push((component, serde_json::from_slice(&body).unwrap()));
    let answer: Option<(u64, bool)> = match calls.answers.get_mut(&component).and_then(VecDeque::pop_front) {
        Some(answer) => answer,
        None => Some((0, true)),
    };
    match answer {
        Some((deleted, complete)) => {
            axum::Json::<Value>(json!({"deleted": deleted, "complete": complete})).into_response()
        }
        None => StatusCode::BAD_GATEWAY.into_response(),
    }
}
