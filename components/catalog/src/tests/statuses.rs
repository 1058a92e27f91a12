//! What the statuses of a program's channel mean (R21): guessed, chosen, and changed in Marketo.

use super::env::{PROGRAM, TestEnv, problem};
use domain::time::SignedDuration;
use serde_json::{Value, json};

const SETTINGS: &str = "/catalog/programs/1001/settings";

const GERMAN: [(&str, u32); 5] =
    [("Kein Mitglied", 0), ("Eingeladen", 10), ("Registriert", 20), ("Nicht erschienen", 30), ("Teilgenommen", 40)];

/// Returns an environment with the statuses of a channel.
async fn env_with(statuses: &[(&str, u32)]) -> TestEnv {
    let env = TestEnv::new().await;
    env.add_webinar(9, |_| {});
    env.set_statuses(statuses);
    env
}

/// Returns the environment of a program that is connected.
async fn connected() -> TestEnv {
    let env = env_with(&GERMAN).await;
    assert_eq!(env.connect(9).await.0, 200);
    env
}

async fn tick(env: &TestEnv) {
    let deadline = env.now() + SignedDuration::from_secs(20);
    assert_eq!(env.internal("/internal/tick", json!({ "deadline": deadline })).await.0, 200);
}

/// Returns the detail of an error with a code.
fn detail((status, body): (u16, Value), expected: (u16, &str)) -> String {
    assert_eq!((status, &body["code"]), (expected.0, &json!(expected.1)), "{body}");
    body["detail"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn r21_the_mapping_is_guessed_when_a_program_is_connected() {
    let env = connected().await;
    let (_, body) = env.get(PROGRAM).await;
    let expected = json!({
        "registered": "Registriert", "pending": null, "cancelled": null, "denied": null, "registration_error": null,
        "attended": "Teilgenommen", "no_show": "Nicht erschienen", "attended_on_demand": null,
    });
    assert_eq!((&body["statuses"], &body["chosen_statuses"], &body["problem"]), (&expected, &json!([]), &Value::Null));
}

#[tokio::test]
async fn r21_a_program_without_a_guess_for_registered_is_connected_once_it_is_chosen() {
    let env = env_with(&[("Member", 10), ("Gebucht", 20), ("Teilgenommen", 30)]).await;
    let before = env.memory.dump();
    let refused = env.connect(9).await;
    assert_eq!(refused.1["statuses"], json!(["Member", "Gebucht", "Teilgenommen"]));
    let told = detail(refused, (422, "PROGRAM_NOT_WEBINAR_CHANNEL"));
    assert!(told.contains("\u{201c}Gebucht\u{201d}"), "{told}");
    assert_eq!(env.memory.dump(), before);

    let connect = async |statuses: Value| {
        env.admin("PUT", PROGRAM, json!({"service": "s1", "webinar": "9", "statuses": statuses})).await
    };
    detail(connect(json!({"registered": "Booked"})).await, (400, "INVALID_REQUEST"));
    let (status, body) = connect(json!({"registered": "gebucht"})).await;
    assert_eq!((status, &body["statuses"]["registered"]), (200, &json!("Gebucht")), "{body}");
    assert_eq!(
        (&body["statuses"]["attended"], &body["chosen_statuses"]),
        (&json!("Teilgenommen"), &json!(["registered"]))
    );
    // Connected again, the choice stays.
    assert_eq!(env.connect(9).await.1["statuses"]["registered"], "Gebucht");
}

#[tokio::test]
async fn r21_the_mapping_is_changed_by_the_settings_and_what_is_left_out_stays() {
    let env = connected().await;
    let change = async |body: Value| env.admin("PUT", SETTINGS, body).await;
    let (status, body) = change(json!({"statuses": {"pending": "Eingeladen", "no_show": null}})).await;
    assert_eq!(status, 200, "{body}");
    assert_eq!((&body["statuses"]["pending"], &body["statuses"]["no_show"]), (&json!("Eingeladen"), &Value::Null));
    assert_eq!(
        (&body["statuses"]["registered"], &body["chosen_statuses"]),
        (&json!("Registriert"), &json!(["pending", "no_show"]))
    );
    assert_eq!(env.get(PROGRAM).await.1, body);

    let (_, body) = change(json!({"member_fields": {"minutes": "zoomMinutes"}, "no_show_after_minutes": 5})).await;
    assert_eq!(
        (&body["member_fields"], &body["statuses"]["pending"]),
        (&json!({"minutes": "zoomMinutes"}), &json!("Eingeladen"))
    );
    assert_eq!(change(json!({})).await.1, body);
    // A guess gives way to a choice.
    let (_, body) = change(json!({"statuses": {"denied": "Teilgenommen"}})).await;
    assert_eq!((&body["statuses"]["denied"], &body["statuses"]["attended"]), (&json!("Teilgenommen"), &Value::Null));
}

#[tokio::test]
async fn r21_a_setting_that_cannot_be_changes_nothing_and_says_why() {
    let env = connected().await;
    let before = env.memory.dump();
    for (statuses, words) in [
        (json!({"registred": "Registriert"}), "registered, pending, cancelled"),
        (json!({"registered": "Booked"}), "\u{201c}Registriert\u{201d}"),
        (json!({"registered": null}), "has to mean registered"),
        (json!({"attended": "Registriert", "registered": "Registriert"}), "both registered and attended"),
    ] {
        let body = json!({"statuses": statuses, "no_show_after_minutes": 5});
        let told = detail(env.admin("PUT", SETTINGS, body).await, (400, "INVALID_REQUEST"));
        assert!(told.contains(words), "{statuses}: {told}");
    }
    for statuses in [json!([]), json!("Registriert"), json!({"registered": 5})] {
        detail(env.admin("PUT", SETTINGS, json!({"statuses": statuses})).await, (400, "INVALID_REQUEST"));
    }
    let fields = json!({"member_fields": {"minutes": "nothing"}, "no_show_after_minutes": 5});
    detail(env.admin("PUT", SETTINGS, fields).await, (422, "INVALID_FIELD"));
    assert_eq!(env.memory.dump(), before);
    let other = env.admin("PUT", "/catalog/programs/7/settings", json!({})).await;
    assert_eq!(problem(&other), (404, "PROGRAM_NOT_CONNECTED"));
}

#[tokio::test]
async fn r21_a_status_that_is_new_in_marketo_can_be_chosen_at_once() {
    let env = connected().await;
    let mut statuses = GERMAN.to_vec();
    statuses.push(("Storno", 25));
    env.set_statuses(&statuses);
    let (status, body) = env.admin("PUT", SETTINGS, json!({"statuses": {"cancelled": "Storno"}})).await;
    assert_eq!((status, &body["statuses"]["cancelled"]), (200, &json!("Storno")), "{body}");
    assert_eq!(body["channel"]["statuses"].as_array().unwrap().len(), 6);
}

#[tokio::test]
async fn r21_a_status_that_was_renamed_in_marketo_is_the_programs_problem() {
    let env = connected().await;
    env.admin("PUT", SETTINGS, json!({"statuses": {"registered": "Registriert"}})).await;
    let renamed = GERMAN.map(|(name, step)| (if name == "Registriert" { "Angemeldet" } else { name }, step));
    env.set_statuses(&renamed);
    // The tick reads the channel once a day.
    tick(&env).await;
    assert_eq!(env.get(PROGRAM).await.1["problem"], Value::Null);
    env.memory.advance(SignedDuration::from_hours(24));
    tick(&env).await;
    let (_, body) = env.get(PROGRAM).await;
    assert_eq!(body["problem"]["code"], "PROGRAM_NOT_WEBINAR_CHANNEL", "{body}");
    let told = body["problem"]["detail"].as_str().unwrap();
    assert!(told.contains("\u{201c}Registriert\u{201d}") && told.contains("registered"), "{told}");
    // The choice is kept, and Marketo's log of the service shows the problem.
    assert_eq!(
        (&body["statuses"]["registered"], &body["statuses"]["attended"]),
        (&json!("Registriert"), &json!("Teilgenommen"))
    );
    let (_, shown) = env.call("GET", "/flow-step/status", ("x-api-key", "marketo-key-of-the-tests"), Value::Null).await;
    assert!(shown["warnings"].to_string().contains("Registriert"), "{shown}");

    env.set_statuses(&GERMAN);
    let (_, body) = env.admin("POST", &format!("{PROGRAM}/refresh"), Value::Null).await;
    assert_eq!(body["problem"], Value::Null);
}

#[tokio::test]
async fn r21_a_guess_follows_a_status_that_was_renamed_in_marketo() {
    let env = connected().await;
    let renamed = GERMAN.map(|(name, step)| (if name == "Registriert" { "02 Angemeldet" } else { name }, step));
    env.set_statuses(&renamed);
    let (_, body) = env.admin("POST", &format!("{PROGRAM}/refresh"), Value::Null).await;
    assert_eq!((&body["statuses"]["registered"], &body["problem"]), (&json!("02 Angemeldet"), &Value::Null));
    // A status with a better name does not replace a guess that is still there.
    let mut more = renamed.to_vec();
    more.push(("Registered", 20));
    env.set_statuses(&more);
    let (_, body) = env.admin("POST", &format!("{PROGRAM}/refresh"), Value::Null).await;
    assert_eq!(body["statuses"]["registered"], "02 Angemeldet");
}

#[tokio::test]
async fn r16_what_the_steps_make_impossible_is_said_when_a_program_is_connected() {
    let statuses =
        [("Pending", 5), ("No Show", 10), ("Error", 15), ("Registered", 20), ("Attended", 40), ("Cancelled", 12)];
    let env = env_with(&statuses).await;
    let (status, body) = env.connect(9).await;
    assert_eq!(status, 200);
    let warnings: Vec<_> =
        body["status_warnings"].as_array().unwrap().iter().map(|text| text.as_str().unwrap()).collect();
    // Nobody waits for approval at this webinar.
    assert_eq!(warnings.len(), 3, "{warnings:#?}");
    let no_show = "\u{201c}No Show\u{201d} has a lower step (10) than \u{201c}Registered\u{201d} (20), and Marketo moves people to equal or \
                   higher steps only: registered people who did not attend keep \u{201c}Registered\u{201d}.";
    assert!(warnings.contains(&no_show), "{warnings:#?}");
    for status in ["Error", "Cancelled"] {
        assert!(
            warnings.iter().any(|warning| warning.starts_with(&format!("\u{201c}{status}\u{201d}"))),
            "{warnings:#?}"
        );
    }
    assert_eq!(env.get(PROGRAM).await.1["status_warnings"], body["status_warnings"]);
    let (_, shown) = env.call("GET", "/flow-step/status", ("x-api-key", "marketo-key-of-the-tests"), Value::Null).await;
    assert!(shown["warnings"].to_string().contains("No Show"), "{shown}");
    // Another mapping has other warnings.
    let (_, body) =
        env.admin("PUT", SETTINGS, json!({"statuses": {"no_show": null, "cancelled": null, "denied": null}})).await;
    assert_eq!(body["status_warnings"].as_array().unwrap().len(), 1, "{body}");
    env.set_statuses(&GERMAN);
    let (_, body) = env.admin("POST", &format!("{PROGRAM}/refresh"), Value::Null).await;
    assert_eq!(body["status_warnings"], json!([]));
}

#[tokio::test]
async fn r16_pending_below_registered_matters_where_the_host_approves() {
    let env = TestEnv::new().await;
    env.add_webinar(9, |webinar| webinar.approval_type = 1);
    env.set_statuses(&[("Pending Approval", 10), ("Registered", 20), ("No Show", 30), ("Attended", 40)]);
    let (_, body) = env.connect(9).await;
    let warnings = body["status_warnings"].to_string();
    assert!(warnings.contains("wait for the host's approval keep"), "{warnings}");
}
