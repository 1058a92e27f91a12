//! The callback: reports the outcomes of all leads of a chunk to Marketo (docs/reference/marketo.md).

use crate::outcome::{Disposition, LeadOutcome, LeadResult};
use crate::state::AppState;
use bytes::Bytes;
use domain::Sensitive;
use domain::records::Callback;
use domain::time::{SignedDuration, Timestamp};
use http::{Request, header};
use platform::retry::{RetryBudget, retry_after};
use serde::Serialize;
use url::Url;

/// Maximum duration of one attempt.
const MAX_ATTEMPT_TIMEOUT: SignedDuration = SignedDuration::from_secs(20);

/// Minimum timeout of one attempt. Applies after the deadline too, because a shorter attempt could not succeed.
const MIN_ATTEMPT_TIMEOUT: SignedDuration = SignedDuration::from_secs(3);

/// Maximum length of Marketo's type `string`, in bytes. Longer values are cut, because Marketo would refuse them.
const MAX_STRING_LEN: usize = 255;

/// Maximum length of Marketo's type `text`, in bytes.
const MAX_TEXT_LEN: usize = 2000;

/// The result of a callback.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// Marketo accepted it.
    Accepted,
    /// Marketo does not expect it, or no longer. Contains the HTTP status.
    NotExpected(u16),
    /// Marketo refused it, or could not be reached.
    Failed,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct FlowCallBack<'a> {
    munchkin_id: &'a str,
    // Adobe's samples send the token in the header and in the body.
    #[serde(skip_serializing_if = "is_empty")]
    token: &'a Sensitive,
    object_data: Vec<CallbackData>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct CallbackData {
    lead_data: LeadData,
    activity_data: ActivityData,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct LeadData {
    id: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    join_url: Option<Sensitive>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ActivityData {
    success: bool,
    reason: String,
    error_code: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    webinar_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    webinar_topic: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    registrant_id: Option<String>,
    registration: &'static str,
}

fn is_empty(text: &Sensitive) -> bool {
    text.expose().is_empty()
}

/// Sends the callback. Retries until the deadline while Marketo is unavailable.
pub async fn deliver(state: &AppState, callback: &Callback, results: &[LeadResult], deadline: Timestamp) -> Delivery {
    let object_data = results.iter().map(callback_data).collect();
    let body = FlowCallBack { munchkin_id: &callback.munchkin_id, token: &callback.token, object_data };
    let Ok(body) = serde_json::to_vec(&body).map(Bytes::from) else { return Delivery::Failed };
    // Does not happen: the chunk was accepted with a valid URL.
    let Ok(url) = Url::parse(&callback.url) else { return Delivery::Failed };
    let mut retry_budget = RetryBudget::until(deadline);
    loop {
        let mut request = Request::post(url.as_str()).header(header::CONTENT_TYPE, "application/json");
        // Marketo may send neither; then it expects none.
        for (name, value) in [("x-api-key", &callback.api_key), ("x-callback-token", &callback.token)] {
            if !value.expose().is_empty() {
                request = request.header(name, value.expose());
            }
        }
        let request = request.body(body.clone());
        let Ok(request) = request else { return Delivery::Failed };
        let mut wait = None;
        let limit = deadline.duration_since(state.ports.clock.now()).clamp(MIN_ATTEMPT_TIMEOUT, MAX_ATTEMPT_TIMEOUT);
        if let Ok(response) = state.ports.send_within(limit, request).await {
            match response.status().as_u16() {
                200..=299 => return Delivery::Accepted,
                status @ (404 | 405 | 409 | 410) => return Delivery::NotExpected(status),
                400..=428 | 430..=499 => return Delivery::Failed,
                _ => wait = retry_after(response.headers(), state.ports.clock.now()),
            }
        }
        if !retry_budget.wait(&state.ports, wait).await {
            return Delivery::Failed;
        }
    }
}

fn callback_data(result: &LeadResult) -> CallbackData {
    let failed;
    let outcome = match &result.disposition {
        Disposition::Final(outcome) => outcome,
        // Does not happen: a chunk with deferred leads is not called back.
        Disposition::Deferred(problem) | Disposition::Postponed(problem) => {
            failed = LeadOutcome::Failed(problem.clone());
            &failed
        }
    };
    let problem = outcome.problem();
    let (webinar_id, webinar_topic) = result.webinar.clone().unzip();
    CallbackData {
        lead_data: LeadData {
            id: result.lead.get(),
            // Marketo would cut a longer link, and a cut link does not work.
            join_url: outcome.join_url().filter(|url| url.expose().len() <= MAX_TEXT_LEN).cloned(),
        },
        activity_data: ActivityData {
            success: problem.is_none(),
            reason: problem.map(|problem| cut(&problem.detail)).unwrap_or_default(),
            error_code: problem.map_or("", |problem| problem.code.as_str()),
            webinar_id,
            webinar_topic: webinar_topic.map(|topic| cut(&topic)),
            registrant_id: outcome.registrant().map(|id| id.to_string()),
            registration: outcome.name(),
        },
    }
}

/// Cuts a text to [`MAX_STRING_LEN`], at a character boundary.
fn cut(text: &str) -> String {
    let mut end = text.len().min(MAX_STRING_LEN);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text[..end].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{ErrorCode, Problem};
    use proptest::prelude::*;

    fn row(disposition: Disposition) -> serde_json::Value {
        let webinar = Some(("945".to_owned(), "A topic".to_owned()));
        serde_json::to_value(callback_data(&LeadResult {
            lead: 7.into(),
            disposition,
            webinar,
            is_cancellation: false,
        }))
        .unwrap()
    }

    #[test]
    fn rows_have_the_form_of_adobes_interface() {
        let registered =
            row(Disposition::Final(LeadOutcome::Registered { registrant: "r1".into(), join_url: "https://j".into() }));
        assert_eq!(
            registered,
            serde_json::json!({
                "leadData": {"id": 7, "joinUrl": "https://j"},
                "activityData": {"success": true, "reason": "", "errorCode": "", "webinarId": "945",
                    "webinarTopic": "A topic", "registrantId": "r1", "registration": "registered"},
            })
        );
        let failed = row(Disposition::Deferred(Problem::of(ErrorCode::ZoomUnavailable)));
        assert_eq!(failed["leadData"], serde_json::json!({"id": 7}));
        assert_eq!(failed["activityData"]["success"], false);
        assert_eq!(failed["activityData"]["errorCode"], "ZOOM_UNAVAILABLE");
        assert_eq!(failed["activityData"]["registration"], "failed");
    }

    /// Marketo recognizes its callback by the URL.
    #[test]
    fn callback_urls_are_called_as_received() {
        for url in [
            "https://mkto.adobe.io/cb/1?x=1&y=a+b%20c",
            "https://mkto.adobe.io:8443/a%2Fb/c;d=1/?token=a%2Bb==",
            "http://127.0.0.1:4002/callback/1",
            "https://mkto.adobe.io/a+b@c,d//e?q=/f?g&empty=&[h]=%C3%BC",
        ] {
            assert_eq!(Url::parse(url).unwrap().as_str(), url);
        }
    }

    proptest! {
        #[test]
        fn texts_fit_into_marketos_string(text in any::<String>()) {
            prop_assert!(cut(&text).len() <= MAX_STRING_LEN);
            prop_assert!(text.starts_with(&cut(&text)));
        }
    }
}
