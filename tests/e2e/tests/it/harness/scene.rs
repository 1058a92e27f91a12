//! A usual scene: Alice is signed in, program 1001 is connected to her webinar, some leads wait.

use super::App;
use fakes::marketo::campaign::{Campaign, FlowStep, Run};
use fakes::marketo::webhook::WebhookCall;
use fakes::marketo::world::{NewProgram, WEBINAR_CHANNEL, WEBINAR_PROGRAM};
use fakes::stage::{Admin, MARKETO_API_KEY};
use fakes::zoom::NewWebinar;
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// The application with a connected program.
pub struct Scene {
    /// The application.
    pub app: App,
    /// Alice.
    pub admin: Admin,
    /// Her service.
    pub service: String,
    /// The webinar.
    pub webinar: u64,
}

impl Scene {
    /// Sets the scene on an application that has just started.
    pub async fn set(app: App) -> Self {
        let webinar = NewWebinar { topic: "Launch day".to_owned(), ..NewWebinar::default() };
        Self::set_with(app, webinar).await
    }

    /// The same with a webinar of some kind.
    pub async fn set_with(app: App, webinar: NewWebinar) -> Self {
        let webinar = app.stage.zoom.add_webinar(webinar).unwrap().id;
        let admin = app.admin();
        let service = admin.sign_in("Acme Webinars").await.unwrap();
        admin.connect(WEBINAR_PROGRAM, &service, webinar).await.unwrap().ok().unwrap();
        Self { app, admin, service, webinar }
    }

    /// Adds leads to Marketo and returns their ids.
    pub fn add_leads(&self, count: usize) -> Vec<i64> {
        let marketo = &self.app.stage.marketo;
        let person = |n: usize| marketo.add_person(&format!("First{n}"), &format!("Last{n}"), &email(n));
        (1..=count).map(person).collect()
    }

    /// The usual campaign over some leads: Registered, the flow step, an e-mail.
    pub fn campaign(&self, leads: &[i64]) -> Campaign {
        let flow_step = FlowStep::new(self.app.stage.flow_step_url(), MARKETO_API_KEY);
        Campaign::new(WEBINAR_PROGRAM, leads, flow_step)
    }

    /// Runs the usual campaign over some leads to its end.
    pub async fn run_campaign(&self, leads: &[i64]) -> Run {
        self.app.stage.marketo.run_campaign(self.campaign(leads)).await.unwrap()
    }

    /// Marketo calls the webhook for a lead. Whatever comes, Marketo must be able to read it.
    pub async fn call_webhook(&self, program: i64, lead: i64) -> WebhookCall {
        let marketo = &self.app.stage.marketo;
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
            status => panic!("{status:?} {body}"),
        }
        call
    }

    /// Waits until nothing waits in the outbox, without a tick's help: what was called back is forgotten a moment later.
    pub async fn outbox_is_empty(&self) {
        until("an empty outbox", || async {
            (!self.app.stored().keys().any(|key| key.starts_with("outbox:"))).then_some(())
        })
        .await;
    }

    /// Adds one more webinar program to Marketo and returns its id.
    pub fn add_program(&self, name: &str) -> i64 {
        let (kind, channel) = ("Event with Webinar".to_owned(), WEBINAR_CHANNEL.to_owned());
        let program = NewProgram { id: None, name: name.to_owned(), kind, channel };
        let marketo = &self.app.stage.marketo;
        let now = marketo.clock().now();
        marketo.arrange(|world| world.add_program(program, now))
    }

    /// The program's connection as the console shows it.
    pub async fn program(&self) -> Value {
        self.admin.get(&format!("/catalog/programs/{WEBINAR_PROGRAM}")).await.unwrap().ok().unwrap()
    }

    /// The raw path of the webinar's registrants.
    pub fn registrants_path(&self) -> String {
        format!("/v2/webinars/{}/registrants", self.webinar)
    }

    /// How many add-registrant calls carried some address.
    pub fn add_calls(&self, email: &str) -> usize {
        let calls = self.app.stage.zoom.log().matching("POST", &self.registrants_path());
        let of = |body: &serde_json::Value| body["email"].as_str().is_some_and(|e| e.eq_ignore_ascii_case(email));
        calls.iter().filter(|entry| of(&entry.body)).count()
    }
}

/// The address of the n-th lead.
pub fn email(n: usize) -> String {
    format!("lead{n}@example.com")
}

/// Looks again and again until something is so; fails when it is not within a minute. For what only a stand-in or the
/// application itself knows, and nobody tells.
pub async fn until<T, F: Future<Output = Option<T>>>(what: &str, mut look: impl FnMut() -> F) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "waited in vain for {what}");
        sleep(Duration::from_millis(20)).await;
    }
}
