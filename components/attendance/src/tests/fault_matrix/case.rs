//! The cases: each call, fault, ordinal of the call and duration, unless [`is_applicable`] excludes the combination.

use http::{Method, Uri};
use platform::testing::fault_injection::{Access, Callee, Fault, FaultDuration, Injection};

/// A call between a webinar's end and the last member's status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Call {
    ZoomToken,
    Webinar,
    Panelists,
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

const CALLS: [Call; 24] = [
    Call::ZoomToken,
    Call::Webinar,
    Call::Panelists,
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

impl Call {
    const fn callee(self) -> Callee {
        match self {
            Self::ZoomToken => Callee::Component,
            Self::Webinar | Self::Panelists | Self::Instances | Self::Report | Self::Registrants | Self::Absentees => {
                Callee::Zoom
            }
            Self::Members | Self::LeadCreate | Self::LeadLookup | Self::Status => Callee::Marketo,
            Self::Identity => Callee::MarketoHttp,
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
            _ if path.starts_with("/v2/webinars/") && path.ends_with("/panelists") => Self::Panelists,
            _ if path.starts_with("/v2/webinars/") && !path.ends_with("/registrants") => Self::Webinar,
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

/// One fault.
pub(super) type Case = Injection<Call>;

/// How long a fault lasts that is not injected once.
const A_WHILE: FaultDuration = FaultDuration::Minutes(20);

/// Returns every applicable case.
pub(super) fn all() -> Vec<Case> {
    let mut cases = Injection::all(&CALLS, 3, &[FaultDuration::Once, A_WHILE]);
    cases.retain(is_applicable);
    cases
}

/// Excludes faults that the callee cannot have, and ordinals that a run does not reach.
fn is_applicable(case: &Case) -> bool {
    let times = match case.call {
        // Tokens are cached; the others occur once.
        Call::ZoomToken | Call::Identity | Call::Panelists | Call::LeadLookup => 1,
        // Once for the first run, once for the run after 24 hours.
        Call::ServiceRead | Call::RunStateRead | Call::LeaseWrite | Call::LeaseDelete => 2,
        // Two pages, or two batches.
        Call::Members | Call::Absentees | Call::LeadCreate => 2,
        _ => 3,
    };
    case.call.callee().can_have(case.fault) && case.nth <= times
}

/// Returns whether the answer to a create call may be lost. Its leads then count as existing ones.
pub(super) fn may_miscount_new_leads(case: Case) -> bool {
    let loses_answer = matches!(
        case.fault,
        Fault::DroppedAfter
            | Fault::Hang
            | Fault::Late
            | Fault::ErrorAfter(_)
            | Fault::Malformed
            | Fault::Empty
            | Fault::KilledAfter
    );
    let is_answer_lost = case.call == Call::LeadCreate && loses_answer;
    let is_checkpoint_lost = matches!(case.call, Call::RunStateWrite | Call::PageWrite);
    is_answer_lost || is_checkpoint_lost || case.fault.kills()
}
