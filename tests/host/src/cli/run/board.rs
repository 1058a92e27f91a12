//! What is where, told once everything runs.

use std::collections::BTreeMap;
use std::fmt::Write;

use fakes::marketo::world::WEBINAR_PROGRAM;
use serde_json::json;

use super::stand_ins::{Scene, StandIns};

/// How many leads the example puts into its campaign.
const IN_EXAMPLE: usize = 5;

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
        Some(zoom) => rows.push(("Stand-in Zoom", format!("{}/", zoom.url()), "webinars; can run them".to_owned())),
        None => rows.push(("Zoom", variable(variables, "zoom_oauth_url", "https://zoom.us"), String::new())),
    }
    match &stand_ins.marketo {
        Some(marketo) => {
            let url = format!("{}/_control/state", marketo.url());
            rows.push(("Stand-in Marketo", url, "leads, programs, members, as JSON".to_owned()));
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
    text.push_str(&example(stand_ins, public_url, (&admin_key, &api_key), scene));
    text.push('\n');
    text
}

fn variable(variables: &BTreeMap<String, String>, name: &str, default: &str) -> String {
    variables.get(name).cloned().unwrap_or_else(|| default.to_owned())
}

/// How to try it out, with stand-ins on both sides.
fn example(stand_ins: &StandIns, public_url: &str, (admin_key, api_key): (&str, &str), scene: &Scene) -> String {
    let (Some(_), Some(marketo)) = (&stand_ins.zoom, &stand_ins.marketo) else { return String::new() };
    let marketo = marketo.url();
    let admin = format!("curl -H 'authorization: Bearer {admin_key}'");
    let json = "-H 'content-type: application/json'";
    let connection = json!({"service": "SERVICE", "webinar": scene.webinar.to_string()});
    let campaign = json!({
        "program_id": WEBINAR_PROGRAM,
        "lead_ids": scene.leads.iter().take(IN_EXAMPLE).collect::<Vec<_>>(),
        "flow_step": {"base_url": format!("{public_url}/flow-step"), "api_key": api_key},
    });
    format!(
        "
To try it out:
  1. Open the console, sign in with its key, and sign in to Zoom under some name.
  2. Connect a program to a webinar; SERVICE is the id that the first call tells:
       {admin} {public_url}/oauth/services
       {admin} {json} -X PUT {public_url}/catalog/programs/{WEBINAR_PROGRAM} -d '{connection}'
  3. Run a smart campaign over some leads: status Registered, the flow step, then a confirmation e-mail:
       curl {json} {marketo}/_control/campaigns -d '{campaign}'
  4. Hold the webinar, by a button on the stand-in Zoom's page, and see who attended:
       {admin} {public_url}/attendance/programs/{WEBINAR_PROGRAM}
"
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
        text(
            &stand_ins,
            "http://127.0.0.1:9",
            &variables,
            &Scene { webinar: 87_000_000_001, leads: vec![500_001, 500_002] },
        )
    }

    #[tokio::test]
    async fn with_stand_ins_it_shows_keys_and_an_example() {
        let board = board(BTreeMap::new()).await;
        assert!(board.contains(fakes::stage::ADMIN_KEY), "{board}");
        assert!(board.contains("\"lead_ids\":[500001,500002]"), "{board}");
        assert!(board.contains("\"webinar\":\"87000000001\""), "{board}");
    }

    #[tokio::test]
    async fn a_key_that_was_given_is_not_shown() {
        let board = board(given(&[("admin_key", "hush"), ("marketo_url", "https://123-ABC-456.mktorest.com")])).await;
        assert!(!board.contains("hush") && !board.contains("To try it out"), "{board}");
        assert!(board.contains("https://123-ABC-456.mktorest.com"), "{board}");
    }
}
