//! A usual scene: Alice is signed in, program 1001 is connected to her webinar, some leads wait.

use super::App;
use fakes::marketo::campaign::{Campaign, FlowStep, Run};
use fakes::marketo::world::{NewProgram, WEBINAR_CHANNEL, WEBINAR_PROGRAM};
use fakes::stage::{Admin, MARKETO_API_KEY};
use fakes::zoom::NewWebinar;
use serde_json::Value;
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
