//! Renders a webinar as My Tokens, in its own time zone. Pure.
//!
//! All tokens have the type "text", which holds 524,288 characters (docs/reference/marketo.md). A snapshot stays far
//! below that: it holds at most 200 characters of topic and 2,000 of description.

use crate::local_time::Zone;
use domain::webinar::Snapshot;
use marketo_client::programs::MyToken;

/// The value of an empty text: a no-break space. Marketo requires a value, and an e-mail shows a token without one as
/// `{{my.…}}`.
const BLANK: &str = "\u{a0}";

/// Returns the My Tokens of a webinar. The set is always complete, so that a change in Zoom never leaves an outdated
/// token.
pub(crate) fn my_tokens(snapshot: &Snapshot) -> Vec<MyToken> {
    let zone = Zone::named(&snapshot.timezone);
    let (start, end) = (snapshot.start_time, snapshot.end_time());
    [
        ("Webinar Topic", one_line(&snapshot.topic)),
        ("Webinar Description", without_controls(&snapshot.description)),
        ("Webinar Start Date", zone.date(start)),
        ("Webinar Start Time", zone.time(start)),
        ("Webinar Duration", minutes(snapshot.duration)),
        ("Webinar End Time", zone.end_time(start, end)),
        ("Webinar Time Zone", zone.label(start)),
        ("Webinar ID", snapshot.id.to_string()),
        ("Webinar Join Link", join_link(snapshot)),
    ]
    .map(|(name, value)| MyToken {
        name: name.to_owned(),
        kind: "text".to_owned(),
        value: if value.trim().is_empty() { BLANK.to_owned() } else { value },
    })
    .into()
}

/// Returns the shared link of a webinar without registration (R5). With registration the shared link admits no one, so
/// the value names the token to use instead.
fn join_link(snapshot: &Snapshot) -> String {
    match &snapshot.join_url {
        Some(link) if !snapshot.registration.requires_registration() => link.expose().clone(),
        _ => "Each registrant has a personal link; use the token member.webinar url.".to_owned(),
    }
}

fn minutes(duration: u32) -> String {
    if duration == 1 { "1 minute".to_owned() } else { format!("{duration} minutes") }
}

/// Joins lines: a topic goes into subject lines of e-mails.
fn one_line(text: &str) -> String {
    text.split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

/// Removes control characters other than line breaks and tabs, because XML-based systems refuse them.
fn without_controls(text: &str) -> String {
    text.chars().filter(|&c| !c.is_control() || matches!(c, '\n' | '\t')).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::Sensitive;
    use domain::webinar::RegistrationMode;
    use proptest::prelude::*;

    fn snapshot() -> Snapshot {
        Snapshot {
            id: 94_512_345_678.into(),
            topic: "Spring \"news\" & more".into(),
            description: "About us.\r\nFor all.".into(),
            start_time: "2026-11-12T15:00:00Z".parse().unwrap(),
            duration: 90,
            timezone: "America/New_York".into(),
            host_email: None,
            registration: RegistrationMode::Automatic,
            join_url: Some(Sensitive::from("https://zoom.test/j/94512345678")),
        }
    }

    fn values(snapshot: &Snapshot) -> Vec<(String, String)> {
        my_tokens(snapshot).into_iter().map(|token| (token.name, token.value)).collect()
    }

    #[test]
    fn r4_tokens_show_the_webinar_in_its_own_time_zone() {
        let expected = [
            ("Webinar Topic", "Spring \"news\" & more"),
            ("Webinar Description", "About us.\nFor all."),
            ("Webinar Start Date", "Thursday, November 12, 2026"),
            ("Webinar Start Time", "10:00 AM"),
            ("Webinar Duration", "90 minutes"),
            ("Webinar End Time", "11:30 AM"),
            ("Webinar Time Zone", "America/New_York (UTC-05:00)"),
            ("Webinar ID", "94512345678"),
            ("Webinar Join Link", "Each registrant has a personal link; use the token member.webinar url."),
        ];
        assert_eq!(values(&snapshot()), expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }

    #[test]
    fn r5_without_registration_the_token_is_the_shared_link() {
        let mut snapshot = snapshot();
        for mode in [RegistrationMode::Automatic, RegistrationMode::Manual, RegistrationMode::None] {
            snapshot.registration = mode;
            let shared = values(&snapshot).iter().any(|(_, value)| value == "https://zoom.test/j/94512345678");
            assert_eq!(shared, mode == RegistrationMode::None, "{mode:?}");
        }
    }

    #[test]
    fn r4_an_empty_description_becomes_a_no_break_space() {
        let mut snapshot = snapshot();
        snapshot.description = " \n".into();
        assert_eq!(values(&snapshot)[1].1, BLANK);
    }

    proptest! {
        #[test]
        fn any_webinar_renders_as_tokens_that_marketo_accepts(
            topic in any::<String>(),
            description in any::<String>(),
            timezone in any::<String>(),
            duration in any::<u32>(),
            second in -60_000_000_000_i64..250_000_000_000,
        ) {
            let start_time = domain::time::Timestamp::from_second(second).unwrap();
            let tokens = my_tokens(&Snapshot { topic, description, timezone, duration, start_time, ..snapshot() });
            prop_assert_eq!(tokens.len(), 9);
            for token in tokens {
                prop_assert!(!token.value.is_empty() && token.value.chars().count() <= 524_288);
                prop_assert!(token.name.chars().count() <= 50 && token.kind == "text");
                prop_assert!(token.name != "Webinar Topic" || !token.value.contains(['\n', '\r']));
            }
        }
    }
}
