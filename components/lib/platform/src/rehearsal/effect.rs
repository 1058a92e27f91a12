//! What may befall a call.

/// A `Retry-After`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RetryAfter {
    /// There is none.
    Absent,
    /// Seven seconds.
    Seconds,
    /// In seven seconds, as RFC 9110 has it.
    HttpDate,
    /// In seven seconds, as RFC 3339 has it, which Zoom sends.
    DateTime,
}

/// What befalls a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// The connection is refused.
    Refused,
    /// The connection breaks; nothing was done.
    DroppedBefore,
    /// The connection breaks; it was done.
    DroppedAfter,
    /// Carried out at once; the answer comes after 30 seconds.
    Hang,
    /// Carried out after 30 seconds, whether or not anybody still waits; the answer is lost.
    Late,
    /// One call too many for this second.
    TooMany(RetryAfter),
    /// Zoom's limit of 3 additions a day for one address.
    DailyOfRegistrant,
    /// Zoom's limit of calls a day for the account.
    DailyOfAccount,
    /// HTTP 200 with a code of Marketo's.
    Code(&'static str),
    /// An error; nothing was done.
    ErrorBefore(u16),
    /// An error; it was done.
    ErrorAfter(u16),
    /// Done, and the answer is half of one.
    Malformed,
    /// Done, and the answer is empty.
    Empty,
    /// The store fails; nothing was done.
    StoreErrorBefore,
    /// The store fails; the write was done.
    StoreErrorAfter,
    /// The process dies; nothing was done.
    KilledBefore,
    /// The peer fails, and counts the call all the same; the process dies before it hears of it.
    KilledInVain,
    /// The process dies; it was done.
    KilledAfter,
}

impl Effect {
    /// Every effect, with every form that it has.
    pub const ALL: [Self; 34] = [
        Self::Refused,
        Self::DroppedBefore,
        Self::DroppedAfter,
        Self::Hang,
        Self::Late,
        Self::TooMany(RetryAfter::Absent),
        Self::TooMany(RetryAfter::Seconds),
        Self::TooMany(RetryAfter::HttpDate),
        Self::TooMany(RetryAfter::DateTime),
        Self::DailyOfRegistrant,
        Self::DailyOfAccount,
        Self::Code("606"),
        Self::Code("615"),
        Self::Code("607"),
        Self::Code("601"),
        Self::Code("602"),
        Self::Code("604"),
        Self::Code("608"),
        Self::Code("611"),
        Self::Code("713"),
        Self::Code("502"),
        Self::ErrorBefore(500),
        Self::ErrorAfter(500),
        Self::ErrorBefore(502),
        Self::ErrorAfter(502),
        Self::ErrorBefore(503),
        Self::ErrorAfter(504),
        Self::Malformed,
        Self::Empty,
        Self::StoreErrorBefore,
        Self::StoreErrorAfter,
        Self::KilledBefore,
        Self::KilledInVain,
        Self::KilledAfter,
    ];

    /// Whether the process dies of it.
    pub const fn kills(self) -> bool {
        matches!(self, Self::KilledBefore | Self::KilledInVain | Self::KilledAfter)
    }
}
