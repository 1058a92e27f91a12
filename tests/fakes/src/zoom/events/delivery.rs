//! Sends events and records their deliveries.

use std::time::Duration;

use bytes::Bytes;
use futures::future::FutureExt;
use http::Method;
use serde_json::{Value, json};

use crate::support::runtime::json_request;
use crate::support::sync::lock;
use crate::zoom::events::event::{Event, EventDelivery, envelope};
use crate::zoom::events::signature::mac;
use crate::zoom::fake::Zoom;

/// How long Zoom waits for a response.
const DELIVERY_TIMEOUT: Duration = Duration::from_secs(3);

impl Zoom {
    /// Sends an event if the app subscribes to it and a URL is set. A failed delivery is not retried; [`Zoom::resend`]
    /// does that.
    pub(crate) async fn deliver(&self, event: Event) -> Option<EventDelivery> {
        let url = {
            let state = lock(&self.state);
            if !state.subscribed_events.contains(&event.name) {
                return None;
            }
            match event.name.as_str() {
                "app_deauthorized" => state.deauthorization_url.clone(),
                _ => state.event_url.clone(),
            }?
        };
        Some(self.post(&event.name, &url, event.body).await)
    }

    /// Sends events in order after the call that caused them.
    pub(crate) fn deliver_soon(&self, events: Vec<Event>) {
        if events.is_empty() {
            return;
        }
        let zoom = self.clone();
        let deliveries = async move {
            for event in events {
                zoom.deliver(event).await;
            }
        };
        self.control.runtime.spawn(deliveries.boxed());
    }

    /// Signs and posts a body.
    async fn post(&self, name: &str, url: &str, body: Value) -> EventDelivery {
        let (status, error) = match self.post_signed(url, &body).await {
            Ok(response) => (Some(response.status().as_u16()), None),
            Err(error) => (None, Some(error)),
        };
        let mut state = lock(&self.state);
        let delivery = EventDelivery {
            seq: state.deliveries.len(),
            event: name.to_owned(),
            url: url.to_owned(),
            at: self.clock().now(),
            status,
            error,
            body,
        };
        state.deliveries.push(delivery.clone());
        delivery
    }

    /// Posts a body with the headers of an event.
    async fn post_signed(&self, url: &str, body: &Value) -> Result<http::Response<Bytes>, String> {
        // The time of the application, because the receiver compares the timestamp with its own clock.
        let (timestamp, signature) = self.sign(body.to_string().as_bytes());
        let headers = [("x-zm-request-timestamp", timestamp.as_str()), ("x-zm-signature", signature.as_str())];
        let request = json_request(Method::POST, url, &headers, body)?;
        self.control.runtime.send(request, DELIVERY_TIMEOUT).await
    }

    /// Sends an event with any name and payload to the event URL, regardless of the subscriptions.
    ///
    /// # Errors
    /// Returns an error if no event URL is set.
    pub async fn send_event(&self, name: &str, payload: Value) -> anyhow::Result<EventDelivery> {
        let url = lock(&self.state).event_url.clone();
        let url = url.ok_or_else(|| anyhow::anyhow!("no event URL is set"))?;
        let body = envelope(name, payload, self.clock().now()).body;
        Ok(self.post(name, &url, body).await)
    }

    /// Sends an event again with the same body and a new signature, as Zoom does after a failed delivery.
    ///
    /// # Errors
    /// Returns an error if there is no such delivery.
    pub async fn resend(&self, seq: usize) -> anyhow::Result<EventDelivery> {
        let earlier = lock(&self.state).deliveries.get(seq).cloned();
        let earlier = earlier.ok_or_else(|| anyhow::anyhow!("no delivery {seq}"))?;
        Ok(self.post(&earlier.event, &earlier.url, earlier.body).await)
    }

    /// Returns every event sent so far.
    #[must_use]
    pub fn deliveries(&self) -> Vec<EventDelivery> {
        lock(&self.state).deliveries.clone()
    }

    /// Sends an `endpoint.url_validation` request, as Zoom does when an endpoint is registered and every 72 hours.
    ///
    /// # Errors
    /// Returns an error if the response within three seconds is not 200 with the correct `encryptedToken`.
    pub async fn validate_endpoint(&self, url: &str) -> anyhow::Result<()> {
        let plain = lock(&self.state).ids.short();
        let body = envelope("endpoint.url_validation", json!({ "plainToken": plain }), self.clock().now()).body;
        let response = self.post_signed(url, &body).await.map_err(|error| anyhow::anyhow!(error))?;
        anyhow::ensure!(response.status() == 200, "answered {}", response.status());
        let answer: Value = serde_json::from_slice(response.body())?;
        let expected = mac(&self.options.webhook_secret, plain.as_bytes());
        anyhow::ensure!(answer["plainToken"] == plain.as_str(), "plainToken differs: {answer}");
        anyhow::ensure!(answer["encryptedToken"] == expected.as_str(), "encryptedToken differs: {answer}");
        Ok(())
    }
}
