//! A crowd: more people than a page or a batch holds, some of whom registered on Zoom's own page, came or stayed away.

use super::past::{
    ABSENTEES, LEADS, MEMBERS, PAGE, PAST, REGISTRANTS, REPORT, STATUS, emails, lead_of, register_on_zoom, registered,
    status, tell_ends_only, throughout,
};
use crate::harness::Scene;
use fakes::marketo::world::WEBINAR_PROGRAM;
use fakes::zoom::{Attendance, Person};
use std::collections::BTreeMap;

/// Registered through Marketo, and how many of them come.
const LEADS_REGISTERED: usize = 650;
const LEADS_CAME: usize = 330;

/// Registered on Zoom's own page, and how many of them come.
const STRANGERS: usize = 330;
const STRANGERS_CAME: usize = 310;

/// So many come back after they left.
const REJOINS: usize = 20;

/// Everybody, registered, and what they will do.
pub struct Crowd {
    leads: Vec<i64>,
    strangers: Vec<String>,
}

impl Crowd {
    /// Registers everybody.
    pub async fn register(scene: &Scene) -> Self {
        tell_ends_only(scene);
        let leads = registered(scene, WEBINAR_PROGRAM, scene.webinar, &emails("lead", LEADS_REGISTERED)).await;
        let strangers = emails("stranger", STRANGERS);
        for email in &strangers {
            register_on_zoom(scene, scene.webinar, "Stran Ger", email).await;
        }
        Self { leads, strangers }
    }

    /// What they do.
    pub fn attendance(&self) -> Vec<Attendance> {
        let leads = emails("lead", LEADS_CAME);
        let came = leads.iter().chain(&self.strangers[..STRANGERS_CAME]);
        let back = leads[..REJOINS].iter().map(|email| Attendance::during(Person::Registrant(email.clone()), 60, 120));
        came.map(|email| throughout(email)).chain(back).collect()
    }

    /// Fails unless everybody is what they should be, each stranger one lead, and each status was set once.
    pub fn assert_accounted_for(&self, scene: &Scene) {
        for (place, &lead) in self.leads.iter().enumerate() {
            let expected = if place < LEADS_CAME { "Attended" } else { "No Show" };
            let history = scene.app.stage.marketo.status_history(WEBINAR_PROGRAM, lead);
            assert_eq!(history, ["Registered", expected], "lead {}", place + 1);
        }
        for (place, email) in self.strangers.iter().enumerate() {
            let expected = if place < STRANGERS_CAME { "Attended" } else { "No Show" };
            assert_eq!(status(scene, lead_of(scene, email)).as_deref(), Some(expected), "{email}");
        }
        let marketo = &scene.app.stage.marketo;
        assert_eq!(marketo.members(WEBINAR_PROGRAM).len(), LEADS_REGISTERED + STRANGERS);
        assert!(marketo.violations().is_empty(), "{:?}", marketo.violations());
    }

    /// What the console has to show: who attended, who did not, who is a new lead.
    pub const COUNTS: [u64; 3] = [
        (LEADS_CAME + STRANGERS_CAME) as u64,
        (LEADS_REGISTERED + STRANGERS - LEADS_CAME - STRANGERS_CAME) as u64,
        STRANGERS as u64,
    ];
}

/// How many calls of each kind there were.
pub type Calls = BTreeMap<&'static str, usize>;

/// As few as the sizes of pages and batches allow.
pub fn fewest() -> Calls {
    let pages = |people: usize| people.div_ceil(PAGE);
    let (strangers_away, leads_away) = (STRANGERS - STRANGERS_CAME, LEADS_REGISTERED - LEADS_CAME);
    let statuses = [LEADS_CAME, STRANGERS_CAME, leads_away, strangers_away];
    Calls::from([
        ("report", pages(LEADS_CAME + STRANGERS_CAME + REJOINS)),
        ("registrants", pages(LEADS_REGISTERED + STRANGERS)),
        ("absentees", pages(strangers_away + leads_away)),
        ("members", pages(LEADS_REGISTERED)),
        ("leads", pages(STRANGERS_CAME) + pages(strangers_away)),
        ("leads looked for", 0),
        ("statuses", statuses.into_iter().map(pages).sum()),
    ])
}

/// How many there were since the logs were cleared. The report is either of Zoom's two lists of participants.
pub fn made(scene: &Scene) -> Calls {
    let (zoom, marketo) = (scene.app.stage.zoom.log(), scene.app.stage.marketo.log());
    let leads = marketo.matching("POST", LEADS);
    let looked_for = leads.iter().filter(|call| call.query.contains_key("_method")).count();
    Calls::from([
        ("report", zoom.count("GET", REPORT) + zoom.count("GET", PAST)),
        ("registrants", zoom.count("GET", REGISTRANTS)),
        ("absentees", zoom.count("GET", ABSENTEES)),
        ("members", marketo.count("GET", MEMBERS)),
        ("leads", leads.len() - looked_for),
        ("leads looked for", looked_for),
        ("statuses", marketo.count("POST", STATUS)),
    ])
}

/// Forgets the calls so far.
pub fn clear_logs(scene: &Scene) {
    scene.app.stage.zoom.log().clear();
    scene.app.stage.marketo.log().clear();
}
