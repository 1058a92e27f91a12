//! A webinar as My Tokens, in its own time zone. Pure.
//!
//! All are of the type "text": such a token takes 524,288 characters (Adobe, "Understanding My Tokens in a Program"),
//! which no webinar reaches, since a snapshot holds at most what Zoom allows (200 characters of topic, 2,000 of
//! description). Names may have 50 characters.

use crate::local_time::Zone;
use domain::webinar::Snapshot;
use marketo_client::programs::MyToken;

/// What an empty text becomes: a no-break space. Marketo requires a value, and a token without one shows as
/// `{{my.…}}` in an e-mail.
const BLANK: &str = "\u{a0}";

/// The My Tokens of a webinar. Every one is always there, so that a change in Zoom never leaves an outdated one.
pub(crate) fn my_tokens(snapshot: &Snapshot) -> Vec<MyToken> {
    let zone = Zone::named(&snapshot.timezone);
    let (start, end) = (snapshot.start_time, snapshot.end_time());
    [
        ("Webinar Topic", one_line(&snapshot.topic)),
        ("Webinar Description", cleaned(&snapshot.description)),
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

/// R5: the shared link of a webinar without registration. Where registration is on, the shared link lets nobody in,
/// so the token says what to use instead.
fn join_link(snapshot: &Snapshot) -> String {
    match &snapshot.join_url {
        Some(link) if !snapshot.registration.requires_registration() => link.expose().clone(),
        _ => "Each registrant has a personal link; use the token member.webinar url.".to_owned(),
    }
}

fn minutes(duration: u32) -> String {
    if duration == 1 { "1 minute".to_owned() } else { format!("{duration} minutes") }
}

/// A topic goes into subject lines, where a line break would end the line.
fn one_line(text: &str) -> String {
    text.split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

/// Line breaks stay; other control characters, which XML-based systems refuse, go.
fn cleaned(text: &str) -> String {
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
            description: "What is new.\r\nFor everybody.".into(),
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
    fn r4_the_tokens_of_a_webinar() {
        let expected = [
            ("Webinar Topic", "Spring \"news\" & more"),
            ("Webinar Description", "What is new.\nFor everybody."),
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
    fn r5_without_registration_the_shared_link_is_offered() {
        let mut snapshot = snapshot();
        for mode in [RegistrationMode::Automatic, RegistrationMode::Manual, RegistrationMode::None] {
            snapshot.registration = mode;
            let shared = values(&snapshot).iter().any(|(_, value)| value == "https://zoom.test/j/94512345678");
            assert_eq!(shared, mode == RegistrationMode::None, "{mode:?}");
        }
    }

    #[test]
    fn r4_an_empty_description_is_a_value_still() {
        let mut snapshot = snapshot();
        snapshot.description = " \n".into();
        assert_eq!(values(&snapshot)[1].1, BLANK);
    }

    proptest! {
        #[test]
        fn whatever_zoom_sends_makes_tokens_that_marketo_takes(
            topic in any::<String>(),
            description in any::<String>(),
            timezone in any::<String>(),
            duration in any::<u32>(),
            second in -60_000_000_000_i64..250_000_000_000,
        ) {
            let start_time = domain::time::Timestamp::from_second(second);
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
