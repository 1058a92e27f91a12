//! What may be chosen (R3): webinars of the service's hosts, with a single session, not over. Pure.

use domain::records::Service;
use domain::time::{SignedDuration, Timestamp};
use domain::webinar::Snapshot;
use domain::{Code, Email};
use zoom_client::webinars::{ListedWebinar, Webinar};

/// Longest title kept, in characters: Zoom's own limit is 200.
const TOPIC_LIMIT: usize = 200;

/// Longest description kept, in characters: Zoom's own limit. It also keeps a connection far below what the store
/// takes.
const DESCRIPTION_LIMIT: usize = 2_000;

/// When a listed webinar begins, if it may be offered: it has a single session and is not over.
pub(super) fn offered_start(webinar: &ListedWebinar, now: Timestamp) -> Option<Timestamp> {
    let start = webinar.start().filter(|_| webinar.is_single())?;
    let end = start + SignedDuration::from_mins(webinar.duration.into());
    (end > now).then_some(start)
}

/// What we keep of a webinar that a service offers, over or not; the code that says why it is not offered otherwise.
/// The host is checked first: of other people's webinars nothing is told.
pub(crate) fn offered_by(service: &Service, webinar: &Webinar) -> Result<Snapshot, Code> {
    let host = webinar.host_email.as_deref().and_then(Email::parse).ok_or(Code::HostNotEnabled)?;
    if !service.enables(&host) {
        return Err(Code::HostNotEnabled);
    }
    let snapshot = if webinar.listed.is_single() { webinar.snapshot() } else { None };
    let mut snapshot = snapshot.ok_or(Code::WebinarRecurring)?;
    truncate(&mut snapshot.topic, TOPIC_LIMIT);
    truncate(&mut snapshot.description, DESCRIPTION_LIMIT);
    Ok(snapshot)
}

/// Like [`offered_by`], for connecting a program: a webinar whose planned end has passed is over.
pub(crate) fn connectable(service: &Service, webinar: &Webinar, now: Timestamp) -> Result<Snapshot, Code> {
    let snapshot = offered_by(service, webinar)?;
    if snapshot.end_time() > now { Ok(snapshot) } else { Err(Code::WebinarOver) }
}

fn truncate(text: &mut String, limit: usize) {
    if let Some((end, _)) = text.char_indices().nth(limit) {
        text.truncate(end);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::services::tests::service;
    use serde_json::{Value, json};

    fn webinar(changes: Value) -> Webinar {
        let mut webinar = json!({
            "id": 9, "type": 5, "topic": "T", "agenda": "A", "start_time": "2026-11-12T15:00:00Z", "duration": 60,
            "timezone": "UTC", "host_email": "Bob@x.test", "settings": {"approval_type": 0},
        });
        webinar.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        serde_json::from_value(webinar).unwrap()
    }

    #[test]
    fn r3_what_may_be_connected() {
        let service = service("ada@x.test", &["bob@x.test"]);
        let now: Timestamp = "2026-11-12T15:59:59Z".parse().unwrap();
        for (changes, expected) in [
            (json!({}), Ok(())),
            (json!({"host_email": "ADA@X.test"}), Ok(())),
            (json!({"settings": {"approval_type": 2}}), Ok(())),
            (json!({"host_email": "eve@x.test"}), Err(Code::HostNotEnabled)),
            (json!({"host_email": null}), Err(Code::HostNotEnabled)),
            (json!({"host_email": "eve@x.test", "type": 9}), Err(Code::HostNotEnabled)),
            (json!({"type": 6, "start_time": null}), Err(Code::WebinarRecurring)),
            (json!({"type": 9}), Err(Code::WebinarRecurring)),
            (json!({"duration": 59}), Err(Code::WebinarOver)),
            (json!({"duration": 0, "start_time": "2020-01-01T00:00:00Z"}), Err(Code::WebinarOver)),
        ] {
            let webinar = webinar(changes.clone());
            assert_eq!(connectable(&service, &webinar, now).map(|_| ()), expected, "{changes}");
            // Lists leave out the same ones; whose list it is was settled before.
            let in_list = !matches!(expected, Err(Code::WebinarRecurring | Code::WebinarOver));
            if webinar.listed.is_single() {
                assert_eq!(offered_start(&webinar.listed, now).is_some(), in_list, "{changes}");
            } else {
                assert_eq!(offered_start(&webinar.listed, now), None);
            }
        }
    }

    #[test]
    fn an_over_webinar_is_still_told_of() {
        let snapshot = offered_by(&service("bob@x.test", &[]), &webinar(json!({"start_time": "2020-01-01T00:00:00Z"})));
        assert_eq!(snapshot.unwrap().id, 9.into());
    }

    #[test]
    fn long_texts_are_cut_between_characters() {
        let long = webinar(json!({"topic": "é".repeat(5_000), "agenda": "🎉".repeat(90_000)}));
        let snapshot = offered_by(&service("bob@x.test", &[]), &long).unwrap();
        assert_eq!(snapshot.topic.chars().count(), TOPIC_LIMIT);
        assert_eq!(snapshot.description.chars().count(), DESCRIPTION_LIMIT);
    }
}
