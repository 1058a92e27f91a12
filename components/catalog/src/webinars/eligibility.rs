//! Which webinars may be connected (R3): those of the service's hosts, with a single session, not over. Pure.

use domain::records::Service;
use domain::time::{self, SignedDuration, Timestamp};
use domain::webinar::Snapshot;
use domain::{Email, ErrorCode, Problem};
use zoom_client::webinars::{ListedWebinar, Webinar};

/// Maximum length of a stored title, in characters: Zoom's own limit.
const MAX_TOPIC: usize = 200;

/// Maximum length of a stored description, in characters: Zoom's own limit. It keeps a connection far below the store's
/// limit for a value.
const MAX_DESCRIPTION: usize = 2_000;

/// Returns the hosts whose webinars a service offers: the admin first, then the enabled users, each once.
pub(super) fn hosts(service: &Service) -> Vec<Email> {
    let mut hosts: Vec<Email> = Vec::with_capacity(1 + service.users.len());
    for host in std::iter::once(&service.admin_email).chain(&service.users) {
        if !hosts.contains(host) {
            hosts.push(host.clone());
        }
    }
    hosts
}

/// Returns the start of a listed webinar that has a single session, does not belong to Zoom Events, and is not over.
pub(super) fn upcoming_start(webinar: &ListedWebinar, now: Timestamp) -> Option<Timestamp> {
    let start = webinar.start().filter(|_| webinar.is_single() && !webinar.is_events_webinar)?;
    let end = time::after(start, SignedDuration::from_mins(webinar.duration.into()));
    (end > now).then_some(start)
}

/// Returns why a listed webinar is not offered, or `None` if the reason is only that it is over.
pub(super) fn listed_problem(webinar: &ListedWebinar) -> Option<Problem> {
    match webinar {
        webinar if webinar.is_events_webinar => Some(events_webinar()),
        webinar if !webinar.is_single() => Some(Problem::of(ErrorCode::WebinarRecurring)),
        _ => None,
    }
}

/// The problem of a webinar of Zoom Events: people register for the event there, not for the webinar.
fn events_webinar() -> Problem {
    let detail = "This webinar belongs to an event of Zoom Events, which registers people itself; schedule a webinar \
                  outside of Zoom Events.";
    Problem { code: ErrorCode::InvalidField, detail: detail.to_owned() }
}

/// Returns the snapshot of a webinar that a service offers, over or not. The host is checked first, so that an error
/// reveals nothing of other people's webinars.
///
/// # Errors
/// The problem that says why the webinar is not eligible.
pub(crate) fn eligible_snapshot(service: &Service, webinar: &Webinar) -> Result<Snapshot, Problem> {
    let host = webinar.host_email.as_deref().and_then(Email::parse).ok_or(ErrorCode::HostNotEnabled)?;
    if !service.enables(&host) {
        return Err(ErrorCode::HostNotEnabled.into());
    }
    if webinar.listed.is_events_webinar {
        return Err(events_webinar());
    }
    let snapshot = if webinar.listed.is_single() { webinar.snapshot() } else { None };
    let mut snapshot = snapshot.ok_or(ErrorCode::WebinarRecurring)?;
    truncate(&mut snapshot.topic, MAX_TOPIC);
    truncate(&mut snapshot.description, MAX_DESCRIPTION);
    Ok(snapshot)
}

/// Returns the snapshot of a webinar that a program may be connected to: eligible, with a planned end in the future.
///
/// # Errors
/// The problem that says why the webinar cannot be connected.
pub(crate) fn connectable_snapshot(service: &Service, webinar: &Webinar, now: Timestamp) -> Result<Snapshot, Problem> {
    let snapshot = eligible_snapshot(service, webinar)?;
    if snapshot.end_time() > now { Ok(snapshot) } else { Err(ErrorCode::WebinarOver.into()) }
}

fn truncate(text: &mut String, limit: usize) {
    if let Some((end, _)) = text.char_indices().nth(limit) {
        text.truncate(end);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::records::{Record, ServiceState};
    use serde_json::{Value, json};

    fn service(admin: &str, users: &[&str]) -> Service {
        Service {
            v: Service::VERSION,
            id: "s1".into(),
            name: "Main".into(),
            account_id: "acc".into(),
            admin_user_id: "u1".into(),
            admin_email: Email::parse(admin).unwrap(),
            scopes: Vec::new(),
            api_base: "http://zoom.test".into(),
            users: users.iter().map(|user| Email::parse(user).unwrap()).collect(),
            state: ServiceState::Active,
            created_at: Timestamp::UNIX_EPOCH,
            problem: None,
            problem_program: None,
            rejection: None,
        }
    }

    fn webinar(changes: Value) -> Webinar {
        let mut webinar = json!({
            "id": 9, "type": 5, "topic": "T", "agenda": "A", "start_time": "2026-11-12T15:00:00Z", "duration": 60,
            "timezone": "UTC", "host_email": "Bob@x.test", "settings": {"approval_type": 0},
        });
        webinar.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        serde_json::from_value(webinar).unwrap()
    }

    #[test]
    fn r3_hosts_are_the_admin_and_the_enabled_users_each_once() {
        let service = service("ada@x.test", &["bob@x.test", "ADA@x.test", "Bob@X.test", "cyd@x.test"]);
        let hosts: Vec<_> = hosts(&service).iter().map(Email::normalized).collect();
        assert_eq!(hosts, ["ada@x.test", "bob@x.test", "cyd@x.test"]);
    }

    #[test]
    fn r3_only_single_upcoming_webinars_of_enabled_hosts_are_connectable() {
        let service = service("ada@x.test", &["bob@x.test"]);
        let now: Timestamp = "2026-11-12T15:59:59Z".parse().unwrap();
        for (changes, expected) in [
            (json!({}), Ok(())),
            (json!({"host_email": "ADA@X.test"}), Ok(())),
            (json!({"settings": {"approval_type": 2}}), Ok(())),
            (json!({"host_email": "eve@x.test"}), Err(ErrorCode::HostNotEnabled)),
            (json!({"host_email": null}), Err(ErrorCode::HostNotEnabled)),
            (json!({"host_email": "eve@x.test", "type": 9}), Err(ErrorCode::HostNotEnabled)),
            (json!({"type": 6, "start_time": null}), Err(ErrorCode::WebinarRecurring)),
            (json!({"type": 9}), Err(ErrorCode::WebinarRecurring)),
            (json!({"is_events_webinar": true}), Err(ErrorCode::InvalidField)),
            (json!({"is_events_webinar": true, "type": 9}), Err(ErrorCode::InvalidField)),
            (json!({"is_events_webinar": true, "host_email": "eve@x.test"}), Err(ErrorCode::HostNotEnabled)),
            (json!({"is_simulive": true, "settings": {"on_demand": true}}), Ok(())),
            (json!({"duration": 59}), Err(ErrorCode::WebinarOver)),
            (json!({"duration": 0, "start_time": "2020-01-01T00:00:00Z"}), Err(ErrorCode::WebinarOver)),
        ] {
            let webinar = webinar(changes.clone());
            let connectable = connectable_snapshot(&service, &webinar, now).map(|_| ()).map_err(|problem| problem.code);
            assert_eq!(connectable, expected, "{changes}");
            // The list applies the same rules, apart from the host: a list has one host.
            let listed = upcoming_start(&webinar.listed, now).is_some();
            match listed_problem(&webinar.listed) {
                Some(problem) => {
                    assert!(!listed, "{changes}");
                    assert!(matches!(expected, Err(code) if [problem.code, ErrorCode::HostNotEnabled].contains(&code)));
                }
                None => assert_eq!(listed, expected != Err(ErrorCode::WebinarOver), "{changes}"),
            }
        }
    }

    #[test]
    fn a_webinar_that_is_over_is_still_eligible() {
        let snapshot =
            eligible_snapshot(&service("bob@x.test", &[]), &webinar(json!({"start_time": "2020-01-01T00:00:00Z"})));
        assert_eq!(snapshot.unwrap().id, 9.into());
    }

    #[test]
    fn long_texts_are_truncated_at_character_boundaries() {
        let long = webinar(json!({"topic": "é".repeat(5_000), "agenda": "🎉".repeat(90_000)}));
        let snapshot = eligible_snapshot(&service("bob@x.test", &[]), &long).unwrap();
        assert_eq!(snapshot.topic.chars().count(), MAX_TOPIC);
        assert_eq!(snapshot.description.chars().count(), MAX_DESCRIPTION);
    }
}
