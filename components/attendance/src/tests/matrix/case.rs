//! The cases: every call × every effect × which call of that kind × for how long. What makes no sense is left out by one
//! rule, [`Case::makes_sense`].

use domain::time::SignedDuration;
use http::{Method, Uri};
use platform::rehearsal::{Access, Effect};

/// A call on the way from a webinar's end to everybody's status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Call {
    ZoomToken,
    Instances,
    Report,
    Registrants,
    Absentees,
    Identity,
    Members,
    LeadsMade,
    LeadsFound,
    Status,
    ServiceRead,
    ConnectionRead,
    RecordRead,
    RecordWrite,
    WorkRead,
    WorkWrite,
    SheetRead,
    SheetWrite,
    SheetDelete,
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
    Call::LeadsMade,
    Call::LeadsFound,
    Call::Status,
    Call::ServiceRead,
    Call::ConnectionRead,
    Call::RecordRead,
    Call::RecordWrite,
    Call::WorkRead,
    Call::WorkWrite,
    Call::SheetRead,
    Call::SheetWrite,
    Call::SheetDelete,
    Call::LeaseRead,
    Call::LeaseWrite,
    Call::LeaseDelete,
];

/// Who is called.
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
            Self::Members | Self::LeadsMade | Self::LeadsFound | Self::Status => Callee::Marketo,
            Self::Identity => Callee::Identity,
            Self::ServiceRead
            | Self::ConnectionRead
            | Self::RecordRead
            | Self::WorkRead
            | Self::SheetRead
            | Self::LeaseRead => Callee::StoreRead,
            Self::RecordWrite
            | Self::WorkWrite
            | Self::SheetWrite
            | Self::SheetDelete
            | Self::LeaseWrite
            | Self::LeaseDelete => Callee::StoreWrite,
        }
    }

    /// Which call a request is.
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
            "/rest/v1/leads.json" if uri.query().is_some() => Self::LeadsFound,
            "/rest/v1/leads.json" => Self::LeadsMade,
            _ if path.ends_with("/members/status.json") => Self::Status,
            _ => return None,
        })
    }

    /// Which call of the store.
    pub(super) fn of_store(access: Access, key: &str) -> Option<Self> {
        let mut words = key.split(':');
        let (kind, rest) = (words.next()?, words.nth(1));
        Some(match (kind, rest, access) {
            ("service", _, Access::Get) => Self::ServiceRead,
            ("program", _, Access::Get) => Self::ConnectionRead,
            ("attendance", None, Access::Get) => Self::RecordRead,
            ("attendance", None, Access::Set) => Self::RecordWrite,
            ("attendance", Some("work"), Access::Get) => Self::WorkRead,
            ("attendance", Some("work"), Access::Set) => Self::WorkWrite,
            ("attendance", Some(_), Access::Get) => Self::SheetRead,
            ("attendance", Some(_), Access::Set) => Self::SheetWrite,
            ("attendance", Some(_), Access::Delete) => Self::SheetDelete,
            ("worker", _, Access::Get) => Self::LeaseRead,
            ("worker", _, Access::Set) => Self::LeaseWrite,
            ("worker", _, Access::Delete) => Self::LeaseDelete,
            _ => return None,
        })
    }
}

/// How long a fault lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lasting {
    /// One call.
    Once,
    /// Every such call within twenty minutes.
    AWhile,
}

/// One fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Case {
    pub(super) call: Call,
    pub(super) effect: Effect,
    /// Which call of its kind is the first that it strikes.
    pub(super) nth: u32,
    pub(super) lasting: Lasting,
}

impl Case {
    /// Every case that makes sense.
    pub(super) fn all() -> Vec<Self> {
        let mut cases = Vec::new();
        for call in CALLS {
            for effect in Effect::ALL {
                for nth in 1..=3 {
                    for lasting in [Lasting::Once, Lasting::AWhile] {
                        cases.push(Self { call, effect, nth, lasting });
                    }
                }
            }
        }
        cases.retain(Self::makes_sense);
        cases
    }

    /// The one rule for what is left out: effects that such a peer does not have, and calls that there are not so many
    /// of.
    fn makes_sense(&self) -> bool {
        let callee = self.call.callee();
        let is_store = matches!(callee, Callee::StoreRead | Callee::StoreWrite);
        let fits = match self.effect {
            Effect::KilledBefore | Effect::KilledAfter => true,
            Effect::StoreErrorBefore => is_store,
            Effect::StoreErrorAfter => callee == Callee::StoreWrite,
            Effect::DailyOfRegistrant | Effect::KilledInVain => false,
            Effect::DailyOfAccount => callee == Callee::Zoom,
            Effect::Code(_) => callee == Callee::Marketo,
            _ => !is_store,
        };
        let times = match self.call {
            // Tokens are kept in memory.
            Call::ZoomToken | Call::Identity | Call::Instances | Call::LeadsFound => 1,
            // Once for the webinar, once when it is read again.
            Call::ServiceRead | Call::WorkRead | Call::LeaseWrite | Call::LeaseDelete => 2,
            // Two pages, or two batches.
            Call::Members | Call::Absentees | Call::LeadsMade => 2,
            _ => 3,
        };
        fits && self.nth <= times
    }

    /// Whether leads may have been made of which we did not hear: they are counted as known then.
    pub(super) fn may_lose_count(&self) -> bool {
        let is_lost = matches!(
            self.effect,
            Effect::DroppedAfter
                | Effect::Hang
                | Effect::Late
                | Effect::ErrorAfter(_)
                | Effect::Malformed
                | Effect::Empty
                | Effect::KilledAfter
        );
        let is_made = self.call == Call::LeadsMade && is_lost;
        let is_noted = matches!(self.call, Call::WorkWrite | Call::SheetWrite);
        is_made || is_noted || self.effect.kills()
    }

    /// Until when after its first strike it strikes again.
    pub(super) fn length(&self) -> SignedDuration {
        match self.lasting {
            Lasting::Once => SignedDuration::ZERO,
            Lasting::AWhile => SignedDuration::from_mins(20),
        }
    }
}
