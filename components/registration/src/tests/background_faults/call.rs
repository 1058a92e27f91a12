//! The calls, and the plan that injects the fault of a case.

use bytes::Bytes;
use http::{Method, Request};
use platform::testing::fault_injection::{
    Access, Callee, Fault, FaultDuration, FaultPlan, Injection, InjectionCounter, MatrixStore, StoreKind,
};
use platform::testing::in_memory::InMemoryPorts;
use std::sync::{Arc, Mutex};

/// A kind of call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Call {
    ZoomToken,
    /// One registrant, by id.
    Registrant,
    /// The lists of registrants.
    Registrants,
    /// The webinar, with its hosts.
    Webinar,
    Panelists,
    Questions,
    Add,
    Identity,
    PagingToken,
    Activities,
    /// The look-up of leads, by address or by id.
    FindLeads,
    CreateLeads,
    MemberRead,
    MemberData,
    SetStatus,
    /// A read or a write of the records with this prefix.
    Read(&'static str),
    Write(&'static str),
}

impl Call {
    pub(super) const fn callee(self) -> Callee {
        match self {
            Self::ZoomToken => Callee::Component,
            Self::Registrant | Self::Registrants | Self::Webinar | Self::Panelists | Self::Questions | Self::Add => {
                Callee::Zoom
            }
            Self::Identity => Callee::MarketoHttp,
            Self::PagingToken
            | Self::Activities
            | Self::FindLeads
            | Self::CreateLeads
            | Self::MemberRead
            | Self::MemberData
            | Self::SetStatus => Callee::Marketo,
            Self::Read(_) => Callee::StoreRead,
            Self::Write(_) => Callee::StoreWrite,
        }
    }

    /// Returns whether a request is such a call.
    fn is_request(self, request: &Request<Bytes>) -> bool {
        let (path, is_post) = (request.uri().path(), request.method() == Method::POST);
        let is_query = request.uri().query().is_some_and(|query| query.contains("_method=GET"));
        match self {
            Self::ZoomToken => path.starts_with("/internal/token/"),
            Self::Registrant => path.contains("/registrants/") && !path.ends_with("/questions") && !is_post,
            Self::Registrants => path.ends_with("/registrants") && !is_post,
            Self::Webinar => path.starts_with("/v2/webinars/") && path.matches('/').count() == 3,
            Self::Panelists => path.ends_with("/panelists"),
            Self::Questions => path.ends_with("/questions"),
            Self::Add => path.ends_with("/registrants") && is_post,
            Self::Identity => path == "/identity/oauth/token",
            Self::PagingToken => path.ends_with("/pagingtoken.json"),
            Self::Activities => path.ends_with("/activities.json"),
            Self::FindLeads => path.ends_with("/v1/leads.json") && is_query,
            Self::CreateLeads => path.ends_with("/v1/leads.json") && !is_query,
            Self::MemberRead => path.ends_with("/members.json") && !is_post,
            Self::MemberData => path.ends_with("/members.json") && is_post,
            Self::SetStatus => path.ends_with("/members/status.json"),
            Self::Read(_) | Self::Write(_) => false,
        }
    }

    /// Returns whether an access to the store is such a call.
    fn is_access(self, access: Access, key: &str) -> bool {
        match self {
            Self::Read(prefix) => access == Access::Get && key.starts_with(prefix),
            Self::Write(prefix) => matches!(access, Access::Set | Access::Delete) && key.starts_with(prefix),
            _ => false,
        }
    }
}

/// One fault.
#[derive(Debug, Clone, Copy)]
pub(super) struct Case {
    pub(super) store: StoreKind,
    pub(super) injection: Injection<Call>,
}

/// Longer than a lease and the time between two ticks.
const A_WHILE: FaultDuration = FaultDuration::Minutes(3);

impl Case {
    /// Returns every case of some calls. `nths`: up to which call of its kind.
    pub(super) fn all(calls: &[Call], nths: u32) -> Vec<Self> {
        let all = Injection::all(calls, nths, &[FaultDuration::Once, A_WHILE]).into_iter();
        let mut cases: Vec<_> = all.map(|injection| Self { store: StoreKind::Strict, injection }).collect();
        cases.retain(|case| {
            let Injection { call, fault, nth, duration } = case.injection;
            let fits = match (call, fault) {
                (Call::Add, Fault::KilledAfterCountedFailure) => true,
                _ => call.callee().can_have(fault),
            };
            // A token is asked for once, and a lasting fault of the second call is much like one of the first.
            let is_made =
                nth == 1 || !matches!(call, Call::ZoomToken | Call::Identity) && duration == FaultDuration::Once;
            fits && is_made
        });
        cases
    }

    /// Returns every seventh of the same cases on another store.
    pub(super) fn some_on(store: StoreKind, calls: &[Call], nths: u32) -> Vec<Self> {
        Self::all(calls, nths).into_iter().step_by(7).map(|case| Self { store, ..case }).collect()
    }
}

/// Injects the fault of one case.
pub(super) struct Plan {
    case: Case,
    memory: InMemoryPorts,
    store: Arc<MatrixStore>,
    state: Mutex<State>,
}

struct State {
    is_paused: bool,
    counter: InjectionCounter,
}

impl Plan {
    /// Creates a plan that is paused.
    pub(super) fn new(case: Case, memory: &InMemoryPorts, store: &Arc<MatrixStore>) -> Self {
        let state = Mutex::new(State { is_paused: true, counter: InjectionCounter::default() });
        Self { case, memory: memory.clone(), store: store.clone(), state }
    }

    pub(super) fn pause(&self, is_paused: bool) {
        self.state.lock().unwrap().is_paused = is_paused;
    }

    pub(super) fn has_occurred(&self) -> bool {
        self.state.lock().unwrap().counter.has_occurred()
    }

    fn fault(&self, is_call: bool) -> Option<Fault> {
        let now = self.memory.ports().clock.now();
        let mut state = self.state.lock().unwrap();
        if state.is_paused || !is_call {
            return None;
        }
        state.counter.fault_of(&self.case.injection, &self.case.injection.call, now)
    }
}

impl FaultPlan for Plan {
    fn of_request(&self, request: &Request<Bytes>) -> Option<Fault> {
        self.fault(self.case.injection.call.is_request(request))
    }

    fn of_store(&self, access: Access, key: &str) -> Option<Fault> {
        let own = self.fault(self.case.injection.call.is_access(access, key));
        own.or_else(|| if self.state.lock().unwrap().is_paused { None } else { self.store.fault_of(access) })
    }
}
