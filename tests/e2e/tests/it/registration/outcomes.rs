//! Outcomes of the webhook: each of Zoom's add-registrant errors has its code (docs/reference/zoom.md), and no response
//! is empty.

use crate::harness::{App, Fixture, wait_for};
use fakes::env::MARKETO_API_KEY;
use fakes::marketo::subscription::WEBINAR_PROGRAM;
use fakes::support::{Effect, Fault};
use fakes::zoom::{ADMIN, CustomQuestion, NewRegistrant, NewWebinar, Panelist};
use serde_json::{Value, json};

/// Adds a lead with the status Registered to Marketo, and returns its id.
fn registered(fixture: &Fixture, program: i64, email: &str, company: &str) -> i64 {
    let marketo = &fixture.app.env.marketo;
    let lead =
        marketo.add_lead(&json!({"firstName": "Ada", "lastName": "Lovelace", "email": email, "company": company}));
    assert!(marketo.set_member(program, lead, "Registered"));
    lead
}

/// A webinar, a registration, and its expected outcome.
struct Case {
    what: &'static str,
    webinar: NewWebinar,
    email: &'static str,
    company: &'static str,
    /// Zoom's response to the add call, where the fake would give another.
    answer: Option<(u16, Value)>,
    expected: (u16, &'static str),
    /// Part of the expected detail.
    detail_contains: &'static str,
    /// Expected number of add calls.
    add_calls: usize,
}

impl Case {
    fn new(what: &'static str, expected: (u16, &'static str)) -> Self {
        let (webinar, email, company) = (NewWebinar::default(), "", "Engines");
        Self { what, webinar, email, company, answer: None, expected, detail_contains: "", add_calls: 1 }
    }

    /// A case in which Zoom answers with a code: HTTP 404 for 3001, 429 for 429, else 400.
    fn answered(code: u16, message: &'static str, expected: (u16, &'static str)) -> Self {
        let status = match code {
            3001 => 404,
            429 => 429,
            _ => 400,
        };
        Self { answer: Some((status, json!({"code": code, "message": message}))), ..Self::new(message, expected) }
    }
}

fn cases() -> Vec<Case> {
    let of = NewWebinar::default;
    let question =
        CustomQuestion { title: "Shoe size".into(), kind: "short".into(), required: true, answers: Vec::new() };
    let panelist = Panelist { email: "petra@partner.example".into(), name: "Petra".into() };
    let field = |name: &str| json!({"code": 300, "message": "Validation Failed.", "errors": [{"field": name, "message": "Invalid field."}]});
    vec![
        Case {
            webinar: NewWebinar { paid: true, ..of() },
            detail_contains: "costs money",
            ..Case::new("paid registration", (200, "REGISTRATION_NOT_REQUIRED"))
        },
        Case::answered(
            3000,
            "Registration has not been enabled for this webinar: 1.",
            (200, "REGISTRATION_NOT_REQUIRED"),
        ),
        Case {
            webinar: NewWebinar { registrants_restrict_number: 1, ..of() },
            ..Case::new("the attendee limit", (200, "WEBINAR_FULL"))
        },
        Case {
            webinar: NewWebinar { panelists: vec![panelist], ..of() },
            email: "Petra@Partner.example",
            ..Case::new("a panelist", (200, "ALREADY_PANELIST"))
        },
        Case { email: ADMIN, ..Case::new("the host", (200, "HOST_CANNOT_REGISTER")) },
        Case {
            webinar: NewWebinar { work_email_only: true, ..of() },
            email: "ada@gmail.com",
            ..Case::new("private mail", (200, "WORK_EMAIL_REQUIRED"))
        },
        Case::answered(3038, "The webinar is over, you can not register now.", (200, "WEBINAR_OVER")),
        Case::answered(3043, "Webinar has reached maximum attendee capacity.", (200, "WEBINAR_FULL")),
        Case::answered(3001, "Webinar does not exist: 1.", (200, "WEBINAR_NOT_FOUND")),
        Case::answered(300, "Invalid webinar id.", (200, "INVALID_FIELD")),
        Case {
            answer: Some((400, field("org"))),
            detail_contains: "org",
            ..Case::new("validation", (200, "INVALID_FIELD"))
        },
        Case {
            webinar: NewWebinar { custom_questions: vec![question], ..of() },
            detail_contains: "Shoe size",
            add_calls: 0,
            ..Case::new("a required question of the host", (200, "QUESTION_UNANSWERED"))
        },
        Case {
            answer: Some((400, field("custom_questions"))),
            ..Case::new("a question added after the look-up", (200, "QUESTION_UNANSWERED"))
        },
        Case::answered(
            429,
            "You have exceeded the daily rate limit of (3) for Add a webinar registrant API requests for the \
             registrant (x@y). You can resume these API requests at GMT 00:00:00.",
            (200, "DAILY_LIMIT"),
        ),
        Case::answered(200, "Webinar plan is missing.", (200, "HOST_LACKS_LICENCE")),
        // This affects the service, so it comes last.
        Case::answered(200, "No permission.", (503, "SERVICE_LACKS_PERMISSION")),
    ]
}

#[tokio::test]
async fn r12_each_zoom_error_has_its_code_and_costs_at_most_one_add_call() {
    // Connecting the program for each case exceeds Marketo's default rate limit.
    let marketo = fakes::marketo::Options { rate_limit: 10_000, ..fakes::marketo::Options::default() };
    let mut fixture = Fixture::new(App::start_with(fakes::zoom::Options::default(), marketo).await).await;
    for (number, case) in cases().into_iter().enumerate() {
        let what = case.what;
        let limit = case.webinar.registrants_restrict_number;
        let topic = format!("Case {number}");
        fixture.webinar = fixture.app.env.zoom.add_webinar(NewWebinar { topic, ..case.webinar }).unwrap().id;
        fixture.admin.connect(WEBINAR_PROGRAM, &fixture.service, fixture.webinar).await.unwrap().ok().unwrap();
        let zoom = &fixture.app.env.zoom;
        if limit > 0 {
            let first = NewRegistrant {
                email: "first@example.net".into(),
                first_name: "First".into(),
                last_name: "Come".into(),
                ..NewRegistrant::default()
            };
            zoom.register_on_zoom(fixture.webinar, first).await.unwrap();
        }
        if let Some((status, body)) = case.answer {
            let answer = Effect::Status { status, body, headers: Default::default() };
            zoom.faults().add(Fault::once("POST", &fixture.registrants_path(), answer));
        }
        let email = if case.email.is_empty() { format!("case{number}@example.com") } else { case.email.to_owned() };
        let lead = registered(&fixture, WEBINAR_PROGRAM, &email, case.company);
        let call = fixture.call_webhook(WEBINAR_PROGRAM, lead).await;
        let code = call.body["code"].as_str().unwrap_or_default();
        assert_eq!((call.status.unwrap(), code), case.expected, "{what}: {call:?}");
        assert!(call.body["detail"].as_str().unwrap().contains(case.detail_contains), "{what}: {call:?}");
        assert_eq!(fixture.add_calls(&email), case.add_calls, "{what}");
        let status = fixture.app.env.marketo.member(WEBINAR_PROGRAM, lead).unwrap().status_name;
        let expected = if case.expected.0 == 200 { "Registration Error" } else { "Registered" };
        assert_eq!(status, expected, "{what}");
        let failures = fixture.admin.get("/registration/failures").await.unwrap().ok().unwrap();
        let rows = failures["failures"].as_array().unwrap();
        let id = lead.to_string();
        let row = rows.iter().find(|row| row["lead_id"] == id.as_str()).unwrap_or_else(|| panic!("{what}"));
        assert_eq!(row["code"], case.expected.1, "{what}: {row}");
        let later = ["DAILY_LIMIT", "SERVICE_LACKS_PERMISSION"].contains(&case.expected.1);
        assert_eq!(row["next_try"].is_string(), later, "{what}: {row}");
    }

    // The last case affects the whole service, so the status that Marketo reads every night reports it in words.
    let request = reqwest::Client::new().get(format!("{}/status", fixture.app.env.flow_step_url()));
    let status = request.header("x-api-key", MARKETO_API_KEY).send().await.unwrap();
    let status: Value = serde_json::from_str(&status.text().await.unwrap()).unwrap();
    let errors = status["errors"].as_array().unwrap();
    let line = errors[0].as_str().unwrap();
    let words = ["Service \"Acme Webinars\"", "give the admin role back", "(SERVICE_LACKS_PERMISSION)"];
    assert!(errors.len() == 1 && words.iter().all(|word| line.contains(word)), "{status}");
    fixture.app.assert_no_trap();
    fixture.app.assert_logs_are_clean();
}

#[tokio::test]
async fn unknown_outcome_is_503_with_a_code_and_the_tick_registers_the_lead() {
    let fixture = Fixture::new(App::start().await).await;
    let (zoom, marketo) = (&fixture.app.env.zoom, &fixture.app.env.marketo);
    let lead = registered(&fixture, WEBINAR_PROGRAM, "ada@example.com", "Engines");
    zoom.faults().add(Fault::once("POST", &fixture.registrants_path(), Effect::status(502)).times(2));
    let answer = fixture.call_webhook(WEBINAR_PROGRAM, lead).await;
    assert_eq!((answer.status, &answer.body["code"]), (Some(503), &json!("ZOOM_UNAVAILABLE")), "{answer:?}");
    assert_eq!(fixture.add_calls("ada@example.com"), 2);

    // The first retry is due after five seconds, give or take a fifth.
    wait_for("the retry by the tick", || async {
        fixture.admin.tick().await.unwrap().ok().unwrap();
        let link = marketo.member(WEBINAR_PROGRAM, lead).unwrap().text("webinarUrl").to_owned();
        link.contains("tk=").then_some(())
    })
    .await;
    assert_eq!(fixture.add_calls("ada@example.com"), 3);
    let failures = fixture.admin.get("/registration/failures").await.unwrap().ok().unwrap();
    assert_eq!(failures["failures"], json!([]));

    // Adding a registered address returns the existing registration.
    let known = NewRegistrant {
        email: "known@example.com".into(),
        first_name: "Al".into(),
        last_name: "Ready".into(),
        ..NewRegistrant::default()
    };
    let known = zoom.register_on_zoom(fixture.webinar, known).await.unwrap();
    let lead = registered(&fixture, WEBINAR_PROGRAM, "Known@example.com", "");
    let answer = fixture.call_webhook(WEBINAR_PROGRAM, lead).await;
    assert_eq!(answer.body["registrant_id"], known.id, "{answer:?}");

    // Requests without Marketo's key and leads with another status register no one.
    let url = format!("{}/registration/webhook", fixture.app.url());
    let payload = json!({"program_id": WEBINAR_PROGRAM, "lead_id": lead, "status": "Invited"});
    let refused = marketo.call_webhook(&url, "wrong", &payload).await;
    assert_eq!((refused.status, &refused.body["code"]), (Some(401), &json!("UNAUTHENTICATED")));
    let skipped = marketo.call_webhook(&url, MARKETO_API_KEY, &payload).await;
    assert_eq!((skipped.status, &skipped.body["code"]), (Some(200), &json!("STATUS_NOT_REGISTERED")));
    let senseless = marketo.call_webhook(&url, MARKETO_API_KEY, &json!({"program_id": "x"})).await;
    assert_eq!((senseless.status, &senseless.body["code"]), (Some(400), &json!("INVALID_REQUEST")));
    fixture.app.assert_no_trap();
}

#[tokio::test]
async fn r22_people_register_although_a_question_has_null_answers() {
    let fixture = Fixture::new(App::start().await).await;
    let leads = fixture.add_leads(2);
    let body = json!({
        "questions": [{"field_name": "last_name", "required": true}, {"field_name": "org", "required": false}],
        "custom_questions": [{"title": "Any wishes?", "type": "short", "required": false, "answers": null}],
    });
    let path = format!("{}/questions", fixture.registrants_path());
    let answer = Effect::Status { status: 200, body, headers: Default::default() };
    fixture.app.env.zoom.faults().add(Fault::always("GET", &path, answer));
    let run = fixture.run_campaign(&leads).await;
    assert!(run.outcomes().values().all(|outcome| outcome.success), "{:#?}", run.outcomes());
    assert!(fixture.app.env.zoom.log().count("GET", &path) > 0, "the questions were read");
    fixture.app.assert_no_trap();
}
