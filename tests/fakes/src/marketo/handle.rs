//! The running fake Marketo and its test handle.

use std::sync::Arc;

use anyhow::Context;
use axum::Router;
use serde_json::{Value, json};

use crate::marketo::campaign::definition::Campaign;
use crate::marketo::campaign::flow;
use crate::marketo::campaign::report::{ChunkDelivery, ChunkState, Run, RunId, RunState};
use crate::marketo::install::installer;
use crate::marketo::install::report::InstallReport;
use crate::marketo::options::Options;
use crate::marketo::state::{MarketoState, SharedState};
use crate::marketo::subscription::activity::{Activity, ActivityType, SentEmail, Violation};
use crate::marketo::subscription::contents::Subscription;
use crate::marketo::subscription::field::Field;
use crate::marketo::subscription::lead::Lead;
use crate::marketo::subscription::member::{ChangedBy, Member, StatusChange};
use crate::marketo::subscription::program::Program;
use crate::marketo::webhook::WebhookCall;
use crate::marketo::{api, control, pages, webhook};
use crate::support::control::{Clock, Control};
use crate::support::fault_injection::Faults;
use crate::support::interception::intercepted;
use crate::support::interruptions::Interruptions;
use crate::support::request_log::Log;
use crate::support::runtime::SharedRuntime;
use crate::support::sync::lock;

/// A running fake Marketo. Clones share it. If it serves a port, it stops when all clones are dropped.
#[derive(Clone, Debug)]
pub struct Marketo {
    state: SharedState,
    /// The server, which stops when this is dropped.
    _served: Option<Arc<dyn std::fmt::Debug + Send + Sync>>,
}

impl Marketo {
    /// Creates a fake with the default contents (see [`Subscription::seeded`]). It serves no port: [`Marketo::router`] is to
    /// answer for its base URL, which has no trailing slash.
    pub fn new(options: Options, url: &str, runtime: SharedRuntime) -> Self {
        let state = Arc::new(MarketoState::new(options, url.to_owned(), Control::new(runtime)));
        Self { state, _served: None }
    }

    /// Starts a fake that serves a port, on the wall clock.
    ///
    /// # Errors
    /// Returns an error if the address cannot be bound.
    #[cfg(feature = "server")]
    pub async fn start(options: Options) -> anyhow::Result<Self> {
        let listen = options.listen;
        let listener =
            tokio::net::TcpListener::bind(listen).await.with_context(|| format!("cannot listen on {listen}"))?;
        let url = format!("http://{}", listener.local_addr()?);
        let runtime = Arc::new(crate::support::tokio_runtime::TokioRuntime::default());
        let marketo = Self::new(options, &url, runtime);
        let served = crate::support::server::serve_on(listener, marketo.router())?;
        Ok(Self { _served: Some(Arc::new(served)), ..marketo })
    }

    /// Returns the router of everything that Marketo serves, with the control calls. It logs requests and applies faults.
    pub fn router(&self) -> Router {
        let state = &self.state;
        let router = api::router(state).merge(control::router(state)).merge(pages::router(state));
        intercepted(router, state.control.clone())
    }

    /// Returns the base URL, without a trailing slash: the value of `marketo_url`.
    pub fn url(&self) -> String {
        self.state.url.clone()
    }

    /// Returns the id of the subscription.
    pub fn munchkin_id(&self) -> &str {
        &self.state.options.munchkin_id
    }

    /// Returns the clock of the fake.
    pub fn clock(&self) -> &Clock {
        &self.state.control.clock
    }

    /// Returns the pending faults.
    pub fn faults(&self) -> &Faults {
        &self.state.control.faults
    }

    /// Returns the pending interruptions.
    pub fn interruptions(&self) -> &Interruptions {
        &self.state.control.interruptions
    }

    /// Returns the request log.
    pub fn log(&self) -> &Log {
        &self.state.control.log
    }

    /// Reads the contents of the subscription.
    pub fn look<T>(&self, look: impl FnOnce(&Subscription) -> T) -> T {
        look(&lock(&self.state.subscription))
    }

    /// Changes the contents of the subscription directly, without the API, to prepare a test.
    pub fn arrange<T>(&self, arrange: impl FnOnce(&mut Subscription) -> T) -> T {
        arrange(&mut lock(&self.state.subscription))
    }

    /// Returns the whole state as JSON, for people to read.
    pub fn state(&self) -> Value {
        self.state.state()
    }

    /// Adds a lead with these fields, a JSON object by REST API name. Returns its id.
    pub fn add_lead(&self, fields: &Value) -> i64 {
        self.state.add_lead(fields.as_object().cloned().unwrap_or_default())
    }

    /// Adds a lead with a name and an e-mail address. Returns its id.
    pub fn add_person(&self, first_name: &str, last_name: &str, email: &str) -> i64 {
        self.add_lead(&json!({"firstName": first_name, "lastName": last_name, "email": email}))
    }

    /// Adds a custom field of program members.
    pub fn add_member_field(&self, field: Field) {
        self.arrange(|subscription| subscription.member_fields.push(field));
    }

    /// Adds a lead to a program, or changes its status. Returns whether that was possible.
    pub fn set_member(&self, program_id: i64, lead_id: i64, status: &str) -> bool {
        let now = self.state.now();
        let change =
            self.arrange(|subscription| subscription.change_status(program_id, lead_id, status, ChangedBy::Seed, now));
        !matches!(change, StatusChange::Skipped(_))
    }

    /// Returns a lead.
    pub fn lead(&self, id: i64) -> Option<Lead> {
        self.look(|subscription| subscription.leads.by_id.get(&id).cloned())
    }

    /// Returns the leads with an e-mail address, regardless of case; several if there are duplicates.
    pub fn leads_by_email(&self, email: &str) -> Vec<Lead> {
        let is_meant = |lead: &&Lead| lead.text("email").eq_ignore_ascii_case(email);
        self.look(|subscription| subscription.leads.by_id.values().filter(is_meant).cloned().collect())
    }

    /// Returns a program with its My Tokens.
    pub fn program(&self, id: i64) -> Option<Program> {
        self.look(|subscription| subscription.programs.get(&id).cloned())
    }

    /// Returns a member of a program.
    pub fn member(&self, program_id: i64, lead_id: i64) -> Option<Member> {
        self.look(|subscription| subscription.members.get(&(program_id, lead_id)).cloned())
    }

    /// Returns the members of a program, by lead id.
    pub fn members(&self, program_id: i64) -> Vec<Member> {
        self.look(|subscription| subscription.members_of(program_id).cloned().collect())
    }

    /// Returns the activities of all leads, oldest first.
    pub fn activities(&self) -> Vec<Activity> {
        self.look(|subscription| subscription.activities.clone())
    }

    /// Returns the statuses that a lead had in a program, oldest first.
    pub fn status_history(&self, program_id: i64, lead_id: i64) -> Vec<String> {
        let is_meant = |activity: &&Activity| {
            activity.kind == ActivityType::ChangeProgramStatus
                && activity.lead_id == lead_id
                && activity.program_id == Some(program_id)
        };
        let status = |activity: &Activity| activity.text("new").to_owned();
        self.look(|subscription| subscription.activities.iter().filter(is_meant).map(status).collect())
    }

    /// Returns the e-mails that campaigns sent.
    pub fn emails(&self) -> Vec<SentEmail> {
        self.look(|subscription| subscription.emails.clone())
    }

    /// Returns the violations of rules that Marketo does not report.
    pub fn violations(&self) -> Vec<Violation> {
        self.look(|subscription| subscription.violations.clone())
    }

    /// Returns the number of calls counted towards today's quota.
    pub fn calls_today(&self) -> u64 {
        lock(&self.state.limits).today(self.state.now()).1
    }

    /// Returns the maximum number of concurrent calls so far.
    pub fn most_calls_at_once(&self) -> usize {
        lock(&self.state.limits).max_in_flight()
    }

    /// Uses up calls of today's quota, as other integrations of the customer do.
    pub fn spend_quota(&self, calls: u64) {
        lock(&self.state.limits).spend(calls, self.state.now());
    }

    /// Expires the current access token: calls with it get 602.
    pub fn expire_token(&self) {
        lock(&self.state.access_tokens).expire();
    }

    /// Forgets all access tokens: calls with them get 601.
    pub fn forget_tokens(&self) {
        lock(&self.state.access_tokens).forget();
    }

    /// Returns the client secret and every access token issued so far.
    pub fn secrets(&self) -> Vec<String> {
        self.state.secrets()
    }

    /// Returns the credentials of callbacks: the token of each chunk, and the key of the gateway. A service must keep
    /// those of a chunk until its callback.
    pub fn callback_secrets(&self) -> Vec<String> {
        self.state.callback_secrets()
    }

    /// Returns the personal data of leads, and their join links.
    pub fn personal(&self) -> Vec<String> {
        self.state.personal()
    }

    /// Starts a smart campaign in the background.
    ///
    /// # Errors
    /// Returns an error if the program or a lead does not exist, or the chunk size is 0.
    pub fn start_campaign(&self, campaign: Campaign) -> anyhow::Result<RunId> {
        flow::start(&self.state, campaign)
    }

    /// Runs a smart campaign to its end and returns its report. In memory the runtime has to drive this (`drive`).
    ///
    /// # Errors
    /// Returns an error if the campaign cannot be started (see [`Marketo::start_campaign`]).
    pub async fn run_campaign(&self, campaign: Campaign) -> anyhow::Result<Run> {
        let id = self.start_campaign(campaign)?;
        self.finished(&id).await
    }

    /// Prepares a run and its chunks without executing it. The test posts [`Chunk::invocation`] itself, or sends a chunk by
    /// [`Marketo::redeliver`]; the callback of each is accepted without a time limit.
    ///
    /// [`Chunk::invocation`]: crate::marketo::campaign::Chunk::invocation
    ///
    /// # Errors
    /// Returns an error if the campaign cannot be started (see [`Marketo::start_campaign`]).
    pub fn prepare_campaign(&self, campaign: Campaign) -> anyhow::Result<Run> {
        let id = flow::prepare(&self.state, campaign)?;
        flow::add_chunks(&self.state, &id);
        self.run(&id).context("the run is gone")
    }

    /// Returns the current report of a run.
    pub fn run(&self, id: &RunId) -> Option<Run> {
        lock(&self.state.campaigns).runs.get(id).cloned()
    }

    /// Waits until a run has finished. A chunk without a callback ends with its own time-out.
    ///
    /// # Errors
    /// Returns an error if there is no such run.
    pub async fn finished(&self, id: &RunId) -> anyhow::Result<Run> {
        self.run(id).with_context(|| format!("there is no run {id}"))?;
        Ok(self.when(id, |run| run.state == RunState::Finished).await)
    }

    /// Waits without a limit until a chunk's callback was accepted.
    pub async fn called_back(&self, id: &RunId, chunk: usize) -> Run {
        self.when(id, |run| run.chunks.get(chunk).is_some_and(|c| c.state == ChunkState::CalledBack)).await
    }

    async fn when(&self, id: &RunId, is_so: impl Fn(&Run) -> bool) -> Run {
        let look = || lock(&self.state.campaigns).runs.get(id).filter(|run| is_so(run)).cloned();
        self.state.wait_until(look).await
    }

    /// Sends a chunk again with the same body and token, as after a lost response.
    ///
    /// # Errors
    /// Returns an error if there is no such chunk.
    pub async fn redeliver(&self, id: &RunId, chunk: usize) -> anyhow::Result<ChunkDelivery> {
        flow::redeliver(&self.state, id, chunk).await
    }

    /// Installs the flow step service at `base_url`, as an administrator does. If the report has no violations,
    /// callbacks are validated against the service's definition.
    pub async fn install_check(&self, base_url: &str, api_key: &str) -> InstallReport {
        installer::install(&self.state, base_url, api_key).await
    }

    /// Chooses the lead fields that the flow step service is sent, each with the name under which it gets it, as an
    /// administrator does.
    ///
    /// # Errors
    /// Returns an error if the definition lists the fields itself, or a lead field does not exist.
    pub fn choose_sent_fields(&self, fields: &[(&str, &str)]) -> anyhow::Result<()> {
        let fields = fields.iter().map(|(field, name)| ((*field).to_owned(), (*name).to_owned()));
        self.state.choose_sent_fields(fields.collect())
    }

    /// Maps a field of the flow step service's callback to a lead field, as an administrator does.
    pub fn map_callback_field(&self, service_attribute: &str, lead_field: &str) {
        let mapping = &mut lock(&self.state.campaigns).service.mapping;
        mapping.insert(service_attribute.to_owned(), lead_field.to_owned());
    }

    /// Calls a webhook, as the flow step Call Webhook does.
    pub async fn call_webhook(&self, url: &str, api_key: &str, payload: &Value) -> WebhookCall {
        webhook::call(&self.state, url, api_key, payload).await
    }
}
