//! What is where, told once everything runs.

use std::collections::BTreeMap;
use std::fmt::Write;

use fakes::marketo::world::WEBINAR_PROGRAM;

use super::stand_ins::{Scene, StandIns};

/// The text. Keys are shown only where they are the well-known ones of a run with stand-ins alone.
pub(super) fn text(
    stand_ins: &StandIns,
    public_url: &str,
    variables: &BTreeMap<String, String>,
    scene: &Scene,
) -> String {
    let ours = stand_ins.variables();
    let key = |name: &str| match variables.get(name) {
        Some(value) if ours.get(name) == Some(value) => value.clone(),
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
    match &stand_ins.zoom {
        Some(zoom) => {
            rows.push(("Stand-in Zoom", format!("{}/", zoom.url()), "webinars; start and end them".to_owned()))
        }
        None => rows.push(("Zoom", variable(variables, "zoom_oauth_url", "https://zoom.us"), String::new())),
    }
    match &stand_ins.marketo {
        Some(marketo) => {
            let note = "programs; add leads, register them, read their e-mails".to_owned();
            rows.push(("Stand-in Marketo", format!("{}/", marketo.url()), note));
        }
        None => rows.push(("Marketo", variable(variables, "marketo_url", ""), String::new())),
    }
    let mut text = "\nZoom for Marketo is running. Ctrl-C stops it.\n\n".to_owned();
    let width = rows.iter().map(|(_, url, _)| url.len()).max().unwrap_or_default();
    for (what, url, note) in rows {
        let line = format!("  {what:<17} {url:<width$}  {note}");
        // Writing into a string can't fail.
        let _ = writeln!(text, "{}", line.trim_end());
    }
    text.push_str(&example(stand_ins, public_url, &admin_key, scene));
    text.push('\n');
    text
}

fn variable(variables: &BTreeMap<String, String>, name: &str, default: &str) -> String {
    variables.get(name).cloned().unwrap_or_else(|| default.to_owned())
}

/// How to try it out in a browser, with stand-ins on both sides.
fn example(stand_ins: &StandIns, public_url: &str, admin_key: &str, scene: &Scene) -> String {
    let (Some(zoom), Some(marketo)) = (&stand_ins.zoom, &stand_ins.marketo) else { return String::new() };
    let (zoom, marketo) = (zoom.url(), marketo.url());
    let topic = &scene.topic;
    format!(
        "
To try it out in a browser, in five minutes:
  1. The console, {public_url}/: sign in with the key {admin_key}. Under \"Add a Zoom account\" give a name,
     \"Sign in to Zoom\", and allow it.
  2. \"Connect a program\": program {WEBINAR_PROGRAM}, webinar \"{topic}\".
  3. The stand-in Marketo, {marketo}/programs/{WEBINAR_PROGRAM}: add some leads, tick them, set them Registered; their
     confirmation e-mails below have each one's own link.
  4. The stand-in Zoom, {zoom}/webinars/{}: start the webinar, end it with whoever was there.
  5. The console shows who attended by itself, and so do the program's members in the stand-in Marketo.
",
        scene.webinar
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(values: &[(&str, &str)]) -> BTreeMap<String, String> {
        values.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect()
    }

    async fn board(given: BTreeMap<String, String>) -> String {
        let stand_ins = StandIns::start("http://127.0.0.1:9", &given).await.unwrap();
        let mut variables = given;
        for (name, value) in stand_ins.variables() {
            variables.entry(name).or_insert(value);
        }
        let scene = Scene { webinar: 87_000_000_001, topic: "Launch day".to_owned() };
        text(&stand_ins, "http://127.0.0.1:9", &variables, &scene)
    }

    #[tokio::test]
    async fn with_stand_ins_it_shows_keys_and_an_example() {
        let board = board(BTreeMap::new()).await;
        assert!(board.contains(fakes::stage::ADMIN_KEY), "{board}");
        assert!(board.contains("/programs/1001: add some leads"), "{board}");
        assert!(board.contains("/webinars/87000000001: start") && board.contains("\"Launch day\""), "{board}");
    }

    #[tokio::test]
    async fn a_key_that_was_given_is_not_shown() {
        let board = board(given(&[("admin_key", "hush"), ("marketo_url", "https://123-ABC-456.mktorest.com")])).await;
        assert!(!board.contains("hush") && !board.contains("To try it out"), "{board}");
        assert!(board.contains("https://123-ABC-456.mktorest.com"), "{board}");
    }
}
