//! The cases: every call × every fault × which call of that kind × for how long. [`Case::makes_sense`] is the only rule
//! that leaves combinations out.

use http::{Method, Uri};
use platform::testing::fault_injection::{Callee, Fault, FaultDuration, Injection, StoreKind};

/// A call that registering a lead makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Call {
    ZoomToken,
    Questions,
    Add,
    /// The list of registrants, read after an add call with an unknown result.
    Lookup,
    Identity,
    MemberStatuses,
    MemberData,
    SetStatus,
    /// A failed lead in Marketo, read before a retry.
    FailedLeads,
    Callback,
    ServiceRead,
    ConnectionRead,
    LedgerRead,
    LedgerWrite,
    FailureRead,
    FailureWrite,
    FailureDelete,
    OutboxRead,
    OutboxClaim,
    OutboxDelete,
    OutboxPartDelete,
}

const CALLS: [Call; 21] = [
    Call::ZoomToken,
    Call::Questions,
    Call::Add,
    Call::Lookup,
    Call::Identity,
    Call::MemberStatuses,
    Call::MemberData,
    Call::SetStatus,
    Call::FailedLeads,
    Call::Callback,
    Call::ServiceRead,
    Call::ConnectionRead,
    Call::LedgerRead,
    Call::LedgerWrite,
    Call::FailureRead,
    Call::FailureWrite,
    Call::FailureDelete,
    Call::OutboxRead,
    Call::OutboxClaim,
    Call::OutboxDelete,
    Call::OutboxPartDelete,
];

impl Call {
    pub(super) const fn callee(self) -> Callee {
        match self {
            Self::ZoomToken => Callee::Component,
            Self::Questions | Self::Add | Self::Lookup => Callee::Zoom,
            Self::MemberStatuses | Self::MemberData | Self::SetStatus | Self::FailedLeads => Callee::Marketo,
            Self::Identity | Self::Callback => Callee::MarketoHttp,
            Self::ServiceRead | Self::ConnectionRead | Self::LedgerRead | Self::FailureRead | Self::OutboxRead => {
                Callee::StoreRead
            }
            Self::LedgerWrite
            | Self::FailureWrite
            | Self::FailureDelete
            | Self::OutboxClaim
            | Self::OutboxDelete
            | Self::OutboxPartDelete => Callee::StoreWrite,
        }
    }

    /// Classifies a request.
    pub(super) fn of_request(method: &Method, uri: &Uri) -> Option<Self> {
        let is_post = method == Method::POST;
        let path = uri.path();
        Some(match path {
            _ if path.starts_with("/internal/token/") => Self::ZoomToken,
            _ if path.ends_with("/registrants/questions") => Self::Questions,
            _ if path.ends_with("/registrants") => [Self::Lookup, Self::Add][usize::from(is_post)],
            "/identity/oauth/token" => Self::Identity,
            _ if path.ends_with("/members.json") => [Self::MemberStatuses, Self::MemberData][usize::from(is_post)],
            _ if path.ends_with("/members/status.json") => Self::SetStatus,
            "/rest/v1/leads.json" => Self::FailedLeads,
            _ if path.starts_with("/callback/") => Self::Callback,
            _ => return None,
        })
    }

    /// Classifies a read of a key.
    pub(super) fn of_get(key: &str) -> Option<Self> {
        Some(match key.split(':').next()? {
            "service" => Self::ServiceRead,
            "program" => Self::ConnectionRead,
            "registration" => Self::LedgerRead,
            "failure" => Self::FailureRead,
            "outbox" => Self::OutboxRead,
            _ => return None,
        })
    }

    /// Classifies a write of a key.
    pub(super) fn of_set(key: &str) -> Option<Self> {
        match key.split(':').next()? {
            "registration" => Some(Self::LedgerWrite),
            "failure" => Some(Self::FailureWrite),
            "outbox" => is_head(key).then_some(Self::OutboxClaim),
            _ => None,
        }
    }

    /// Classifies a deletion of a key.
    pub(super) fn of_delete(key: &str) -> Option<Self> {
        match key.split(':').next()? {
            "failure" => Some(Self::FailureDelete),
            "outbox" => Some([Self::OutboxPartDelete, Self::OutboxDelete][usize::from(is_head(key))]),
            _ => None,
        }
    }
}

fn is_head(key: &str) -> bool {
    key.matches(':').count() == 1
}

/// Returns whether Zoom counts an add call with a fault towards its daily limit.
pub(super) const fn counts_at_zoom(fault: Fault) -> bool {
    !matches!(
        fault,
        Fault::Refused | Fault::TooMany(_) | Fault::DailyOfRegistrant | Fault::DailyOfAccount | Fault::KilledBefore
    )
}

/// Returns whether the component must count an add call with a fault although Zoom did not execute it.
const fn is_spent_in_vain(fault: Fault) -> bool {
    matches!(
        fault,
        Fault::DroppedBefore | Fault::ErrorBefore(_) | Fault::KilledBefore | Fault::KilledAfterCountedFailure
    )
}

/// Shorter than a chunk waits.
pub(super) const A_WHILE: FaultDuration = FaultDuration::Minutes(10);

/// Longer than the 30 minutes that a chunk waits.
pub(super) const TOO_LONG: FaultDuration = FaultDuration::Minutes(45);

/// One fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Case {
    pub(super) store: StoreKind,
    pub(super) injection: Injection<Call>,
    /// A fault of the first add call, without which the call of the case is not made.
    pub(super) primer: Option<Fault>,
}

impl Case {
    /// Returns all cases with some durations that make sense.
    pub(super) fn all(durations: &[FaultDuration]) -> Vec<Self> {
        let primers = [
            None,
            Some(Fault::DroppedBefore),
            Some(Fault::DroppedAfter),
            Some(Fault::DailyOfRegistrant),
            Some(Fault::Hang),
            Some(Fault::KilledBefore),
        ];
        let with_primers = |injection| primers.map(|primer| Self { store: StoreKind::Strict, injection, primer });
        let mut cases: Vec<_> = Injection::all(&CALLS, 2, durations).into_iter().flat_map(with_primers).collect();
        cases.retain(Self::makes_sense);
        cases
    }

    /// Returns every fifth of the same cases on another store: each call, and each fault of some calls.
    pub(super) fn some_on(store: StoreKind, durations: &[FaultDuration]) -> Vec<Self> {
        Self::all(durations).into_iter().step_by(5).map(|case| Self { store, ..case }).collect()
    }

    /// Leaves out faults that a recipient does not have, and primers that a call does not need or that do not lead to
    /// it.
    fn makes_sense(&self) -> bool {
        let Injection { call, fault, nth, duration } = self.injection;
        let fits = match fault {
            Fault::DailyOfRegistrant | Fault::KilledAfterCountedFailure => call == Call::Add,
            fault => call.callee().can_have(fault),
        };
        let is_led_to = match call {
            Call::Lookup => matches!(self.primer, Some(Fault::DroppedBefore | Fault::DroppedAfter)),
            // Failed leads are read together, so the same failure causes no second call.
            Call::FailedLeads => self.primer == Some(Fault::DailyOfRegistrant) && nth == 1,
            // A claim is renewed while a call hangs, and the tick claims the chunk of a killed worker once.
            Call::OutboxClaim => {
                self.primer == Some(Fault::Hang) || self.primer == Some(Fault::KilledBefore) && nth == 1
            }
            _ => self.primer.is_none(),
        };
        // A fault that outlasts the second call starts with the first.
        let is_new = duration != TOO_LONG || nth == 1;
        fits && is_led_to && is_new
    }

    /// Returns whether a valid lead may be called back as failed: because its add calls are used up, or because the
    /// fault lasts longer than a chunk waits. Then the tick has to register it later.
    pub(super) fn may_fail_first(&self) -> bool {
        let is_in_vain = match self.injection.call {
            Call::Add => is_spent_in_vain(self.injection.fault),
            // The write-ahead entry was written, and the call never made.
            Call::LedgerWrite => matches!(self.injection.fault, Fault::KilledAfter | Fault::StoreErrorAfter),
            _ => false,
        };
        let is_spent = is_in_vain && self.injection.duration != FaultDuration::Once;
        let is_daily = [Some(self.injection.fault), self.primer].contains(&Some(Fault::DailyOfRegistrant));
        let is_account = self.injection.call == Call::Add && self.injection.fault == Fault::DailyOfAccount;
        let is_store = self.store == StoreKind::FailingHalfway;
        is_spent || is_daily || is_account || is_store || self.injection.duration == TOO_LONG
    }

    /// Returns whether Zoom may have a registrant that the ledger lacks, or does not show yet, until the request is repeated.
    pub(super) fn may_lose_an_addition(&self) -> bool {
        self.store != StoreKind::Strict || self.injection.call == Call::LedgerWrite || self.injection.fault.kills()
    }

    /// Returns whether the callback may be given up: 6 attempts over 10 minutes failed.
    pub(super) fn may_give_up_the_callback(&self) -> bool {
        self.injection.call == Call::Callback && self.injection.duration == TOO_LONG
    }
}
