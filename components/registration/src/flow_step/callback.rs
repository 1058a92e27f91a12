//! The callback: one per chunk, with every lead's outcome (marketo.md 1.6).

use crate::app::App;
use crate::push::leads::Pushed;
use crate::push::outcome::{Outcome, Settled};
use bytes::Bytes;
use domain::Sensitive;
use domain::records::Callback;
use domain::time::{SignedDuration, Timestamp};
use http::{Request, header};
use platform::patience::{Patience, retry_after};
use serde::Serialize;

/// One try may take this long.
const LIMIT: SignedDuration = SignedDuration::from_secs(20);

/// And this long at least, however late it is: one that is cut short at once could only fail.
const LEAST: SignedDuration = SignedDuration::from_secs(3);

/// Marketo's `string` holds 255 bytes (marketo.md 1.4); longer values are cut here rather than refused there.
const STRING_BYTES: usize = 255;

/// Its `text` holds 2000.
const TEXT_BYTES: usize = 2000;

/// How a callback ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivered {
    /// Marketo took it.
    Taken,
    /// Marketo does not wait for it (any more).
    NotWanted(u16),
    /// Refused, or Marketo could not be reached.
    Failed,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct FlowCallBack<'a> {
    munchkin_id: &'a str,
    // Marketo's own samples send the token in the header and here.
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

/// Sends the callback, more than once within the time if Marketo is unwell.
pub async fn deliver(app: &App, callback: &Callback, pushed: &[Pushed], deadline: Timestamp) -> Delivered {
    let object_data = pushed.iter().map(data).collect();
    let body = FlowCallBack { munchkin_id: &callback.munchkin_id, token: &callback.token, object_data };
    let Ok(body) = serde_json::to_vec(&body).map(Bytes::from) else { return Delivered::Failed };
    let mut patience = Patience::until(deadline);
    loop {
        let request = Request::post(&callback.url)
            .header(header::CONTENT_TYPE, "application/json")
            .header("x-api-key", callback.api_key.expose())
            .header("x-callback-token", callback.token.expose())
            .body(body.clone());
        let Ok(request) = request else { return Delivered::Failed };
        let mut asked = None;
        let limit = deadline.duration_since(app.ports.clock.now()).clamp(LEAST, LIMIT);
        if let Ok(response) = app.ports.send_within(limit, request).await {
            match response.status().as_u16() {
                200..=299 => return Delivered::Taken,
                status @ (404 | 405 | 409 | 410) => return Delivered::NotWanted(status),
                400..=428 | 430..=499 => return Delivered::Failed,
                _ => asked = retry_after(response.headers(), app.ports.clock.now()),
            }
        }
        if !patience.wait(&app.ports, asked).await {
            return Delivered::Failed;
        }
    }
}

fn data(pushed: &Pushed) -> CallbackData {
    let failed;
    let outcome = match &pushed.settled {
        Settled::Now(outcome) => outcome,
        // It waited long enough; Marketo is told why.
        Settled::Later(problem) => {
            failed = Outcome::Failed(problem.clone());
            &failed
        }
    };
    let problem = outcome.problem();
    let (webinar_id, webinar_topic) = pushed.webinar.clone().unzip();
    CallbackData {
        lead_data: LeadData {
            id: pushed.lead.get(),
            // A link that does not fit would be cut by Marketo into one that works for nobody.
            join_url: outcome.join_url().filter(|url| url.expose().len() <= TEXT_BYTES).cloned(),
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

/// Cuts a text to [`STRING_BYTES`] at a character's edge.
fn cut(text: &str) -> String {
    let mut end = text.len().min(STRING_BYTES);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text[..end].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{Code, Problem};
    use proptest::prelude::*;

    fn row(settled: Settled) -> serde_json::Value {
        let webinar = Some(("945".to_owned(), "A topic".to_owned()));
        serde_json::to_value(data(&Pushed { lead: 7.into(), settled, webinar })).unwrap()
    }

    #[test]
    fn each_outcome_as_adobes_interface_says() {
        let registered =
            row(Settled::Now(Outcome::Registered { registrant: "r1".into(), join_url: "https://j".into() }));
        assert_eq!(
            registered,
            serde_json::json!({
                "leadData": {"id": 7, "joinUrl": "https://j"},
                "activityData": {"success": true, "reason": "", "errorCode": "", "webinarId": "945",
                    "webinarTopic": "A topic", "registrantId": "r1", "registration": "registered"},
            })
        );
        let failed = row(Settled::Later(Problem::of(Code::ZoomUnavailable)));
        assert_eq!(failed["leadData"], serde_json::json!({"id": 7}));
        assert_eq!(failed["activityData"]["success"], false);
        assert_eq!(failed["activityData"]["errorCode"], "ZOOM_UNAVAILABLE");
        assert_eq!(failed["activityData"]["registration"], "failed");
    }

    proptest! {
        #[test]
        fn texts_fit_marketos_string(text in any::<String>()) {
            prop_assert!(cut(&text).len() <= STRING_BYTES);
            prop_assert!(text.starts_with(&cut(&text)));
        }
    }
}
