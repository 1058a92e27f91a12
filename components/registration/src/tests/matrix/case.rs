//! The cases: every call × every effect × which call of that kind × for how long. What makes no sense is left out by one
//! rule, [`Case::makes_sense`].

use domain::time::SignedDuration;
use http::{Method, Uri};
use platform::rehearsal::Effect;

/// A call on the way of a lead into Zoom and back to Marketo.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Call {
    ZoomToken,
    Questions,
    Add,
    /// The list of registrants, read after an ambiguous add call.
    Lookup,
    Identity,
    MemberStatuses,
    MemberData,
    SetStatus,
    /// A failed lead as Marketo has it now, read before it is tried again.
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

/// Who is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Callee {
    Oauth,
    Zoom,
    /// Marketo's REST API, whose errors come with HTTP 200.
    Marketo,
    /// Its identity service and the place for callbacks, whose errors are HTTP's.
    MarketoBeside,
    StoreRead,
    StoreWrite,
}

impl Call {
    pub(super) const fn callee(self) -> Callee {
        match self {
            Self::ZoomToken => Callee::Oauth,
            Self::Questions | Self::Add | Self::Lookup => Callee::Zoom,
            Self::MemberStatuses | Self::MemberData | Self::SetStatus | Self::FailedLeads => Callee::Marketo,
            Self::Identity | Self::Callback => Callee::MarketoBeside,
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

    /// Which call a request is.
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
            "/callback" => Self::Callback,
            _ => return None,
        })
    }

    /// Which call the reading of a key is.
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

    /// Which call the writing of a key is.
    pub(super) fn of_set(key: &str) -> Option<Self> {
        match key.split(':').next()? {
            "registration" => Some(Self::LedgerWrite),
            "failure" => Some(Self::FailureWrite),
            "outbox" => is_head(key).then_some(Self::OutboxClaim),
            _ => None,
        }
    }

    /// Which call the removal of a key is.
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

/// Whether an add call with an effect counts against Zoom's 3 a day, as Zoom sees it.
pub(super) const fn counts_at_zoom(effect: Effect) -> bool {
    !matches!(
        effect,
        Effect::Refused
            | Effect::TooMany(_)
            | Effect::DailyOfRegistrant
            | Effect::DailyOfAccount
            | Effect::KilledBefore
    )
}

/// Whether an add call with an effect is spent, as far as we can know, and adds nobody.
const fn spends_for_nothing(effect: Effect) -> bool {
    matches!(effect, Effect::DroppedBefore | Effect::ErrorBefore(_) | Effect::KilledBefore | Effect::KilledInVain)
}

/// How long a fault lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lasting {
    /// One call.
    Once,
    /// Every such call within so many minutes.
    Minutes(i64),
}

/// Within what a chunk waits for.
pub(super) const A_WHILE: Lasting = Lasting::Minutes(10);

/// Longer than the 30 minutes that a chunk waits.
pub(super) const TOO_LONG: Lasting = Lasting::Minutes(45);

/// One fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Case {
    pub(super) call: Call,
    pub(super) effect: Effect,
    /// Which call of its kind is the first that it strikes.
    pub(super) nth: u32,
    pub(super) lasting: Lasting,
    /// What befalls the first add call, so that this one is reached.
    pub(super) primer: Option<Effect>,
}

impl Case {
    /// Every case of some durations that makes sense.
    pub(super) fn all(durations: &[Lasting]) -> Vec<Self> {
        let primers = [
            None,
            Some(Effect::DroppedBefore),
            Some(Effect::DroppedAfter),
            Some(Effect::DailyOfRegistrant),
            Some(Effect::Hang),
            Some(Effect::KilledBefore),
        ];
        let mut cases = Vec::new();
        for call in CALLS {
            for effect in Effect::ALL {
                for nth in [1, 2] {
                    for &lasting in durations {
                        cases.extend(primers.map(|primer| Self { call, effect, nth, lasting, primer }));
                    }
                }
            }
        }
        cases.retain(Self::makes_sense);
        cases
    }

    /// The one rule for what is left out: effects that such a peer does not have, and primers that a call is reached
    /// without, or that do not lead to it.
    fn makes_sense(&self) -> bool {
        let callee = self.call.callee();
        let is_store = matches!(callee, Callee::StoreRead | Callee::StoreWrite);
        let fits = match self.effect {
            Effect::KilledBefore | Effect::KilledAfter => true,
            Effect::StoreErrorBefore => is_store,
            Effect::StoreErrorAfter => callee == Callee::StoreWrite,
            Effect::DailyOfRegistrant | Effect::KilledInVain => self.call == Call::Add,
            Effect::DailyOfAccount => callee == Callee::Zoom,
            Effect::Code(_) => callee == Callee::Marketo,
            _ => !is_store,
        };
        let is_led_to = match self.call {
            Call::Lookup => matches!(self.primer, Some(Effect::DroppedBefore | Effect::DroppedAfter)),
            // Failed leads are read together, so there is no second call that belongs to the same failure.
            Call::FailedLeads => self.primer == Some(Effect::DailyOfRegistrant) && self.nth == 1,
            // Claims are renewed while a call hangs, and a dead process's chunk is claimed once, by the tick.
            Call::OutboxClaim => {
                self.primer == Some(Effect::Hang) || self.primer == Some(Effect::KilledBefore) && self.nth == 1
            }
            _ => self.primer.is_none(),
        };
        // What lasts beyond the second call of its kind anyway begins with the first.
        let is_new = self.lasting != TOO_LONG || self.nth == 1;
        fits && is_led_to && is_new
    }

    /// Whether Marketo may be told first that a good lead failed: because add calls are spent, or because it took longer
    /// than a chunk waits. Then the tick has to register the lead later.
    pub(super) fn may_fail_first(&self) -> bool {
        let counts_for_nothing = match self.call {
            Call::Add => spends_for_nothing(self.effect),
            // The call was written down, and was never made.
            Call::LedgerWrite => matches!(self.effect, Effect::KilledAfter | Effect::StoreErrorAfter),
            _ => false,
        };
        let is_spent = counts_for_nothing && self.lasting != Lasting::Once;
        let is_daily = [Some(self.effect), self.primer].contains(&Some(Effect::DailyOfRegistrant));
        let is_account = self.call == Call::Add && self.effect == Effect::DailyOfAccount;
        is_spent || is_daily || is_account || self.lasting == TOO_LONG
    }

    /// Whether Zoom may have added somebody of whom the ledger does not know, until whoever asked tries again.
    pub(super) fn may_lose_an_addition(&self) -> bool {
        self.call == Call::LedgerWrite || self.effect.kills()
    }

    /// Whether the callback may be given up and kept for people: 6 tries over 10 minutes failed.
    pub(super) fn may_give_up_the_callback(&self) -> bool {
        self.call == Call::Callback && self.lasting == TOO_LONG
    }

    /// Until when after its first strike it strikes again.
    pub(super) fn length(&self) -> SignedDuration {
        match self.lasting {
            Lasting::Once => SignedDuration::ZERO,
            Lasting::Minutes(minutes) => SignedDuration::from_mins(minutes),
        }
    }
}
