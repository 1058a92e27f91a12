//! The standard fixture: Alice is signed in, and program 1001 is connected to her webinar.

use super::app::App;
use super::wait::wait_for;
use fakes::env::{Admin, MARKETO_API_KEY};
use fakes::marketo::campaign::{Campaign, FlowStep, Run};
use fakes::marketo::subscription::{NewProgram, WEBINAR_CHANNEL, WEBINAR_PROGRAM};
use fakes::marketo::webhook::WebhookCall;
use fakes::zoom::NewWebinar;
use serde_json::{Value, json};

/// The application with a connected program.
pub struct Fixture {
    /// The application.
    pub app: App,
    /// The admin API client of Alice, the Zoom admin.
    pub admin: Admin,
    /// Her service's id.
    pub service: String,
    /// The webinar's id.
    pub webinar: u64,
}

impl Fixture {
    /// Sets up the fixture on a new application.
    pub async fn new(app: App) -> Self {
        let webinar = NewWebinar { topic: "Launch day".to_owned(), ..NewWebinar::default() };
        Self::with_webinar(app, webinar).await
    }

    /// Sets up the fixture with a given webinar.
    pub async fn with_webinar(app: App, webinar: NewWebinar) -> Self {
        let webinar = app.env.zoom.add_webinar(webinar).unwrap().id;
        let admin = app.admin();
        let service = admin.sign_in("Acme Webinars").await.unwrap();
        admin.connect(WEBINAR_PROGRAM, &service, webinar).await.unwrap().ok().unwrap();
        Self { app, admin, service, webinar }
    }

    /// Adds leads to Marketo and returns their ids.
    pub fn add_leads(&self, count: usize) -> Vec<i64> {
        let marketo = &self.app.env.marketo;
        let person = |n: usize| marketo.add_person(&format!("First{n}"), &format!("Last{n}"), &email(n));
        (1..=count).map(person).collect()
    }

    /// Returns the standard campaign over some leads: Registered, the flow step, an e-mail.
    pub fn campaign(&self, leads: &[i64]) -> Campaign {
        let flow_step = FlowStep::new(self.app.env.flow_step_url(), MARKETO_API_KEY);
        Campaign::new(WEBINAR_PROGRAM, leads, flow_step)
    }

    /// Runs the standard campaign to its end.
    pub async fn run_campaign(&self, leads: &[i64]) -> Run {
        self.app.env.marketo.run_campaign(self.campaign(leads)).await.unwrap()
    }

    /// Calls the webhook for a lead as Marketo does, and checks that Marketo can read the response.
    pub async fn call_webhook(&self, program: i64, lead: i64) -> WebhookCall {
        let marketo = &self.app.env.marketo;
        let fields = marketo.lead(lead).unwrap();
        let payload = json!({
            "program_id": program, "lead_id": lead, "email": fields.text("email"), "first_name": fields.text("firstName"),
            "last_name": fields.text("lastName"), "company": fields.text("company"), "status": "Registered",
        });
        let url = format!("{}/registration/webhook", self.app.url());
        let call = marketo.call_webhook(&url, MARKETO_API_KEY, &payload).await;
        assert_eq!(call.problem, None, "{call:?}");
        let body = &call.body;
        match call.status {
            Some(200) => match body["outcome"].as_str() {
                Some("registered") => assert!(body["join_url"].as_str().unwrap().contains("tk="), "{body}"),
                Some("pending") => assert!(body["registrant_id"].is_string() && body["join_url"].is_null(), "{body}"),
                _ => assert!(body["code"].is_string() && body["detail"].as_str().unwrap().len() > 20, "{body}"),
            },
            Some(503) => assert!(body["code"].is_string() && body["detail"].as_str().unwrap().len() > 20, "{body}"),
            status => panic!("unexpected status {status:?}: {body}"),
        }
        call
    }

    /// Waits for an empty outbox without a tick. A chunk is deleted shortly after its callback.
    pub async fn wait_for_empty_outbox(&self) {
        wait_for("an empty outbox", || async {
            (!self.app.stored().keys().any(|key| key.starts_with("outbox:"))).then_some(())
        })
        .await;
    }

    /// Adds a webinar program to Marketo and returns its id.
    pub fn add_program(&self, name: &str) -> i64 {
        let (kind, channel) = ("Event with Webinar".to_owned(), WEBINAR_CHANNEL.to_owned());
        let program = NewProgram { id: None, name: name.to_owned(), kind, channel };
        let marketo = &self.app.env.marketo;
        let now = marketo.clock().now();
        marketo.arrange(|world| world.add_program(program, now))
    }

    /// Returns the program's connection as the console shows it.
    pub async fn program(&self) -> Value {
        self.admin.get(&format!("/catalog/programs/{WEBINAR_PROGRAM}")).await.unwrap().ok().unwrap()
    }

    /// Returns the path of the webinar's registrants.
    pub fn registrants_path(&self) -> String {
        format!("/v2/webinars/{}/registrants", self.webinar)
    }

    /// Returns the number of add-registrant calls for an address.
    pub fn add_calls(&self, email: &str) -> usize {
        let calls = self.app.env.zoom.log().matching("POST", &self.registrants_path());
        let of = |body: &serde_json::Value| body["email"].as_str().is_some_and(|e| e.eq_ignore_ascii_case(email));
        calls.iter().filter(|entry| of(&entry.body)).count()
    }
}

/// Returns the address of the n-th lead.
pub fn email(n: usize) -> String {
    format!("lead{n}@example.com")
}
