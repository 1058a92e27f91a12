//! The state of a running fake Marketo, shared by its handlers and tasks.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use anyhow::{bail, ensure};
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use tokio::sync::watch;

use crate::marketo::access_tokens::{AccessTokens, RandomIds};
use crate::marketo::api::paging::PagingTokens;
use crate::marketo::api_limits::ApiLimits;
use crate::marketo::campaign::runs::CampaignRuns;
use crate::marketo::options::Options;
use crate::marketo::subscription::activity::ActivityType;
use crate::marketo::subscription::contents::Subscription;
use crate::marketo::subscription::seed::JOIN_URL_FIELD;
use crate::support::control::Control;
use crate::support::runtime::SharedRuntime;
use crate::support::sync::lock;

/// The state of a fake. No lock is held across an await point, and no two locks are held at once.
#[derive(Debug)]
pub(super) struct MarketoState {
    pub(super) options: Options,
    /// Base URL of the fake, without a trailing slash.
    pub(super) url: String,
    pub(super) control: Control,
    /// The key of the gateway in front of the callback, sent to services as `apiCallBackKey`.
    pub(super) gateway_key: String,
    pub(super) subscription: Mutex<Subscription>,
    pub(super) access_tokens: Mutex<AccessTokens>,
    pub(super) limits: Mutex<ApiLimits>,
    pub(super) paging: Mutex<PagingTokens>,
    ids: Mutex<RandomIds>,
    pub(super) campaigns: Mutex<CampaignRuns>,
    changes: watch::Sender<u64>,
}

/// The state as handlers and tasks share it.
pub(super) type SharedState = Arc<MarketoState>;

impl MarketoState {
    pub(super) fn new(options: Options, url: String, control: Control) -> Self {
        let now = control.clock.now();
        let mut ids = RandomIds::new(now);
        Self {
            options,
            url,
            control,
            gateway_key: ids.uuid(),
            ids: Mutex::new(ids),
            subscription: Mutex::new(Subscription::seeded(now)),
            access_tokens: Mutex::default(),
            limits: Mutex::default(),
            paging: Mutex::default(),
            campaigns: Mutex::default(),
            changes: watch::Sender::new(0),
        }
    }

    /// Returns the current time of the fake.
    pub(super) fn now(&self) -> Timestamp {
        self.control.clock.now()
    }

    /// Returns the runtime, for time, outbound requests and tasks.
    pub(super) fn runtime(&self) -> &SharedRuntime {
        &self.control.runtime
    }

    /// Returns a new random credential in the format of a UUID.
    pub(super) fn random_uuid(&self) -> String {
        lock(&self.ids).uuid()
    }

    /// Wakes the tasks in [`MarketoState::wait_until`].
    pub(super) fn notify(&self) {
        self.changes.send_modify(|version| *version += 1);
    }

    /// Waits until `look` returns a value. Calls it again after every [`MarketoState::notify`].
    pub(super) async fn wait_until<T>(&self, mut look: impl FnMut() -> Option<T>) -> T {
        let mut changes = self.changes.subscribe();
        loop {
            if let Some(seen) = look() {
                return seen;
            }
            // The sender lives as long as `self`, so this cannot fail.
            let _ = changes.changed().await;
        }
    }

    /// Returns the whole state as JSON, for people to read.
    pub(super) fn state(&self) -> Value {
        let now = self.now();
        let mut state = lock(&self.subscription).snapshot();
        let (date, calls) = lock(&self.limits).today(now);
        let campaigns = lock(&self.campaigns);
        state["now"] = json!(now);
        state["munchkinId"] = json!(self.options.munchkin_id);
        state["usage"] = json!({"date": date, "calls": calls});
        state["service"] = json!(campaigns.service);
        state["runs"] = json!(campaigns.runs.values().collect::<Vec<_>>());
        state
    }

    /// Adds a lead. Returns its id.
    pub(super) fn add_lead(&self, fields: Map<String, Value>) -> i64 {
        let now = self.now();
        let mut subscription = lock(&self.subscription);
        let id = subscription.leads.insert(fields, now);
        subscription.log(ActivityType::NewLead, id, None, json!({"source": "seed"}), now);
        id
    }

    /// Chooses the lead fields that the flow step service is sent, with the name of each.
    ///
    /// # Errors
    /// Returns an error if the definition lists the fields itself, or a lead field does not exist.
    pub(super) fn choose_sent_fields(&self, fields: BTreeMap<String, String>) -> anyhow::Result<()> {
        if let Some(unknown) = fields.keys().find(|field| lock(&self.subscription).leads.field(field).is_none()) {
            bail!("there is no lead field {unknown}");
        }
        let service = &mut lock(&self.campaigns).service;
        ensure!(service.user_driven_mapping, "the service lists its fields itself");
        service.sent_fields = fields;
        Ok(())
    }

    /// Returns the client secret and every access token issued so far.
    pub(super) fn secrets(&self) -> Vec<String> {
        let mut secrets = vec![self.options.client_secret.clone()];
        secrets.extend_from_slice(lock(&self.access_tokens).issued());
        secrets
    }

    /// Returns the tokens of all chunks, and the key of the gateway.
    pub(super) fn callback_secrets(&self) -> Vec<String> {
        let campaigns = lock(&self.campaigns);
        let chunks = campaigns.runs.values().flat_map(|run| &run.chunks);
        chunks.map(|chunk| chunk.token.clone()).chain([self.gateway_key.clone()]).collect()
    }

    /// Returns the e-mail addresses, names, phone numbers and join links of leads.
    pub(super) fn personal(&self) -> Vec<String> {
        const FIELDS: [&str; 5] = ["email", "firstName", "lastName", "phone", JOIN_URL_FIELD];
        let subscription = lock(&self.subscription);
        let of_leads = subscription.leads.by_id.values().flat_map(|lead| FIELDS.map(|field| lead.text(field)));
        let of_members = subscription.members.values().map(|member| member.text("webinarUrl"));
        of_leads.chain(of_members).filter(|text| !text.is_empty()).map(str::to_owned).collect()
    }
}
