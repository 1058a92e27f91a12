//! The people of a very large webinar, by number. Arithmetic determines their data and attendance, so that the fakes
//! and the expectations share no list.

use serde_json::{Value, json};

/// The size of a group; all groups are alike.
pub(super) const GROUP: u64 = 13;

/// The start of the webinar, in seconds of Unix time: the start of the simulated clock.
pub(super) const START: i64 = 1_793_610_000;

/// A registrant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Registrant(pub(super) u64);

impl Registrant {
    fn place(self) -> u64 {
        self.0 % GROUP
    }

    /// Returns whether the registrant came through Marketo, as four of a group did; the others registered on Zoom's
    /// page.
    pub(super) fn is_through_marketo(self) -> bool {
        self.place() < 4
    }

    /// Returns whether the registrant is absent, as three of a group are; one of them came through Marketo.
    pub(super) fn is_absent(self) -> bool {
        matches!(self.place(), 3 | 11 | 12)
    }

    /// Returns whether the registrant has a lead from the start, as some who registered on Zoom's page do.
    pub(super) fn has_lead(self) -> bool {
        self.is_through_marketo() || self.0 % 130 == 7 || self.0 % 130 == 11
    }

    /// Returns the number of joins.
    pub(super) fn joins(self) -> u64 {
        if self.is_absent() { 0 } else { 1 + u64::from(self.place() == 5) }
    }

    pub(super) fn id(self) -> String {
        format!("Rg{:017}xyz", self.0)
    }

    pub(super) fn email(self) -> String {
        format!("Person.{}@company-{}.test", self.0, self.0 % 997)
    }

    /// Returns the id of the lead that exists from the start.
    pub(super) const fn lead(self) -> u64 {
        500_000 + self.0
    }

    /// Returns the row of the registrants.
    pub(super) fn listed(self) -> Value {
        json!({"id": self.id(), "email": self.email(), "first_name": format!("First{}", self.0),
            "last_name": format!("Last{}", self.0), "org": format!("Company {}", self.0 % 997), "phone": "+1 555 0100",
            "join_url": format!("https://zoom.test/w/9?tk={}", self.id()), "status": "approved"})
    }

    /// Returns the row of the report for one join.
    pub(super) fn row(self, joined: u64) -> Value {
        let time = |second: i64| domain::time::Timestamp::from_second(START + second).unwrap().to_string();
        let from = (self.0 % 600) as i64 + 1500 * joined as i64;
        json!({"id": "", "user_id": "16778240", "name": format!("First{} Last{}", self.0, self.0),
            "user_email": self.email(), "registrant_id": self.id(), "join_time": time(from),
            "leave_time": time(from + 1200), "duration": 1200, "status": "in_meeting", "failover": false})
    }
}

/// Returns the registrant with an address.
pub(super) fn with_email(email: &str) -> Registrant {
    let number = email.split(['.', '@']).nth(1).unwrap();
    Registrant(number.parse().unwrap())
}
