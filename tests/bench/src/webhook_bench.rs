//! The application and the baseline on the embedded host, and the Node service, with fakes that add no latency and
//! enforce no limits.

use crate::application::HOST_THREAD;
use crate::figures::ServerThreads;
use crate::node::NodeService;
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
    /// The Node service.
    Node,
}

impl Contender {
    /// Returns the name in the table.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Registration => "registration",
            Self::Baseline => "baseline",
            Self::Node => "node",
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
    node: Option<NodeService>,
    client: reqwest::Client,
    service: String,
    webinar: u64,
    /// Number of leads created so far.
    leads: usize,
}

impl WebhookBench {
    /// Builds the components and starts the application. Prints why the Node service is skipped if it is not available.
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
        let node = NodeService::start(&app).await;
        let node = node.inspect_err(|error| println!("SKIPPED: the Node service is not available: {error:#}\n")).ok();
        Ok(Self { app, node, client: reqwest::Client::new(), service, webinar, leads: 0 })
    }

    /// Returns the contenders that are available.
    pub fn contenders(&self) -> Vec<Contender> {
        let node = self.node.as_ref().map(|_| Contender::Node);
        [Contender::Registration, Contender::Baseline].into_iter().chain(node).collect()
    }

    fn threads(&self, contender: Contender) -> ServerThreads {
        match (contender, self.node.as_ref().and_then(NodeService::process_id)) {
            (Contender::Node, Some(process)) => ServerThreads::Process(process),
            _ => ServerThreads::Named(HOST_THREAD),
        }
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
        let threads = self.threads(contender);
        let (began, worked_before) = (Instant::now(), threads.cpu_time());
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
        let (elapsed, cpu_time) = (began.elapsed(), threads.cpu_time().saturating_sub(worked_before));
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
            Contender::Registration | Contender::Node => json!({
                "program_id": WEBINAR_PROGRAM.to_string(), "lead_id": lead.to_string(), "email": email,
                "first_name": "First", "last_name": "Last", "company": "Acme", "status": "Registered",
            }),
            Contender::Baseline => json!({
                "program": WEBINAR_PROGRAM.to_string(), "lead": lead, "email": email, "first_name": "First",
                "last_name": "Last", "company": "Acme", "service": self.service, "webinar": self.webinar.to_string(),
                "zoom": self.app.fakes.zoom.url(),
            }),
        };
        let url = match (contender, &self.node) {
            (Contender::Node, Some(node)) => format!("{}/registration/webhook", node.url()),
            (Contender::Baseline, _) => format!("{}/baseline", self.app.running.url()),
            _ => format!("{}/registration/webhook", self.app.running.url()),
        };
        let request = self.client.post(url);
        Ok(request.header("x-api-key", MARKETO_API_KEY).json(&body).build()?)
    }
}
