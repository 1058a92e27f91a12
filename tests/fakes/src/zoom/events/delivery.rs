//! Sending events, and keeping what came of them.

use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};

use super::Event;
use super::bodies::envelope;
use super::signature::{mac, sign};
use crate::support::lock;
use crate::zoom::Zoom;

/// How long Zoom waits for an answer.
const PATIENCE: Duration = Duration::from_secs(3);

/// An event that was sent, and what came of it.
#[derive(Clone, Debug, Serialize)]
pub struct Delivery {
    /// Position among the deliveries, from 0; [`Zoom::resend`] takes it.
    pub seq: usize,
    /// The event's name.
    pub event: String,
    /// Where it was sent.
    pub url: String,
    /// When, by the stand-in's clock.
    pub at: Timestamp,
    /// The HTTP status answered; none if there was no answer within Zoom's three seconds.
    pub status: Option<u16>,
    /// Why there was none.
    pub error: Option<String>,
    /// What was sent.
    pub body: Value,
}

impl Zoom {
    /// Sends an event now, if the app subscribes to it and there is somewhere to send it. Not repeated on failure;
    /// [`Zoom::resend`] does that.
    pub(crate) async fn deliver(&self, event: Event) -> Option<Delivery> {
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

    /// Sends events after the call that caused them, in order.
    pub(crate) fn deliver_soon(&self, events: Vec<Event>) {
        if events.is_empty() {
            return;
        }
        let zoom = self.clone();
        tokio::spawn(async move {
            for event in events {
                zoom.deliver(event).await;
            }
        });
    }

    /// Signs and posts a body.
    async fn post(&self, name: &str, url: &str, body: Value) -> Delivery {
        let raw = body.to_string();
        // Real time, whatever the stand-in's clock says: the receiver compares it with its own.
        let timestamp = Timestamp::now().as_second().to_string();
        let signature = sign(&self.options.webhook_secret, &timestamp, raw.as_bytes());
        let sent = self
            .http
            .post(url)
            .timeout(PATIENCE)
            .header("content-type", "application/json")
            .header("x-zm-request-timestamp", timestamp)
            .header("x-zm-signature", signature)
            .body(raw)
            .send()
            .await;
        let (status, error) = match sent {
            Ok(response) => (Some(response.status().as_u16()), None),
            Err(error) => (None, Some(error.to_string())),
        };
        let mut state = lock(&self.state);
        let delivery = Delivery {
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

    /// Sends an event of any name and payload to the event URL, subscribed to or not: for what a test invents.
    ///
    /// # Errors
    /// If no event URL is set.
    pub async fn send_event(&self, name: &str, payload: Value) -> anyhow::Result<Delivery> {
        let url = lock(&self.state).event_url.clone();
        let url = url.ok_or_else(|| anyhow::anyhow!("no event URL is set"))?;
        let body = envelope(name, payload, self.clock().now()).body;
        Ok(self.post(name, &url, body).await)
    }

    /// Sends an event again, byte for byte but for the signature's time, as Zoom does when the first time failed.
    ///
    /// # Errors
    /// If there is no such delivery.
    pub async fn resend(&self, seq: usize) -> anyhow::Result<Delivery> {
        let earlier = lock(&self.state).deliveries.get(seq).cloned();
        let earlier = earlier.ok_or_else(|| anyhow::anyhow!("no delivery {seq}"))?;
        Ok(self.post(&earlier.event, &earlier.url, earlier.body).await)
    }

    /// Every event sent so far.
    #[must_use]
    pub fn deliveries(&self) -> Vec<Delivery> {
        lock(&self.state).deliveries.clone()
    }

    /// Asks an endpoint to prove that it knows the secret token, as Zoom does when it is registered and every 72 hours.
    ///
    /// # Errors
    /// If it does not answer 200 within three seconds with the right `encryptedToken`.
    pub async fn validate_endpoint(&self, url: &str) -> anyhow::Result<()> {
        let plain = lock(&self.state).ids.short();
        let body = envelope("endpoint.url_validation", json!({ "plainToken": plain }), self.clock().now()).body;
        let raw = body.to_string();
        let timestamp = Timestamp::now().as_second().to_string();
        let response = self
            .http
            .post(url)
            .timeout(PATIENCE)
            .header("content-type", "application/json")
            .header("x-zm-signature", sign(&self.options.webhook_secret, &timestamp, raw.as_bytes()))
            .header("x-zm-request-timestamp", timestamp)
            .body(raw)
            .send()
            .await?;
        anyhow::ensure!(response.status() == 200, "answered {}", response.status());
        let answer: Value = response.json().await?;
        let expected = mac(&self.options.webhook_secret, plain.as_bytes());
        anyhow::ensure!(answer["plainToken"] == plain.as_str(), "plainToken differs: {answer}");
        anyhow::ensure!(answer["encryptedToken"] == expected.as_str(), "encryptedToken differs: {answer}");
        Ok(())
    }
}
