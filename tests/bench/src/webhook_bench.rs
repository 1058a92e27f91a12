//! The application and the baseline on the embedded host, with fakes that add no latency and enforce no limits.

use crate::figures::cpu_time;
use crate::{Application, Figures};
use anyhow::ensure;
use fakes::env::MARKETO_API_KEY;
use fakes::marketo::subscription::WEBINAR_PROGRAM;
use fakes::zoom::{NewWebinar, Plan};
use fakes::{marketo, zoom};
use futures::{StreamExt, TryStreamExt, stream};
use serde_json::{Value, json};
use std::time::Instant;

/// What registers the leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Contender {
    /// The webhook of the component `registration`.
    Registration,
    /// The baseline.
    Baseline,
}

impl Contender {
    /// Returns the path of the endpoint.
    const fn path(self) -> &'static str {
        match self {
            Self::Registration => "/registration/webhook",
            Self::Baseline => "/baseline",
        }
    }
}

/// The manifest section of the baseline, with the permissions and variables of `registration`.
const BASELINE_MANIFEST: &str = r#"
[[trigger.http]]
route = "/baseline"
component = "baseline"

[component.baseline]
source = "target/wasm32-wasip2/release/baseline.wasm"
key_value_stores = ["default"]
allowed_outbound_hosts = ["http://oauth.spin.internal", "{{ zoom_api_url }}", "{{ marketo_url }}"]
[component.baseline.variables]
marketo_url = "{{ marketo_url }}"
marketo_client_id = "{{ marketo_client_id }}"
marketo_client_secret = "{{ marketo_client_secret }}"
marketo_api_key = "{{ marketo_api_key }}"
"#;

/// The running application with a connected program.
pub struct WebhookBench {
    app: Application,
    client: reqwest::Client,
    service: String,
    webinar: u64,
    /// Number of leads created so far.
    leads: usize,
}

impl WebhookBench {
    /// Builds the components and starts the application.
    ///
    /// # Errors
    /// Fails when something does not compile or start.
    pub async fn start() -> anyhow::Result<Self> {
        let zoom = zoom::Options { plan: Plan::Unlimited, events: Vec::new(), ..zoom::Options::default() };
        let most = 1_000_000;
        let usual = marketo::Options::default();
        let marketo = marketo::Options { rate_limit: most, concurrency_limit: most, daily_quota: most as u64, ..usual };
        let app = Application::start(&["baseline"], BASELINE_MANIFEST, zoom, marketo).await?;
        let webinar = app.fakes.zoom.add_webinar(NewWebinar::default())?.id;
        let service = app.admin.sign_in("Acme Webinars").await?;
        app.admin.connect(WEBINAR_PROGRAM, &service, webinar).await?.ok()?;
        Ok(Self { app, client: reqwest::Client::new(), service, webinar, leads: 0 })
    }

    /// Registers `leads` new leads, `at_once` of them concurrently.
    ///
    /// # Errors
    /// Fails unless every lead is registered.
    pub async fn round(&mut self, contender: Contender, leads: usize, at_once: usize) -> anyhow::Result<Figures> {
        let mut requests = Vec::new();
        for _ in 0..leads {
            requests.push(self.request(contender)?);
        }
        let logs = [self.app.fakes.zoom.log(), self.app.fakes.marketo.log()];
        logs.iter().for_each(|log| log.clear());
        let (began, worked_before) = (Instant::now(), cpu_time());
        let took: Vec<_> = stream::iter(requests)
            .map(async |request: reqwest::Request| {
                let began = Instant::now();
                let answer: Value = self.client.execute(request).await?.json().await?;
                let took = began.elapsed();
                ensure!(answer["outcome"] == "registered", "{contender:?} answered {answer}");
                Ok(took)
            })
            .buffer_unordered(at_once)
            .try_collect()
            .await?;
        let (elapsed, cpu_time) = (began.elapsed(), cpu_time().saturating_sub(worked_before));
        let calls: usize = logs.iter().map(|log| log.entries().len()).sum();
        Ok(Figures::of(took, elapsed, cpu_time, calls))
    }

    /// Returns a registration request for a new member of the program.
    fn request(&mut self, contender: Contender) -> anyhow::Result<reqwest::Request> {
        self.leads += 1;
        let email = format!("lead{}@example.com", self.leads);
        let marketo = &self.app.fakes.marketo;
        let lead = marketo.add_person("First", "Last", &email);
        ensure!(marketo.set_member(WEBINAR_PROGRAM, lead, "Registered"), "no such program");
        let body = match contender {
            Contender::Registration => json!({
                "program_id": WEBINAR_PROGRAM.to_string(), "lead_id": lead.to_string(), "email": email,
                "first_name": "First", "last_name": "Last", "company": "Acme", "status": "Registered",
            }),
            Contender::Baseline => json!({
                "program": WEBINAR_PROGRAM.to_string(), "lead": lead, "email": email, "first_name": "First",
                "last_name": "Last", "company": "Acme", "service": self.service, "webinar": self.webinar.to_string(),
                "zoom": self.app.fakes.zoom.url(),
            }),
        };
        let request = self.client.post(format!("{}{}", self.app.running.url(), contender.path()));
        Ok(request.header("x-api-key", MARKETO_API_KEY).json(&body).build()?)
    }
}
