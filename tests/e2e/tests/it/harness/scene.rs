//! A usual scene: Alice is signed in, program 1001 is connected to her webinar, some leads wait.

use super::App;
use fakes::marketo::campaign::{Campaign, FlowStep};
use fakes::marketo::world::WEBINAR_PROGRAM;
use fakes::stage::{Admin, MARKETO_API_KEY};
use fakes::zoom::NewWebinar;
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
