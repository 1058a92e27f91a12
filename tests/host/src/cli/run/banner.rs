//! The text that `cargo run` prints once everything runs: addresses, keys and a walkthrough.

use std::collections::BTreeMap;
use std::fmt::Write;

use fakes::marketo::subscription::WEBINAR_PROGRAM;

use super::fakes::{Fakes, Fixture};

/// Returns the banner. Shows a key only if it is a published key of the fakes.
pub(super) fn text(fakes: &Fakes, public_url: &str, variables: &BTreeMap<String, String>, fixture: &Fixture) -> String {
    let published = fakes.variables();
    let key = |name: &str| match variables.get(name) {
        Some(value) if published.get(name) == Some(value) => value.clone(),
        _ => format!("<{name}>"),
    };
    let (admin_key, api_key) = (key("admin_key"), key("marketo_api_key"));
    let mut rows = vec![
        ("Console", format!("{public_url}/"), format!("key {admin_key}")),
        ("Flow step", format!("{public_url}/flow-step/openapi.json"), format!("x-api-key {api_key}")),
        ("Webhook", format!("{public_url}/registration/webhook"), format!("x-api-key {api_key}")),
        ("Zoom events", format!("{public_url}/zoom/events"), String::new()),
        ("Tick", format!("{public_url}/attendance/tick"), format!("bearer {}, sent every minute", key("cron_key"))),
    ];
    match &fakes.zoom {
        Some(zoom) => {
            rows.push(("Fake Zoom", format!("{}/", zoom.url()), "webinars; start and end them".to_owned()));
        }
        None => rows.push(("Zoom", variable(variables, "zoom_oauth_url", "https://zoom.us"), String::new())),
    }
    match &fakes.marketo {
        Some(marketo) => {
            let note = "programs; add leads, set their status, read their e-mails".to_owned();
            rows.push(("Fake Marketo", format!("{}/", marketo.url()), note));
        }
        None => rows.push(("Marketo", variable(variables, "marketo_url", ""), String::new())),
    }
    let mut text = "\nZoom for Marketo is running. Ctrl-C stops it.\n\n".to_owned();
    let width = rows.iter().map(|(_, url, _)| url.len()).max().unwrap_or_default();
    for (name, url, note) in rows {
        let line = format!("  {name:<13} {url:<width$}  {note}");
        // Writing to a string can't fail.
        let _ = writeln!(text, "{}", line.trim_end());
    }
    text.push_str(&walkthrough(fakes, public_url, &admin_key, fixture));
    text.push('\n');
    text
}

fn variable(variables: &BTreeMap<String, String>, name: &str, default: &str) -> String {
    variables.get(name).cloned().unwrap_or_else(|| default.to_owned())
}

/// Returns the steps to try the application in a browser. Empty unless both systems are fakes.
fn walkthrough(fakes: &Fakes, public_url: &str, admin_key: &str, fixture: &Fixture) -> String {
    let (Some(zoom), Some(marketo)) = (&fakes.zoom, &fakes.marketo) else { return String::new() };
    let (zoom, marketo) = (zoom.url(), marketo.url());
    let topic = &fixture.topic;
    format!(
        "
To try it in a browser, in five minutes:
  1. Open the console, {public_url}/, and sign in with the key {admin_key}. Under \"Add a Zoom account\" enter a
     name, click \"Sign in to Zoom\", and allow it.
  2. Click \"Connect a program\": program {WEBINAR_PROGRAM}, webinar \"{topic}\".
  3. Open the fake Marketo, {marketo}/programs/{WEBINAR_PROGRAM}: add some leads, tick them, and set them to
     Registered. Each confirmation e-mail below has the lead's own join link.
  4. Open the fake Zoom, {zoom}/webinars/{}: start the webinar, then end it with the people who attended.
  5. The console shows who attended. In the fake Marketo, the members are Attended or No Show.
",
        fixture.webinar
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(values: &[(&str, &str)]) -> BTreeMap<String, String> {
        values.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect()
    }

    async fn banner(given: BTreeMap<String, String>) -> String {
        let fakes = Fakes::start("http://127.0.0.1:9", &given).await.unwrap();
        let mut variables = given;
        for (name, value) in fakes.variables() {
            variables.entry(name).or_insert(value);
        }
        let fixture = Fixture { webinar: 87_000_000_001, topic: "Launch day".to_owned() };
        text(&fakes, "http://127.0.0.1:9", &variables, &fixture)
    }

    #[tokio::test]
    async fn shows_keys_and_a_walkthrough_with_fakes() {
        let banner = banner(BTreeMap::new()).await;
        assert!(banner.contains(fakes::env::ADMIN_KEY), "{banner}");
        assert!(banner.contains("/programs/1001: add some leads"), "{banner}");
        assert!(banner.contains("/webinars/87000000001: start") && banner.contains("\"Launch day\""), "{banner}");
    }

    #[tokio::test]
    async fn hides_a_key_that_was_given() {
        let banner =
            banner(given(&[("admin_key", "s3cret"), ("marketo_url", "https://123-ABC-456.mktorest.com")])).await;
        assert!(!banner.contains("s3cret") && !banner.contains("To try it"), "{banner}");
        assert!(banner.contains("https://123-ABC-456.mktorest.com"), "{banner}");
    }
}
