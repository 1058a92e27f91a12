//! `GET /metrics`: counts for a monitoring system, in Prometheus' text format. They come from the indexes.

use crate::alerts::{self, programs};
use crate::state::AppState;
use axum::extract::State;
use axum::response::IntoResponse;
use domain::Error;
use domain::records::{LastEventKey, LastTickKey, MarketoUsage, MarketoUsageKey, Moment, OpenAlertsKey};
use domain::time::{SignedDuration, Timestamp};
use http::header;
use platform::ApiError;
use platform::auth::AdminOrCronAuth;
use std::fmt::{Display, Write};

/// The media type of the format.
const TEXT_FORMAT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// How long Marketo's count is used: the question costs a call itself.
const USAGE_INTERVAL: SignedDuration = SignedDuration::from_mins(10);

/// How long Marketo may take. A monitoring system waits for 10 seconds.
const USAGE_TIMEOUT: SignedDuration = SignedDuration::from_secs(4);

pub(crate) async fn show(_: AdminOrCronAuth, State(state): State<AppState>) -> Result<impl IntoResponse, ApiError> {
    let store = state.store();
    let now = state.now();
    let age = |moment: Option<Moment>| moment.map(|moment| seconds_between(moment.at, now));
    let mut metrics = Metrics::default();
    metrics.gauge("last_tick_age_seconds", "Seconds since the scheduler called.");
    metrics.sample(None, age(store.get_readable(&LastTickKey {}).await?));
    metrics.gauge("last_zoom_event_age_seconds", "Seconds since Zoom sent an event, to the minute.");
    metrics.sample(None, age(store.get_readable(&LastEventKey {}).await?));
    metrics.gauge("open_alerts", "Alerts that were sent and are not over.");
    metrics.sample(None, Some(store.get_readable(&OpenAlertsKey {}).await?.unwrap_or_default().alerts.len()));
    let programs = programs::count(&state).await?;
    metrics.gauge("programs", "Connected programs by the phase of their attendance.");
    for ((_, phase), number) in programs::PHASES.iter().zip(programs.by_phase) {
        metrics.sample(Some(("phase", phase)), Some(number));
    }
    let registration = alerts::registration(&state).await;
    metrics.gauge("registration_up", "Whether registration answered; without it, the following metrics lack its part.");
    metrics.sample(None, Some(u8::from(registration.is_ok())));
    let mut unreadable = programs.unreadable;
    match registration {
        Ok(watch) => {
            metrics.gauge("open_chunks", "Chunks of leads that Marketo sent and that are not called back.");
            metrics.sample(None, Some(watch.open_chunks));
            metrics.gauge("oldest_lead_age_seconds", "Seconds for which a lead has waited; none if none waits.");
            metrics.sample(None, watch.waiting_since.map(|since| seconds_between(since, now)));
            metrics.gauge("failures", "Failed leads by code.");
            for (code, number) in watch.failures {
                metrics.sample(Some(("code", code.as_str())), Some(number));
            }
            metrics.sample(Some(("code", "UNCOUNTED")), Some(watch.uncounted_failures).filter(|number| *number > 0));
            unreadable += watch.unreadable;
        }
        Err(error) => platform::log!(Warn, "metrics.registration_failed", error = error),
    }
    metrics.gauge("marketo_calls_today", "Calls of the whole Marketo subscription today, at most 10 minutes old.");
    metrics.sample(None, marketo_calls_today(&state).await);
    metrics.gauge("unreadable_records", "Records that could not be read.");
    metrics.sample(None, Some(unreadable));
    Ok(([(header::CONTENT_TYPE, TEXT_FORMAT)], metrics.text))
}

/// Returns what Marketo counts.
async fn marketo_calls_today(state: &AppState) -> Option<u64> {
    match read_usage(state).await {
        Ok(number) => number,
        Err(error) => {
            platform::log!(Warn, "metrics.marketo_failed", error = error);
            None
        }
    }
}

/// Asks Marketo once in 10 minutes in the whole deployment, whether or not it answers. The question is recorded first, so that
/// neither a store that cannot be written nor requests at the same time repeat it.
async fn read_usage(state: &AppState) -> Result<Option<u64>, Error> {
    let (store, now) = (state.store(), state.now());
    let known = store.get_readable(&MarketoUsageKey {}).await?;
    // A wrong clock delays nothing.
    if let Some(known) = known.filter(|known| now.duration_since(known.at).abs() < USAGE_INTERVAL) {
        return Ok(known.number);
    }
    store.put(&MarketoUsageKey {}, &MarketoUsage::new(now, None)).await?;
    let number = state.marketo(now + USAGE_TIMEOUT).calls_today().await?;
    store.put(&MarketoUsageKey {}, &MarketoUsage::new(now, number)).await?;
    Ok(number)
}

fn seconds_between(from: Timestamp, to: Timestamp) -> i64 {
    to.duration_since(from).as_secs().max(0)
}

/// Metrics as text.
#[derive(Default)]
struct Metrics {
    text: String,
    name: &'static str,
}

// Writing to a `String` does not fail.
impl Metrics {
    /// Begins a metric.
    fn gauge(&mut self, name: &'static str, help: &str) {
        self.name = name;
        let _ = writeln!(self.text, "# HELP zoom_for_marketo_{name} {help}\n# TYPE zoom_for_marketo_{name} gauge");
    }

    /// Adds a sample, if there is a value.
    fn sample(&mut self, label: Option<(&str, &str)>, value: Option<impl Display>) {
        let Some(value) = value else { return };
        let _ = match label {
            Some((label, of)) => writeln!(self.text, "zoom_for_marketo_{}{{{label}=\"{of}\"}} {value}", self.name),
            None => writeln!(self.text, "zoom_for_marketo_{} {value}", self.name),
        };
    }
}
