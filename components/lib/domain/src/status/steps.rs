//! What Marketo does not do because of a channel's steps (R16): it moves members to equal or higher steps only.

use super::channel::ProgressionStatus;
use super::meaning::Meaning;

/// A change of status that people go through, from one meaning to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StatusChange {
    /// The meaning of the status before.
    pub from: Meaning,
    /// The meaning of the status that the application sets.
    pub to: Meaning,
}

/// Every change that the application makes.
pub const STATUS_CHANGES: [StatusChange; 9] = {
    use Meaning::{Attended, Cancelled, Denied, NoShow, Pending, Registered, RegistrationError};
    const fn change(from: Meaning, to: Meaning) -> StatusChange {
        StatusChange { from, to }
    }
    [
        change(Registered, Attended),
        change(Registered, NoShow),
        change(NoShow, Attended),
        change(Registered, RegistrationError),
        change(RegistrationError, Registered),
        change(Registered, Pending),
        change(Pending, Registered),
        change(Registered, Cancelled),
        change(Registered, Denied),
    ]
};

/// Why Marketo left a member's status as it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeptStatus {
    /// The member has the status, or is past it by a better one, which is success.
    Reached,
    /// The channel's steps make the change impossible.
    Backwards,
    /// For another reason.
    Unexplained,
}

impl KeptStatus {
    /// Explains why a member kept the status `present`, which has the meaning `meaning`, instead of getting `wanted`.
    pub fn of(present: &ProgressionStatus, meaning: Option<Meaning>, wanted: &ProgressionStatus, to: Meaning) -> Self {
        if present.name == wanted.name || meaning.is_some_and(|meaning| is_better(meaning, to)) {
            return Self::Reached;
        }
        match meaning {
            _ if present.step <= wanted.step => Self::Unexplained,
            Some(_) => Self::Backwards,
            // A later status of the customer's own, to which a user moved the member.
            None => Self::Reached,
        }
    }
}

/// Returns whether a member whose status has a meaning needs no other one.
const fn is_better(present: Meaning, wanted: Meaning) -> bool {
    use Meaning::{Attended, AttendedOnDemand, Cancelled, Denied, NoShow};
    match wanted {
        Attended => matches!(present, Attended | AttendedOnDemand),
        NoShow => matches!(present, Attended | AttendedOnDemand | Cancelled | Denied),
        Cancelled | Denied => matches!(present, Attended | AttendedOnDemand | NoShow | Cancelled | Denied),
        _ => matches!(present, Attended | AttendedOnDemand | NoShow),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(present: (Option<Meaning>, i64), to: (Meaning, i64)) -> KeptStatus {
        let status = |name: String, step| ProgressionStatus { name, step };
        let wanted = status(to.0.as_str().to_owned(), to.1);
        let name = present.0.map_or("own", Meaning::as_str).to_owned();
        KeptStatus::of(&status(name, present.1), present.0, &wanted, to.0)
    }

    #[test]
    fn r16_past_a_status_by_a_better_one_and_steps_that_lead_backwards_are_told_apart() {
        use Meaning::{Attended, Cancelled, NoShow, Pending, Registered, RegistrationError};
        for (present, to, expected) in [
            ((Some(Attended), 40), (NoShow, 30), KeptStatus::Reached),
            ((Some(NoShow), 30), (NoShow, 30), KeptStatus::Reached),
            ((Some(Cancelled), 35), (NoShow, 30), KeptStatus::Reached),
            ((Some(Attended), 40), (Registered, 20), KeptStatus::Reached),
            ((None, 90), (Attended, 40), KeptStatus::Reached),
            ((Some(Registered), 40), (NoShow, 30), KeptStatus::Backwards),
            ((Some(Registered), 40), (RegistrationError, 30), KeptStatus::Backwards),
            ((Some(Registered), 40), (Pending, 20), KeptStatus::Backwards),
            ((Some(NoShow), 50), (Attended, 40), KeptStatus::Backwards),
            ((Some(Registered), 20), (NoShow, 30), KeptStatus::Unexplained),
            ((None, 10), (NoShow, 30), KeptStatus::Unexplained),
        ] {
            assert_eq!(kept(present, to), expected, "{present:?} {to:?}");
        }
    }
}
