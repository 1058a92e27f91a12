//! A large webinar: who is registered, who comes, and how few calls it takes to account for them.

use crate::Application;
use anyhow::{Context, ensure};
use fakes::support::Log;
use fakes::zoom::{Attendance, EventSettings, HeldSession, NewRegistrant, NewWebinar, Person, Registrant};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Largest page of Zoom's, and largest page and batch of Marketo's.
const PAGE: usize = 300;

/// How many people there are.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    /// Registered through Marketo, and there.
    pub leads_came: usize,
    /// Registered through Marketo, and absent.
    pub leads_away: usize,
    /// Registered on Zoom's own page, and there.
    pub strangers_came: usize,
    /// Registered on Zoom's own page, and absent.
    pub strangers_away: usize,
}

impl Size {
    /// So many participants: 3 of 10 registered through Marketo, and for each 10 there are one more of those and two of
    /// the others who do not come.
    pub const fn of(participants: usize) -> Self {
        let leads_came = participants * 3 / 10;
        let strangers_came = participants - leads_came;
        Self { leads_came, leads_away: participants / 10, strangers_came, strangers_away: participants / 5 }
    }

    /// Everybody who is registered.
    pub const fn registered(self) -> usize {
        self.leads_came + self.leads_away + self.strangers_came + self.strangers_away
    }

    /// As few calls of each kind as the sizes of pages and batches allow.
    pub fn fewest_calls(self) -> BTreeMap<&'static str, usize> {
        let pages = |people: usize| people.div_ceil(PAGE);
        let statuses = [self.leads_came, self.strangers_came, self.leads_away, self.strangers_away];
        BTreeMap::from([
            ("zoom instances", 1),
            ("zoom report", pages(self.leads_came + self.strangers_came)),
            ("zoom registrants", pages(self.registered())),
            ("zoom absentees", pages(self.leads_away + self.strangers_away)),
            ("marketo members", pages(self.leads_came + self.leads_away)),
            ("marketo new leads", pages(self.strangers_came) + pages(self.strangers_away)),
            ("marketo statuses", statuses.into_iter().map(pages).sum()),
        ])
    }
}

/// A webinar with its crowd, connected to a program.
#[derive(Debug)]
pub struct Crowd {
    size: Size,
    webinar: u64,
}

impl Crowd {
    /// Registers a crowd for a webinar that a program is connected to, behind the application's back.
    ///
    /// # Errors
    /// When the stand-ins refuse something.
    pub async fn register(app: &Application, service: &str, program: i64, size: Size) -> anyhow::Result<Self> {
        let zoom = &app.fakes.zoom;
        let webinar = zoom.add_webinar(NewWebinar::default())?.id;
        app.admin.connect(program, service, webinar).await?.ok()?;
        let ends_only = EventSettings { events: Some(vec!["webinar.ended".to_owned()]), ..EventSettings::default() };
        zoom.set_events(ends_only);
        let crowd = Self { size, webinar };
        for n in 0..size.leads_came + size.leads_away {
            let registrant = crowd.add(app, &lead(n)).await?;
            let marketo = &app.fakes.marketo;
            let id = marketo.add_person("Regis", "Trant", &lead(n));
            ensure!(marketo.set_member(program, id, "Registered"), "there is no program {program}");
            let data = member_data(&registrant);
            let now = marketo.clock().now();
            let written = marketo.arrange(|world| world.write_member(program, id, data, now));
            written.map_err(|refusal| anyhow::anyhow!("refused: {refusal:?}"))?;
        }
        for n in 0..size.strangers_came + size.strangers_away {
            crowd.add(app, &stranger(n)).await?;
        }
        Ok(crowd)
    }

    async fn add(&self, app: &Application, email: &str) -> anyhow::Result<Registrant> {
        let details = [("org", "Acme Corporation"), ("phone", "+1 555 010 0100")];
        let new = NewRegistrant {
            email: email.to_owned(),
            first_name: "Regis".to_owned(),
            last_name: "Trant".to_owned(),
            details: details.map(|(name, text)| (name.to_owned(), text.to_owned())).into(),
            ..NewRegistrant::default()
        };
        app.fakes.zoom.register_on_zoom(self.webinar, new).await
    }

    /// Holds the webinar; the application is told that it ended.
    ///
    /// # Errors
    /// When it does not listen.
    pub async fn hold(&self, app: &Application) -> anyhow::Result<()> {
        let leads = (0..self.size.leads_came).map(lead);
        let came = leads.chain((0..self.size.strangers_came).map(stranger));
        // They come one after the other, and stay for half an hour or more.
        let stay = |(n, email): (usize, String)| {
            let seconds = i64::try_from(n % 600).unwrap_or_default();
            Attendance::during(Person::Registrant(email), seconds, 1_800 + seconds)
        };
        let attendance = came.enumerate().map(stay).collect();
        let held = app.fakes.zoom.hold_webinar(self.webinar, HeldSession { attendance, ..HeldSession::default() });
        let told = held.await?.delivery.context("nobody was told")?;
        ensure!(told.status == Some(200), "the end was answered with {:?}", told.status);
        Ok(())
    }

    /// How many calls of each kind the stand-ins have got.
    pub fn calls(app: &Application) -> BTreeMap<&'static str, usize> {
        let (zoom, marketo) = (app.fakes.zoom.log(), app.fakes.marketo.log());
        let looked_for = |log: &Log| {
            let calls = log.matching("POST", "/rest/v1/leads.json");
            (calls.iter().filter(|call| call.query.contains_key("_method")).count(), calls.len())
        };
        let (found, leads) = looked_for(marketo);
        BTreeMap::from([
            ("zoom instances", zoom.count("GET", "/v2/past_webinars/*/instances")),
            ("zoom report", zoom.count("GET", "/v2/report/webinars/*/participants")),
            ("zoom registrants", zoom.count("GET", "/v2/webinars/*/registrants")),
            ("zoom absentees", zoom.count("GET", "/v2/past_webinars/*/absentees")),
            ("marketo members", marketo.count("GET", "/rest/v1/programs/*/members.json")),
            ("marketo new leads", leads - found),
            ("marketo leads looked for", found),
            ("marketo statuses", marketo.count("POST", "/rest/v1/programs/*/members/status.json")),
        ])
    }
}

fn member_data(registrant: &Registrant) -> Map<String, Value> {
    let data = json!({"registrationCode": registrant.id, "webinarUrl": registrant.join_url});
    data.as_object().cloned().unwrap_or_default()
}

fn lead(n: usize) -> String {
    format!("lead{n}@customer.example.com")
}

fn stranger(n: usize) -> String {
    format!("stranger{n}@prospect.example.net")
}
