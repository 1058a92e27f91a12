//! A large webinar: its registrants, its participants, and the minimum number of calls to process them.

use crate::Application;
use anyhow::{Context, ensure};
use fakes::support::Log;
use fakes::zoom::{Attendance, EventSettings, HeldSession, NewRegistrant, NewWebinar, Person, Registrant};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Zoom's maximum page size, and Marketo's maximum page and batch size.
const PAGE: usize = 300;

/// Number of people per group.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    /// Registered through Marketo and attended.
    pub leads_attended: usize,
    /// Registered through Marketo and absent.
    pub leads_absent: usize,
    /// Registered on Zoom's page and attended.
    pub zoom_registrants_attended: usize,
    /// Registered on Zoom's page and absent.
    pub zoom_registrants_absent: usize,
}

impl Size {
    /// Derives the groups from the number of participants. 3 of 10 participants registered through Marketo. For each 10
    /// participants, one Marketo registrant and two registrants of Zoom's page are absent.
    pub const fn of(participants: usize) -> Self {
        let leads_attended = participants * 3 / 10;
        let zoom_registrants_attended = participants - leads_attended;
        Self {
            leads_attended,
            leads_absent: participants / 10,
            zoom_registrants_attended,
            zoom_registrants_absent: participants / 5,
        }
    }

    /// Returns the number of registrants.
    pub const fn registered(self) -> usize {
        self.leads_attended + self.leads_absent + self.zoom_registrants_attended + self.zoom_registrants_absent
    }

    /// Returns the minimum number of calls of each kind, given the page and batch sizes.
    pub fn fewest_calls(self) -> BTreeMap<&'static str, usize> {
        let pages = |people: usize| people.div_ceil(PAGE);
        let statuses =
            [self.leads_attended, self.zoom_registrants_attended, self.leads_absent, self.zoom_registrants_absent];
        BTreeMap::from([
            ("zoom instances", 1),
            ("zoom report", pages(self.leads_attended + self.zoom_registrants_attended)),
            ("zoom registrants", pages(self.registered())),
            ("zoom absentees", pages(self.leads_absent + self.zoom_registrants_absent)),
            ("marketo members", pages(self.leads_attended + self.leads_absent)),
            ("marketo new leads", pages(self.zoom_registrants_attended) + pages(self.zoom_registrants_absent)),
            ("marketo statuses", statuses.into_iter().map(pages).sum()),
        ])
    }
}

/// A webinar with many registrants, connected to a program.
#[derive(Debug)]
pub struct LargeWebinar {
    size: Size,
    webinar: u64,
}

impl LargeWebinar {
    /// Adds a webinar with its registrants directly to the fakes and connects `program` to it.
    ///
    /// # Errors
    /// Fails when a fake rejects a request.
    pub async fn register(app: &Application, service: &str, program: i64, size: Size) -> anyhow::Result<Self> {
        let zoom = &app.fakes.zoom;
        let webinar = zoom.add_webinar(NewWebinar::default())?.id;
        app.admin.connect(program, service, webinar).await?.ok()?;
        let ends_only = EventSettings { events: Some(vec!["webinar.ended".to_owned()]), ..EventSettings::default() };
        zoom.set_events(ends_only);
        let large_webinar = Self { size, webinar };
        for n in 0..size.leads_attended + size.leads_absent {
            add_member(app, program, webinar, &lead(n)).await?;
        }
        for n in 0..size.zoom_registrants_attended + size.zoom_registrants_absent {
            add_registrant(app, webinar, &zoom_registrant(n)).await?;
        }
        Ok(large_webinar)
    }

    /// Holds the webinar as planned; Zoom sends its end event to the application.
    ///
    /// # Errors
    /// Fails when the application does not accept the event.
    pub async fn hold(&self, app: &Application) -> anyhow::Result<()> {
        let leads = (0..self.size.leads_attended).map(lead);
        let attended = leads.chain((0..self.size.zoom_registrants_attended).map(zoom_registrant));
        // Participants join one after the other and stay for at least half an hour.
        let stay = |(n, email): (usize, String)| {
            let seconds = i64::try_from(n % 600).unwrap_or_default();
            Attendance::during(Person::Registrant(email), seconds, 1_800 + seconds)
        };
        let attendance = attended.enumerate().map(stay).collect();
        let held = app.fakes.zoom.hold_as_planned(self.webinar, HeldSession { attendance, ..HeldSession::default() });
        let delivery = held.await?.delivery.context("the end event was not sent")?;
        ensure!(delivery.status == Some(200), "the end event was answered with {:?}", delivery.status);
        Ok(())
    }

    /// Returns the number of calls of each kind that the fakes received.
    pub fn calls(app: &Application) -> BTreeMap<&'static str, usize> {
        let (zoom, marketo) = (app.fakes.zoom.log(), app.fakes.marketo.log());
        let lookups = |log: &Log| {
            let calls = log.matching("POST", "/rest/v1/leads.json");
            (calls.iter().filter(|call| call.query.contains_key("_method")).count(), calls.len())
        };
        let (found, leads) = lookups(marketo);
        BTreeMap::from([
            ("zoom instances", zoom.count("GET", "/v2/past_webinars/*/instances")),
            ("zoom report", zoom.count("GET", "/v2/report/webinars/*/participants")),
            ("zoom registrants", zoom.count("GET", "/v2/webinars/*/registrants")),
            ("zoom absentees", zoom.count("GET", "/v2/past_webinars/*/absentees")),
            ("marketo members", marketo.count("GET", "/rest/v1/programs/*/members.json")),
            ("marketo new leads", leads - found),
            ("marketo lead lookups", found),
            ("marketo statuses", marketo.count("POST", "/rest/v1/programs/*/members/status.json")),
        ])
    }
}

/// Registers a person in Zoom and makes them a member of a program with link and registrant id, as `registration` does.
/// Returns the lead and the registrant.
///
/// # Errors
/// Fails when a fake rejects a request.
pub async fn add_member(
    app: &Application,
    program: i64,
    webinar: u64,
    email: &str,
) -> anyhow::Result<(i64, Registrant)> {
    let registrant = add_registrant(app, webinar, email).await?;
    let marketo = &app.fakes.marketo;
    let lead = marketo.add_person("Regis", "Trant", email);
    ensure!(marketo.set_member(program, lead, "Registered"), "no program {program}");
    let (data, now) = (member_data(&registrant), marketo.clock().now());
    let written = marketo.arrange(|world| world.write_member(program, lead, data, now));
    written.map_err(|refusal| anyhow::anyhow!("refused: {refusal:?}"))?;
    Ok((lead, registrant))
}

async fn add_registrant(app: &Application, webinar: u64, email: &str) -> anyhow::Result<Registrant> {
    let details = [("org", "Acme Corporation"), ("phone", "+1 555 010 0100")];
    let new = NewRegistrant {
        email: email.to_owned(),
        first_name: "Regis".to_owned(),
        last_name: "Trant".to_owned(),
        details: details.map(|(name, text)| (name.to_owned(), text.to_owned())).into(),
        ..NewRegistrant::default()
    };
    app.fakes.zoom.register_on_zoom(webinar, new).await
}

fn member_data(registrant: &Registrant) -> Map<String, Value> {
    let data = json!({"registrationCode": registrant.id, "webinarUrl": registrant.join_url});
    data.as_object().cloned().unwrap_or_default()
}

fn lead(n: usize) -> String {
    format!("lead{n}@customer.example.com")
}

fn zoom_registrant(n: usize) -> String {
    format!("stranger{n}@prospect.example.net")
}
