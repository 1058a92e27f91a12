//! A webinar with more people than a page or a batch contains. Some registered on Zoom's page; some attended, some
//! stayed away.

use super::support::{
    ABSENTEES, LEADS, MEMBERS, PAGE, PAST, REGISTRANTS, REPORT, STATUS, emails, lead_of, register_on_zoom, registered,
    send_end_events_only, status, throughout,
};
use crate::harness::Fixture;
use fakes::marketo::subscription::WEBINAR_PROGRAM;
use fakes::support::Entry;
use fakes::zoom::{Attendance, Person};
use std::collections::BTreeMap;

/// Number of leads registered through Marketo, and how many of them attend.
const LEADS_REGISTERED: usize = 650;
const LEADS_ATTENDED: usize = 330;

/// Number of people registered on Zoom's page, and how many of them attend.
const ZOOM_REGISTRANTS: usize = 330;
const ZOOM_REGISTRANTS_ATTENDED: usize = 310;

/// Number of leads who leave and join again.
const REJOINS: usize = 20;

/// The registrants of the webinar.
pub struct LargeWebinar {
    leads: Vec<i64>,
    zoom_registrants: Vec<String>,
}

impl LargeWebinar {
    /// Registers all of them.
    pub async fn register(fixture: &Fixture) -> Self {
        send_end_events_only(fixture);
        let leads = registered(fixture, WEBINAR_PROGRAM, fixture.webinar, &emails("lead", LEADS_REGISTERED)).await;
        let zoom_registrants = emails("stranger", ZOOM_REGISTRANTS);
        for email in &zoom_registrants {
            register_on_zoom(fixture, fixture.webinar, "Cara Stone", email).await;
        }
        Self { leads, zoom_registrants }
    }

    /// Returns the attendance of each registrant.
    pub fn attendance(&self) -> Vec<Attendance> {
        let leads = emails("lead", LEADS_ATTENDED);
        let attended = leads.iter().chain(&self.zoom_registrants[..ZOOM_REGISTRANTS_ATTENDED]);
        let back = leads[..REJOINS].iter().map(|email| Attendance::during(Person::Registrant(email.clone()), 60, 120));
        attended.map(|email| throughout(email)).chain(back).collect()
    }

    /// Fails unless each person has the expected status, each registrant of Zoom's page is one lead, and each status
    /// was set once.
    pub fn assert_statuses(&self, fixture: &Fixture) {
        for (place, &lead) in self.leads.iter().enumerate() {
            let expected = if place < LEADS_ATTENDED { "Attended" } else { "No Show" };
            let history = fixture.app.env.marketo.status_history(WEBINAR_PROGRAM, lead);
            assert_eq!(history, ["Registered", expected], "lead {}", place + 1);
        }
        for (place, email) in self.zoom_registrants.iter().enumerate() {
            let expected = if place < ZOOM_REGISTRANTS_ATTENDED { "Attended" } else { "No Show" };
            assert_eq!(status(fixture, lead_of(fixture, email)).as_deref(), Some(expected), "{email}");
        }
        let marketo = &fixture.app.env.marketo;
        assert_eq!(marketo.members(WEBINAR_PROGRAM).len(), LEADS_REGISTERED + ZOOM_REGISTRANTS);
        assert!(marketo.violations().is_empty(), "{:?}", marketo.violations());
    }

    /// The expected counts: attended, no show, new leads.
    pub const COUNTS: [u64; 3] = [
        (LEADS_ATTENDED + ZOOM_REGISTRANTS_ATTENDED) as u64,
        (LEADS_REGISTERED + ZOOM_REGISTRANTS - LEADS_ATTENDED - ZOOM_REGISTRANTS_ATTENDED) as u64,
        ZOOM_REGISTRANTS as u64,
    ];
}

/// Number of calls of each kind.
pub type Calls = BTreeMap<&'static str, usize>;

/// Returns the minimum number of calls, given the page and batch sizes.
pub fn fewest_calls() -> Calls {
    let pages = |people: usize| people.div_ceil(PAGE);
    let (zoom_registrants_absent, leads_absent) =
        (ZOOM_REGISTRANTS - ZOOM_REGISTRANTS_ATTENDED, LEADS_REGISTERED - LEADS_ATTENDED);
    let statuses = [LEADS_ATTENDED, ZOOM_REGISTRANTS_ATTENDED, leads_absent, zoom_registrants_absent];
    Calls::from([
        ("report", pages(LEADS_ATTENDED + ZOOM_REGISTRANTS_ATTENDED + REJOINS)),
        ("registrants", pages(LEADS_REGISTERED + ZOOM_REGISTRANTS)),
        ("absentees", pages(zoom_registrants_absent + leads_absent)),
        ("members", pages(LEADS_REGISTERED)),
        ("leads", pages(ZOOM_REGISTRANTS_ATTENDED) + pages(zoom_registrants_absent)),
        ("lead lookups", 0),
        ("statuses", statuses.into_iter().map(pages).sum()),
    ])
}

/// Returns the number of calls since the logs were cleared. `report` counts both of Zoom's participant lists.
pub fn calls_made(fixture: &Fixture) -> Calls {
    let (zoom, marketo) = (fixture.app.env.zoom.log(), fixture.app.env.marketo.log());
    let leads = marketo.matching("POST", LEADS);
    let lookups = leads.iter().filter(|call| call.query.contains_key("_method")).count();
    Calls::from([
        ("report", zoom.count("GET", REPORT) + zoom.count("GET", PAST)),
        ("registrants", approved(&zoom.matching("GET", REGISTRANTS)).count()),
        ("absentees", zoom.count("GET", ABSENTEES)),
        ("members", marketo.count("GET", MEMBERS)),
        ("leads", leads.len() - lookups),
        ("lead lookups", lookups),
        ("statuses", marketo.count("POST", STATUS)),
    ])
}

/// Returns the calls that list approved registrants. The others list denied ones.
pub fn approved(calls: &[Entry]) -> impl Iterator<Item = &Entry> {
    calls.iter().filter(|call| call.query.get("status").is_some_and(|status| status == "approved"))
}

/// Clears the logs of both fakes.
pub fn clear_logs(fixture: &Fixture) {
    fixture.app.env.zoom.log().clear();
    fixture.app.env.marketo.log().clear();
}
