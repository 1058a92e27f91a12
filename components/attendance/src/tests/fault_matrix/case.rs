//! The cases: each call, fault, ordinal of the call and persistence, unless [`Case::is_applicable`] excludes the
//! combination.

use domain::time::SignedDuration;
use http::{Method, Uri};
use platform::testing::fault_injection::{Access, Fault};

/// A call between a webinar's end and the last member's status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Call {
    ZoomToken,
    Instances,
    Report,
    Registrants,
    Absentees,
    Identity,
    Members,
    LeadCreate,
    LeadLookup,
    Status,
    ServiceRead,
    ConnectionRead,
    RecordRead,
    RecordWrite,
    RunStateRead,
    RunStateWrite,
    PageRead,
    PageWrite,
    PageDelete,
    LeaseRead,
    LeaseWrite,
    LeaseDelete,
}

const CALLS: [Call; 22] = [
    Call::ZoomToken,
    Call::Instances,
    Call::Report,
    Call::Registrants,
    Call::Absentees,
    Call::Identity,
    Call::Members,
    Call::LeadCreate,
    Call::LeadLookup,
    Call::Status,
    Call::ServiceRead,
    Call::ConnectionRead,
    Call::RecordRead,
    Call::RecordWrite,
    Call::RunStateRead,
    Call::RunStateWrite,
    Call::PageRead,
    Call::PageWrite,
    Call::PageDelete,
    Call::LeaseRead,
    Call::LeaseWrite,
    Call::LeaseDelete,
];

/// The kind of upstream or store operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Callee {
    Component,
    Zoom,
    /// Marketo's REST API, whose errors come with HTTP 200.
    Marketo,
    Identity,
    StoreRead,
    StoreWrite,
}

impl Call {
    const fn callee(self) -> Callee {
        match self {
            Self::ZoomToken => Callee::Component,
            Self::Instances | Self::Report | Self::Registrants | Self::Absentees => Callee::Zoom,
            Self::Members | Self::LeadCreate | Self::LeadLookup | Self::Status => Callee::Marketo,
            Self::Identity => Callee::Identity,
            Self::ServiceRead
            | Self::ConnectionRead
            | Self::RecordRead
            | Self::RunStateRead
            | Self::PageRead
            | Self::LeaseRead => Callee::StoreRead,
            Self::RecordWrite
            | Self::RunStateWrite
            | Self::PageWrite
            | Self::PageDelete
            | Self::LeaseWrite
            | Self::LeaseDelete => Callee::StoreWrite,
        }
    }

    /// Classifies a request.
    pub(super) fn of_request(method: &Method, uri: &Uri) -> Option<Self> {
        let is_post = method == Method::POST;
        let path = uri.path();
        Some(match path {
            _ if path.starts_with("/internal/token/") => Self::ZoomToken,
            _ if path.ends_with("/instances") => Self::Instances,
            _ if path.ends_with("/participants") => Self::Report,
            _ if path.ends_with("/registrants") => Self::Registrants,
            _ if path.ends_with("/absentees") => Self::Absentees,
            "/identity/oauth/token" => Self::Identity,
            _ if path.ends_with("/members.json") && !is_post => Self::Members,
            "/rest/v1/leads.json" if uri.query().is_some() => Self::LeadLookup,
            "/rest/v1/leads.json" => Self::LeadCreate,
            _ if path.ends_with("/members/status.json") => Self::Status,
            _ => return None,
        })
    }

    /// Classifies a store operation.
    pub(super) fn of_store(access: Access, key: &str) -> Option<Self> {
        let mut words = key.split(':');
        let (kind, rest) = (words.next()?, words.nth(1));
        Some(match (kind, rest, access) {
            ("service", _, Access::Get) => Self::ServiceRead,
            ("program", _, Access::Get) => Self::ConnectionRead,
            ("attendance", None, Access::Get) => Self::RecordRead,
            ("attendance", None, Access::Set) => Self::RecordWrite,
            ("attendance", Some("work"), Access::Get) => Self::RunStateRead,
            ("attendance", Some("work"), Access::Set) => Self::RunStateWrite,
            ("attendance", Some(_), Access::Get) => Self::PageRead,
            ("attendance", Some(_), Access::Set) => Self::PageWrite,
            ("attendance", Some(_), Access::Delete) => Self::PageDelete,
            ("worker", _, Access::Get) => Self::LeaseRead,
            ("worker", _, Access::Set) => Self::LeaseWrite,
            ("worker", _, Access::Delete) => Self::LeaseDelete,
            _ => return None,
        })
    }
}

/// How long a fault persists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Persistence {
    /// For one call.
    Once,
    /// For each such call within twenty minutes.
    For20Minutes,
}

/// One fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Case {
    pub(super) call: Call,
    pub(super) fault: Fault,
    /// The ordinal of the first call that fails.
    pub(super) nth: u32,
    pub(super) persistence: Persistence,
}

impl Case {
    /// Returns every applicable case.
    pub(super) fn all() -> Vec<Self> {
        let mut cases = Vec::new();
        for call in CALLS {
            for fault in Fault::ALL {
                for nth in 1..=3 {
                    for persistence in [Persistence::Once, Persistence::For20Minutes] {
                        cases.push(Self { call, fault, nth, persistence });
                    }
                }
            }
        }
        cases.retain(Self::is_applicable);
        cases
    }

    /// Excludes faults that the callee cannot have, and ordinals that a run does not reach.
    fn is_applicable(&self) -> bool {
        let callee = self.call.callee();
        let is_store = matches!(callee, Callee::StoreRead | Callee::StoreWrite);
        let fits = match self.fault {
            Fault::KilledBefore | Fault::KilledAfter => true,
            Fault::StoreErrorBefore => is_store,
            Fault::StoreErrorAfter => callee == Callee::StoreWrite,
            Fault::DailyOfRegistrant | Fault::KilledAfterCountedFailure => false,
            Fault::DailyOfAccount => callee == Callee::Zoom,
            Fault::MarketoCode(_) => callee == Callee::Marketo,
            _ => !is_store,
        };
        let times = match self.call {
            // Tokens are cached; the others occur once.
            Call::ZoomToken | Call::Identity | Call::Instances | Call::LeadLookup => 1,
            // Once for the first run, once for the run after 24 hours.
            Call::ServiceRead | Call::RunStateRead | Call::LeaseWrite | Call::LeaseDelete => 2,
            // Two pages, or two batches.
            Call::Members | Call::Absentees | Call::LeadCreate => 2,
            _ => 3,
        };
        fits && self.nth <= times
    }

    /// Returns whether the answer to a create call may be lost. Its leads then count as existing ones.
    pub(super) fn may_miscount_new_leads(&self) -> bool {
        let loses_answer = matches!(
            self.fault,
            Fault::DroppedAfter
                | Fault::Hang
                | Fault::Late
                | Fault::ErrorAfter(_)
                | Fault::Malformed
                | Fault::Empty
                | Fault::KilledAfter
        );
        let is_answer_lost = self.call == Call::LeadCreate && loses_answer;
        let is_checkpoint_lost = matches!(self.call, Call::RunStateWrite | Call::PageWrite);
        is_answer_lost || is_checkpoint_lost || self.fault.kills()
    }

    /// Returns how long after its first injection the fault is injected again.
    pub(super) fn window(&self) -> SignedDuration {
        match self.persistence {
            Persistence::Once => SignedDuration::ZERO,
            Persistence::For20Minutes => SignedDuration::from_mins(20),
        }
    }
}
