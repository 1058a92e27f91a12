//! A world: one webinar, what became of it, and everyone concerned. Times are minutes since the world began.

/// How long before the planned start a session belongs to the plan, with a margin, in minutes.
pub(super) const QUIET: i64 = 75;

/// How long after the planned end a session belongs to the plan, with a margin, in minutes.
pub(super) const QUIET_AFTER: i64 = 250;

/// How long after the end of a session Zoom completes its report, in minutes.
pub(super) const COMPLETE: i64 = 28;

/// Everything that happens.
#[derive(Debug, Clone)]
pub(super) struct World {
    pub(super) has_registration: bool,
    /// Whether the host approves registrations one by one.
    pub(super) is_manual: bool,
    /// The planned times, the current one last.
    pub(super) plans: Vec<Plan>,
    /// The sessions by start.
    pub(super) sessions: Vec<Session>,
    pub(super) people: Vec<Person>,
    /// Further requests of the admin and the scheduler: when, and whether it is a sync.
    pub(super) requests: Vec<(i64, bool)>,
    /// When the scheduler is out of order, from and to.
    pub(super) outage: Option<(i64, i64)>,
    pub(super) timing: Timing,
    /// Whether Zoom lets the app read the absentees.
    pub(super) lists_absentees: bool,
    pub(super) no_show_after: i64,
    /// Whether the channel has the status Cancelled.
    pub(super) has_cancelled: bool,
    /// Whether another program is connected to the webinar.
    pub(super) has_sibling: bool,
    pub(super) page_size: usize,
    /// Whether answers have rows and values that are odd, and the seed of these.
    pub(super) oddness: Option<u64>,
}

/// A planned time.
#[derive(Debug, Clone, Copy)]
pub(super) struct Plan {
    /// When the host planned it.
    pub(super) at: i64,
    pub(super) start: i64,
    pub(super) minutes: i64,
    /// Whether the connection of the program has it.
    pub(super) is_told: bool,
}

impl Plan {
    pub(super) const fn end(&self) -> i64 {
        self.start + self.minutes
    }
}

/// A session of the webinar.
#[derive(Debug, Clone)]
pub(super) struct Session {
    pub(super) start: i64,
    pub(super) end: i64,
    /// Whether people other than the own side may come.
    pub(super) is_open: bool,
    /// Whether Zoom's events reach the application.
    pub(super) started_arrives: bool,
    pub(super) ended_arrives: bool,
    /// Whether Zoom sends the event of the end again, and how long after it.
    pub(super) ended_again: Option<i64>,
    /// Whether the process is killed after it answered the event of the end.
    pub(super) kills_worker: bool,
}

/// How Zoom's lists develop after the end of a session, in minutes.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Timing {
    pub(super) delay: i64,
    pub(super) zero_durations: i64,
    pub(super) growth: i64,
    pub(super) listing: i64,
    pub(super) absentees: i64,
}

/// A person.
#[derive(Debug, Clone)]
pub(super) struct Person {
    pub(super) role: Role,
    /// The spelling of the address: plain, with a plus, or in capitals.
    pub(super) spelling: i64,
    /// What Marketo knows of the person before the webinar.
    pub(super) in_marketo: InMarketo,
    pub(super) stays: Vec<Stay>,
}

/// What a person is to the webinar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// Registered at Zoom.
    Registrant(Registration),
    /// Not registered; Zoom knows the address of those who come.
    Visitor,
    /// Not registered to this webinar, but to another one through the same program.
    OfOtherWebinar,
    /// A caller by phone.
    Caller,
    Host,
    /// An alternative host, who may be a user of the account.
    AlternativeHost {
        is_user: bool,
    },
    Panelist,
    /// A user of the host's account.
    Colleague,
}

/// A registration at Zoom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Registration {
    pub(super) via: Via,
    pub(super) fate: Fate,
    /// Whether the registrant is an alternative host too.
    pub(super) is_alternative_host: bool,
}

/// How a person registered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Via {
    /// Through the program: the member has the registrant id.
    Program,
    /// Through another program.
    Sibling,
    /// On Zoom's page.
    ZoomPage,
}

/// What became of a registration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    Stands,
    /// Never approved.
    Pending,
    /// Denied or cancelled by the host, or cancelled by the person, at a time.
    Ended {
        at: i64,
        how: &'static str,
    },
    /// Cancelled by the person, who registered again. Whether the member has the second registrant id.
    Renewed {
        is_known: bool,
    },
    /// Denied, and approved again.
    Restored,
    /// Registered under a wrong address, which was corrected in Marketo afterwards. Whether the person registered again
    /// under the right one, and whether they use the link of the first registration.
    Corrected {
        is_renewed: bool,
        uses_first: bool,
    },
}

/// What Marketo knows of a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum InMarketo {
    Nothing,
    /// A number of leads with the address, none of which is a member.
    Leads(usize),
    /// A member with a status.
    Member(&'static str),
}

/// The time that a person was in a session.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stay {
    pub(super) session: usize,
    /// Seconds after the start of the session.
    pub(super) from: i64,
    pub(super) seconds: i64,
    pub(super) is_waiting: bool,
    /// How many minutes after the end of the session Zoom's report has the row.
    pub(super) late: i64,
    pub(super) fields: RowFields,
    /// Whether Zoom does not say how long it lasted.
    pub(super) is_endless: bool,
}

/// Which identifiers a row has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RowFields {
    Id,
    Email,
    Both,
}

impl Person {
    /// Returns whether the person belongs to the webinar's own side.
    pub(super) const fn is_own_side(&self) -> bool {
        match self.role {
            Role::Host | Role::AlternativeHost { .. } | Role::Panelist | Role::Colleague => true,
            Role::Registrant(registration) => registration.is_alternative_host,
            _ => false,
        }
    }

    /// Returns the person's registration at Zoom.
    pub(super) const fn registration(&self) -> Option<Registration> {
        match self.role {
            Role::Registrant(registration) => Some(registration),
            _ => None,
        }
    }

    /// Returns the address of the person with a number.
    pub(super) fn email(&self, number: usize) -> String {
        match self.spelling % 3 {
            0 => format!("p{number}@x.test"),
            1 => format!("p{number}+web@x.test"),
            _ => format!("P{number}@X.test"),
        }
    }

    /// Returns the address in another spelling.
    pub(super) fn other_spelling(&self, number: usize) -> String {
        let email = self.email(number);
        if self.spelling % 2 == 0 { email.to_uppercase() } else { email.to_lowercase() }
    }

    /// Returns the wrong address under which the person registered first.
    pub(super) fn wrong_email(number: usize) -> String {
        format!("typo{number}@x.test")
    }
}
