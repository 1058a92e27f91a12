//! The handle of a running stand-in.

use std::sync::Arc;

use anyhow::Context;
use serde_json::{Map, Value, json};

use super::campaign::{self, Campaign, ChunkState, Delivery, Run, RunId, RunState};
use super::install::{self, InstallReport};
use super::options::Options;
use super::shared::{Shared, State};
use super::webhook::{self, WebhookCall};
use super::world::{
    Activity, ActivityType, ChangedBy, Field, JOIN_URL_FIELD, Lead, Member, Program, SentEmail, Violation, World,
};
use super::{api, control, pages};
use crate::support::{Backstage, Clock, Faults, Log, Served, lock, serve};

/// A stand-in Marketo. It stops when this is dropped.
#[derive(Debug)]
pub struct Marketo {
    shared: State,
    served: Served,
}

impl Marketo {
    /// Starts a stand-in with the standard scene: see [`World::seeded`].
    ///
    /// # Errors
    /// When its address cannot be listened on.
    pub async fn start(options: Options) -> anyhow::Result<Self> {
        let listen = options.listen;
        let backstage = Backstage::default();
        let shared = Arc::new(Shared::new(options, backstage.clone()));
        let router = api::router(&shared).merge(control::router(&shared)).merge(pages::router(&shared));
        let served = serve(router, listen, backstage).await?;
        shared.url.get_or_init(|| served.url());
        Ok(Self { shared, served })
    }

    /// Its base URL, without a trailing slash: what `marketo_url` is set to.
    pub fn url(&self) -> String {
        self.served.url()
    }

    /// The subscription's id.
    pub fn munchkin_id(&self) -> &str {
        &self.shared.options.munchkin_id
    }

    /// Its clock.
    pub fn clock(&self) -> &Clock {
        &self.shared.backstage.clock
    }

    /// The faults in force.
    pub fn faults(&self) -> &Faults {
        &self.shared.backstage.faults
    }

    /// The requests that came in.
    pub fn log(&self) -> &Log {
        &self.shared.backstage.log
    }

    /// Looks at what it holds.
    pub fn look<T>(&self, look: impl FnOnce(&World) -> T) -> T {
        look(&lock(&self.shared.world))
    }

    /// Changes what it holds, behind the API's back: for setting a scene.
    pub fn arrange<T>(&self, arrange: impl FnOnce(&mut World) -> T) -> T {
        arrange(&mut lock(&self.shared.world))
    }

    /// Everything it holds, as readable JSON.
    pub fn state(&self) -> Value {
        self.shared.state()
    }

    /// Adds a lead with these fields, a JSON object by REST API name, and returns its id.
    pub fn add_lead(&self, fields: &Value) -> i64 {
        self.shared.add_lead(fields.as_object().cloned().unwrap_or_default())
    }

    /// Adds a lead with a name and an address, and returns its id.
    pub fn add_person(&self, first_name: &str, last_name: &str, email: &str) -> i64 {
        self.add_lead(&json!({"firstName": first_name, "lastName": last_name, "email": email}))
    }

    /// Adds a custom field of program members.
    pub fn add_member_field(&self, field: Field) {
        self.arrange(|world| world.member_fields.push(field));
    }

    /// Makes a lead a member of a program, or moves it on. Returns whether that was possible.
    pub fn set_member(&self, program_id: i64, lead_id: i64, status: &str) -> bool {
        let now = self.shared.now();
        let change = self.arrange(|world| world.change_status(program_id, lead_id, status, ChangedBy::Seed, now));
        !matches!(change, super::world::StatusChange::Skipped(_))
    }

    /// A lead.
    pub fn lead(&self, id: i64) -> Option<Lead> {
        self.look(|world| world.leads.by_id.get(&id).cloned())
    }

    /// The leads with an e-mail address, in any case of letters: more than one if there are duplicates.
    pub fn leads_by_email(&self, email: &str) -> Vec<Lead> {
        let is_meant = |lead: &&Lead| lead.text("email").eq_ignore_ascii_case(email);
        self.look(|world| world.leads.by_id.values().filter(is_meant).cloned().collect())
    }

    /// A program, with its My Tokens.
    pub fn program(&self, id: i64) -> Option<Program> {
        self.look(|world| world.programs.get(&id).cloned())
    }

    /// A membership.
    pub fn member(&self, program_id: i64, lead_id: i64) -> Option<Member> {
        self.look(|world| world.members.get(&(program_id, lead_id)).cloned())
    }

    /// The members of a program, by lead id.
    pub fn members(&self, program_id: i64) -> Vec<Member> {
        let range = (program_id, i64::MIN)..=(program_id, i64::MAX);
        self.look(|world| world.members.range(range).map(|(_, member)| member.clone()).collect())
    }

    /// The activity log of all leads, oldest first.
    pub fn activities(&self) -> Vec<Activity> {
        self.look(|world| world.activities.clone())
    }

    /// The statuses that a lead had in a program, one after the other.
    pub fn status_history(&self, program_id: i64, lead_id: i64) -> Vec<String> {
        let is_meant = |activity: &&Activity| {
            activity.kind == ActivityType::ChangeProgramStatus
                && activity.lead_id == lead_id
                && activity.program_id == Some(program_id)
        };
        let status = |activity: &Activity| activity.text("new").to_owned();
        self.look(|world| world.activities.iter().filter(is_meant).map(status).collect())
    }

    /// The e-mails that campaigns sent.
    pub fn emails(&self) -> Vec<SentEmail> {
        self.look(|world| world.emails.clone())
    }

    /// The rules that somebody broke where Marketo would keep silent.
    pub fn violations(&self) -> Vec<Violation> {
        self.look(|world| world.violations.clone())
    }

    /// How many calls were counted against today's quota.
    pub fn calls_today(&self) -> u64 {
        lock(&self.shared.meters).today(self.shared.now()).1
    }

    /// The most calls that were ever under way at once.
    pub fn most_calls_at_once(&self) -> usize {
        lock(&self.shared.meters).most_under_way()
    }

    /// Spends calls of today's quota, as the customer's other integrations do.
    pub fn spend_quota(&self, calls: u64) {
        lock(&self.shared.meters).spend(calls, self.shared.now());
    }

    /// Lets the current access token expire now: calls with it get 602.
    pub fn expire_token(&self) {
        lock(&self.shared.access).expire();
    }

    /// Forgets all access tokens: calls with them get 601.
    pub fn forget_tokens(&self) {
        lock(&self.shared.access).forget();
    }

    /// Every secret that it has or ever issued for its API: the custom service's and access tokens.
    pub fn secrets(&self) -> Vec<String> {
        self.shared.secrets()
    }

    /// What callbacks must show: the token of each chunk and the gateway's key. A service has to keep those of a chunk
    /// until it called back.
    pub fn callback_secrets(&self) -> Vec<String> {
        self.shared.callback_secrets()
    }

    /// Whatever tells who a lead is, and the join links that leads were given.
    pub fn personal(&self) -> Vec<String> {
        self.shared.personal()
    }

    /// Starts a smart campaign in the background.
    ///
    /// # Errors
    /// When its program or one of its leads does not exist, or its chunks would be empty.
    pub fn start_campaign(&self, campaign: Campaign) -> anyhow::Result<RunId> {
        campaign::start(&self.shared, campaign)
    }

    /// Runs a smart campaign to its end and reports what it did.
    ///
    /// # Errors
    /// As [`Marketo::start_campaign`].
    pub async fn run_campaign(&self, campaign: Campaign) -> anyhow::Result<Run> {
        let id = self.start_campaign(campaign)?;
        self.finished(&id).await
    }

    /// A run as it stands.
    pub fn run(&self, id: &RunId) -> Option<Run> {
        lock(&self.shared.campaigns).runs.get(id).cloned()
    }

    /// Waits until a run is over. A chunk that nobody calls back ends by its own time-out.
    ///
    /// # Errors
    /// When there is no such run.
    pub async fn finished(&self, id: &RunId) -> anyhow::Result<Run> {
        self.run(id).with_context(|| format!("there is no run {id}"))?;
        Ok(self.when(id, |run| run.state == RunState::Finished).await)
    }

    /// Waits until a chunk's callback was accepted; bound it with a time-out of your own.
    pub async fn called_back(&self, id: &RunId, chunk: usize) -> Run {
        self.when(id, |run| run.chunks.get(chunk).is_some_and(|c| c.state == ChunkState::CalledBack)).await
    }

    async fn when(&self, id: &RunId, is_so: impl Fn(&Run) -> bool) -> Run {
        let look = || lock(&self.shared.campaigns).runs.get(id).filter(|run| is_so(run)).cloned();
        self.shared.until(look).await
    }

    /// Sends a chunk again: the very same body under the same token, as after an answer that was lost.
    ///
    /// # Errors
    /// When there is no such chunk.
    pub async fn redeliver(&self, id: &RunId, chunk: usize) -> anyhow::Result<Delivery> {
        campaign::redeliver(&self.shared, id, chunk).await
    }

    /// Does what Marketo does when an administrator installs the flow step service at `base_url`. If nothing is wrong
    /// with it, callbacks are judged by its definition from now on.
    pub async fn install_check(&self, base_url: &str, api_key: &str) -> InstallReport {
        install::check(&self.shared, base_url, api_key).await
    }

    /// Maps a field of the flow step service's callback to a lead field, as an administrator does.
    pub fn map_callback_field(&self, service_attribute: &str, lead_field: &str) {
        let mapping = &mut lock(&self.shared.campaigns).service.mapping;
        mapping.insert(service_attribute.to_owned(), lead_field.to_owned());
    }

    /// Calls a webhook as the flow step Call Webhook does.
    pub async fn call_webhook(&self, url: &str, api_key: &str, payload: &Value) -> WebhookCall {
        webhook::call(&self.shared, url, api_key, payload).await
    }
}

impl Shared {
    /// Everything the stand-in holds, as readable JSON.
    pub(super) fn state(&self) -> Value {
        let now = self.now();
        let mut state = lock(&self.world).snapshot();
        let (date, calls) = lock(&self.meters).today(now);
        let campaigns = lock(&self.campaigns);
        state["now"] = json!(now);
        state["munchkinId"] = json!(self.options.munchkin_id);
        state["usage"] = json!({"date": date, "calls": calls});
        state["service"] = json!(campaigns.service);
        state["runs"] = json!(campaigns.runs.values().collect::<Vec<_>>());
        state
    }

    /// Adds a lead and returns its id.
    pub(super) fn add_lead(&self, fields: Map<String, Value>) -> i64 {
        let now = self.now();
        let mut world = lock(&self.world);
        let id = world.leads.insert(fields, now);
        world.log(ActivityType::NewLead, id, None, json!({"source": "seed"}), now);
        id
    }

    /// Every secret that the stand-in has or ever issued for its API.
    pub(super) fn secrets(&self) -> Vec<String> {
        let mut secrets = vec![self.options.client_secret.clone()];
        secrets.extend_from_slice(lock(&self.access).issued());
        secrets
    }

    /// The tokens of all chunks and the gateway's key.
    pub(super) fn callback_secrets(&self) -> Vec<String> {
        let campaigns = lock(&self.campaigns);
        let chunks = campaigns.runs.values().flat_map(|run| &run.chunks);
        chunks.map(|chunk| chunk.token.clone()).chain([self.gateway_key.clone()]).collect()
    }

    /// Addresses, names, phone numbers and join links of leads.
    pub(super) fn personal(&self) -> Vec<String> {
        const FIELDS: [&str; 5] = ["email", "firstName", "lastName", "phone", JOIN_URL_FIELD];
        let world = lock(&self.world);
        let of_leads = world.leads.by_id.values().flat_map(|lead| FIELDS.map(|field| lead.text(field)));
        let of_members = world.members.values().map(|member| member.text("webinarUrl"));
        of_leads.chain(of_members).filter(|text| !text.is_empty()).map(str::to_owned).collect()
    }
}
