//! Deletes the records of a Zoom account that removed the app (R17).
//!
//! Each component deletes its own, when `oauth` calls its `POST /internal/forget-account`. `catalog` comes last, since the
//! connections say which other records belong to the account. So an interrupted deletion can start again.

use crate::concurrency::run_bounded;
use crate::ports::Ports;
use crate::store::Store;
use domain::records::{AnyKey, ProgramConnection, RecordSource, StoreKey};
use domain::time::Timestamp;
use domain::{AccountId, Error, ProgramId, ServiceId, WebinarId};
use futures::FutureExt;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Maximum number of records read at once.
const MAX_CONCURRENT_READS: usize = 16;

/// Body of `POST /internal/forget-account`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForgetAccountRequest {
    /// The account.
    pub account: AccountId,
    /// Its services that ended.
    pub services: Vec<ServiceId>,
    /// All other services. The account's programs that are connected through one of them are kept: an admin may have
    /// signed in again.
    pub kept_services: Vec<ServiceId>,
    /// When the component must have answered.
    pub deadline: Timestamp,
}

/// Answer of `POST /internal/forget-account`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForgetAccountReport {
    /// Number of records deleted.
    pub deleted: u64,
    /// Whether no record of the account is left. Otherwise `oauth` calls again.
    #[serde(rename = "complete")]
    pub is_complete: bool,
}

impl ForgetAccountRequest {
    fn includes(&self, connection: &ProgramConnection) -> bool {
        self.includes_service(&connection.service, connection.account_id.as_ref())
    }

    /// Returns whether what is connected through a service belongs to the account: through a service that ended, or
    /// through one that was deleted here before.
    pub fn includes_service(&self, service: &ServiceId, account: Option<&AccountId>) -> bool {
        self.services.contains(service) || (account == Some(&self.account) && !self.kept_services.contains(service))
    }

    /// Returns whether what came about through a source belongs to the account.
    pub fn includes_source(&self, source: &RecordSource) -> bool {
        self.includes_service(&source.service, source.account.as_ref())
    }
}

/// The programs and webinars of an account.
#[derive(Debug)]
pub struct AccountData<'a> {
    request: &'a ForgetAccountRequest,
    /// The connected programs.
    pub programs: BTreeSet<ProgramId>,
    /// The webinars that only these programs are connected to, and those that programs were connected to before, as far as
    /// their counts show it.
    pub webinars: BTreeSet<WebinarId>,
    /// The webinars of connections that remain.
    pub kept_webinars: BTreeSet<WebinarId>,
}

impl AccountData<'_> {
    /// Returns whether a record belongs to the account: by its source, or without one by its program.
    pub fn has(&self, source: Option<&RecordSource>, program: Option<ProgramId>) -> bool {
        match source {
            Some(source) => self.request.includes_source(source),
            None => program.is_some_and(|program| self.programs.contains(&program)),
        }
    }

    /// Adds a webinar that a record of the account names, unless a connection that remains has it.
    pub fn add_webinar(&mut self, webinar: WebinarId) {
        if !self.kept_webinars.contains(&webinar) {
            self.webinars.insert(webinar);
        }
    }
}

/// A deletion of an account's records by one component.
pub struct Forgetting<'a> {
    ports: &'a Ports,
    deadline: Timestamp,
    deleted: u64,
}

impl<'a> Forgetting<'a> {
    /// Begins a deletion.
    pub const fn new(ports: &'a Ports, deadline: Timestamp) -> Self {
        Self { ports, deadline, deleted: 0 }
    }

    /// Lists the store. A listing reads all keys, regardless of the kind, so a component lists once.
    pub async fn list(&self) -> Result<Vec<AnyKey>, Error> {
        Ok(self.store().list::<AnyKey>().await?)
    }

    /// Returns the account's programs and webinars. `keys`: those of the store.
    pub async fn find<'r>(&self, request: &'r ForgetAccountRequest, keys: &[AnyKey]) -> Result<AccountData<'r>, Error> {
        let (programs, webinars, kept_webinars) = Default::default();
        let mut data = AccountData { request, programs, webinars, kept_webinars };
        // The index may lack a program, and the account must not keep one because of that.
        let programs = keys.iter().filter_map(|key| match key {
            AnyKey::Program(key) => Some(key.id),
            _ => None,
        });
        for connection in self.ports.connections().all_stored(programs.collect()).await? {
            if request.includes(&connection) {
                data.programs.insert(connection.program);
                data.webinars.insert(connection.snapshot.id);
            } else {
                data.kept_webinars.insert(connection.snapshot.id);
            }
        }
        let AccountData { webinars, kept_webinars, .. } = &mut data;
        webinars.retain(|webinar| !kept_webinars.contains(webinar));
        let counts: Vec<_> = keys
            .iter()
            .filter_map(|key| match key {
                AnyKey::RegistrationCounts(key) => Some(key),
                _ => None,
            })
            .collect();
        let reads = counts.iter().map(|key| self.store().get_readable(*key).boxed()).collect();
        for (key, counts) in counts.into_iter().zip(run_bounded(MAX_CONCURRENT_READS, reads).await) {
            if counts?.and_then(|counts| counts.source).is_some_and(|source| request.includes_source(&source)) {
                data.add_webinar(key.webinar);
            }
        }
        Ok(data)
    }

    /// Returns the store.
    pub fn store(&self) -> Store<'a> {
        self.ports.store()
    }

    /// Returns whether there is time for another record.
    pub fn has_time(&self) -> bool {
        self.ports.clock.now() < self.deadline
    }

    /// Deletes a record.
    pub async fn delete<K: StoreKey>(&mut self, key: &K) -> Result<(), Error> {
        self.store().delete(key).await?;
        self.count();
        Ok(())
    }

    /// Counts a record that was deleted.
    pub const fn count(&mut self) {
        self.deleted += 1;
    }

    /// Returns the answer to `oauth`.
    pub fn report(&self, is_complete: bool) -> ForgetAccountReport {
        crate::log!(Info, "account.forgotten", deleted = self.deleted, complete = is_complete);
        ForgetAccountReport { deleted: self.deleted, is_complete }
    }
}
