//! The application on the embedded host, with the floor beside it as one more component, against stand-ins that delay
//! nothing and limit nothing.

use crate::figures::worked;
use crate::{Application, Figures};
use anyhow::ensure;
use fakes::marketo::world::WEBINAR_PROGRAM;
use fakes::stage::MARKETO_API_KEY;
use fakes::zoom::{NewWebinar, Plan};
use fakes::{marketo, zoom};
use futures::{StreamExt, TryStreamExt, stream};
use serde_json::{Value, json};
use std::time::Instant;

/// Who registers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Contender {
    /// The component `registration`, by its webhook.
    Registration,
    /// The floor.
    Floor,
}

impl Contender {
    /// Where it is.
    const fn path(self) -> &'static str {
        match self {
            Self::Registration => "/registration/webhook",
            Self::Floor => "/floor",
        }
    }
}

/// The floor in the manifest, with what `registration` has.
const FLOOR: &str = r#"
[[trigger.http]]
route = "/floor"
component = "floor"

[component.floor]
source = "target/wasm32-wasip2/release/floor.wasm"
key_value_stores = ["default"]
allowed_outbound_hosts = ["http://oauth.spin.internal", "{{ zoom_api_url }}", "{{ marketo_url }}"]
[component.floor.variables]
marketo_url = "{{ marketo_url }}"
marketo_client_id = "{{ marketo_client_id }}"
marketo_client_secret = "{{ marketo_client_secret }}"
marketo_api_key = "{{ marketo_api_key }}"
"#;

/// Everything, running.
pub struct Stage {
    app: Application,
    client: reqwest::Client,
    service: String,
    webinar: u64,
    /// How many leads there were so far.
    leads: usize,
}

impl Stage {
    /// Builds the components and starts all of it.
    ///
    /// # Errors
    /// When something does not compile or start.
    pub async fn start() -> anyhow::Result<Self> {
        let zoom = zoom::Options { plan: Plan::Unlimited, events: Vec::new(), ..zoom::Options::default() };
        let most = 1_000_000;
        let usual = marketo::Options::default();
        let marketo = marketo::Options { rate_limit: most, concurrency_limit: most, daily_quota: most as u64, ..usual };
        let app = Application::start(&["floor"], FLOOR, zoom, marketo).await?;
        let webinar = app.fakes.zoom.add_webinar(NewWebinar::default())?.id;
        let service = app.admin.sign_in("Acme Webinars").await?;
        app.admin.connect(WEBINAR_PROGRAM, &service, webinar).await?.ok()?;
        Ok(Self { app, client: reqwest::Client::new(), service, webinar, leads: 0 })
    }

    /// Registers so many new leads, some at once, and fails unless each of them is registered.
    ///
    /// # Errors
    /// When one is not.
    pub async fn round(&mut self, who: Contender, leads: usize, at_once: usize) -> anyhow::Result<Figures> {
        let mut requests = Vec::new();
        for _ in 0..leads {
            requests.push(self.request(who)?);
        }
        let logs = [self.app.fakes.zoom.log(), self.app.fakes.marketo.log()];
        logs.iter().for_each(|log| log.clear());
        let (began, worked_before) = (Instant::now(), worked());
        let took: Vec<_> = stream::iter(requests)
            .map(async |request: reqwest::Request| {
                let began = Instant::now();
                let answer: Value = self.client.execute(request).await?.json().await?;
                let took = began.elapsed();
                ensure!(answer["outcome"] == "registered", "{who:?} answered {answer}");
                Ok(took)
            })
            .buffer_unordered(at_once)
            .try_collect()
            .await?;
        let (elapsed, worked) = (began.elapsed(), worked().saturating_sub(worked_before));
        let calls: usize = logs.iter().map(|log| log.entries().len()).sum();
        Ok(Figures::of(took, elapsed, worked, calls))
    }

    /// A request for a new lead, who is a member of the program.
    fn request(&mut self, who: Contender) -> anyhow::Result<reqwest::Request> {
        self.leads += 1;
        let email = format!("lead{}@example.com", self.leads);
        let marketo = &self.app.fakes.marketo;
        let lead = marketo.add_person("First", "Last", &email);
        ensure!(marketo.set_member(WEBINAR_PROGRAM, lead, "Registered"), "the program is not there");
        let body = match who {
            Contender::Registration => json!({
                "program_id": WEBINAR_PROGRAM.to_string(), "lead_id": lead.to_string(), "email": email,
                "first_name": "First", "last_name": "Last", "company": "Acme", "status": "Registered",
            }),
            Contender::Floor => json!({
                "program": WEBINAR_PROGRAM.to_string(), "lead": lead, "email": email, "first_name": "First",
                "last_name": "Last", "company": "Acme", "service": self.service, "webinar": self.webinar.to_string(),
                "zoom": self.app.fakes.zoom.url(),
            }),
        };
        let request = self.client.post(format!("{}{}", self.app.running.url(), who.path()));
        Ok(request.header("x-api-key", MARKETO_API_KEY).json(&body).build()?)
    }
}
