//! Joins of a webinar under way while the attendance of a large webinar is processed: the latency of the events, when
//! people become Attended, and the calls that it takes.
//!
//! `cargo bench -p bench --bench live_joins` lets 10,000 people join at 40 a second. `-- JOINS PARTICIPANTS` sets other
//! numbers; PARTICIPANTS is the size of the other webinar.

use anyhow::{Context, ensure};
use bench::{Application, Figures, FilledStore, LargeWebinar, Size, StoreKind, add_member};
use domain::Email;
use fakes::marketo::subscription::{NewProgram, WEBINAR_CHANNEL, WEBINAR_PROGRAM};
use fakes::zoom::{EventSettings, NewWebinar};
use fakes::{marketo, zoom};
use futures::future::try_join_all;
use jiff::Timestamp;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::time::{Instant, sleep, sleep_until};

/// Default number of people who join.
const JOINS: usize = 10_000;

/// Joins per second.
const RATE: usize = 40;

/// Default number of participants of the other webinar. Processing them must outlast the joins.
const PARTICIPANTS: usize = 60_000;

/// Maximum number of people in a call of Marketo.
const BATCH: usize = 300;

/// Target p99 latency of an event, in milliseconds.
const AIM_MS: f64 = 300.0;

/// How often the scheduler calls.
const TICK_INTERVAL: Duration = Duration::from_secs(60);

/// How long people are waited for after the last join.
const PATIENCE: Duration = Duration::from_secs(120);

/// How often the people who are Attended are counted after the last join.
const COUNT_INTERVAL: Duration = Duration::from_secs(1);

/// The program with the webinar under way.
struct LiveProgram {
    program: i64,
    webinar: u64,
    people: Vec<Joiner>,
}

/// A person who joins.
struct Joiner {
    lead: i64,
    registrant: String,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    // Cargo passes `--bench`.
    let numbers: Vec<usize> = std::env::args()
        .skip(1)
        .filter(|arg| !arg.starts_with("--"))
        .map(|arg| arg.parse())
        .collect::<Result<_, _>>()
        .context("JOINS PARTICIPANTS")?;
    let joins = numbers.first().copied().unwrap_or(JOINS);
    let participants = numbers.get(1).copied().unwrap_or(PARTICIPANTS);

    let mut store = None;
    let prepare = |state_dir: &std::path::Path| {
        store = FilledStore::create(StoreKind::Sqlite, state_dir, 0)?;
        Ok(None)
    };
    let (zoom_options, marketo_options) = (zoom::Options::default(), marketo::Options::default());
    let app = Application::start_prepared(&[], "", zoom_options, marketo_options, prepare).await?;
    let store = store.context("no store")?;
    let service = app.admin.sign_in("Acme Webinars").await?;
    let live = LiveProgram::set_up(&app, &store, &service, joins).await?;
    let large_webinar = LargeWebinar::register(&app, &service, WEBINAR_PROGRAM, Size::of(participants)).await?;
    // Its people registered long ago, and not just now: no status change is news.
    app.admin
        .put(&format!("/catalog/programs/{WEBINAR_PROGRAM}/settings"), &json!({"automatic": false}))
        .await?
        .ok()?;
    large_webinar.hold(&app).await?;
    println!("a webinar with {participants} participants is being processed");

    let began = Instant::now();
    let measured = async {
        let took = live.join_all(&app).await?;
        let (at_end, last) = (live.attended(&app), Instant::now());
        while live.attended(&app) < joins && last.elapsed() < PATIENCE {
            sleep(COUNT_INTERVAL).await;
        }
        anyhow::Ok((took, at_end, last))
    };
    let (took, at_end, last) = tokio::select! {
        measured = measured => measured?,
        failed = schedule(&app) => return failed,
    };
    let phase = app.admin.get(&format!("/attendance/programs/{WEBINAR_PROGRAM}")).await?.ok()?["phase"].clone();
    println!(
        "{joins} joins in {:.0} s, {RATE} a second; processing continues ({phase})",
        began.elapsed().as_secs_f64()
    );
    let max = took.iter().max().copied().unwrap_or_default().as_secs_f64() * 1000.0;
    let figures = Figures::of(took, Duration::from_secs(1), Duration::ZERO, 0);
    println!(
        "events: p50 {:.2} ms, p99 {:.2} ms, max {max:.2} ms; aim: a p99 under {AIM_MS} ms",
        figures.p50, figures.p99
    );
    println!(
        "attended: {at_end} at the last join, {} of {joins} {:.1} s later",
        live.attended(&app),
        last.elapsed().as_secs_f64()
    );
    live.print_calls(&app, joins);
    print_warnings(&app);
    app.running.shutdown().await;
    Ok(())
}

/// Calls the tick every minute, as a scheduler does. Ends with an error only.
async fn schedule(app: &Application) -> anyhow::Result<()> {
    loop {
        app.admin.tick().await?;
        sleep(TICK_INTERVAL).await;
    }
}

impl LiveProgram {
    /// Connects a program to a webinar of now, with people whom the program registered.
    async fn set_up(app: &Application, store: &FilledStore, service: &str, people: usize) -> anyhow::Result<Self> {
        let marketo = &app.fakes.marketo;
        let (kind, channel) = ("Event with Webinar".to_owned(), WEBINAR_CHANNEL.to_owned());
        let program = NewProgram { id: None, name: "Live".to_owned(), kind, channel };
        let now = Timestamp::now();
        let program = marketo.arrange(|world| world.add_program(program, now));
        let webinar = app.fakes.zoom.add_webinar(NewWebinar { start_time: Some(now), ..NewWebinar::default() })?.id;
        let none = EventSettings { events: Some(Vec::new()), ..EventSettings::default() };
        app.fakes.zoom.set_events(none);
        let (mut members, mut records) = (Vec::new(), Vec::new());
        for n in 0..people {
            let (lead, registrant) = add_member(app, program, webinar, &email(n)).await?;
            let hash = Email::parse(&email(n)).context("no address")?.hash();
            let entry = json!({
                "v": 1, "program": program.to_string(), "lead": lead.to_string(), "at": now.to_string(),
                "outcome": {"registered": {"registrant": registrant.id, "join_url": registrant.join_url}},
                "adds": {"day": now.as_second().div_euclid(86_400), "count": 1},
            });
            records.push((format!("registration:{webinar}:{hash}"), entry));
            members.push(Joiner { lead, registrant: registrant.id });
        }
        store.write(&records)?;
        app.admin.connect(program, service, webinar).await?.ok()?;
        app.admin.put(&format!("/catalog/programs/{program}/settings"), &json!({"live": true})).await?.ok()?;
        Ok(Self { program, webinar, people: members })
    }

    /// Lets everyone join at `RATE`, without waiting for earlier answers. Returns the latency of each event, measured from
    /// its scheduled time.
    async fn join_all(&self, app: &Application) -> anyhow::Result<Vec<Duration>> {
        let client = reqwest::Client::new();
        let url = format!("{}/zoom/events", app.running.url());
        let start = Instant::now();
        let requests = self.people.iter().enumerate().map(|(n, person)| {
            let (client, url, zoom) = (&client, &url, &app.fakes.zoom);
            async move {
                let due = start + Duration::from_secs(1) * u32::try_from(n)? / u32::try_from(RATE)?;
                sleep_until(due).await;
                let body = joined(n, &person.registrant, self.webinar).to_string();
                let (timestamp, signature) = zoom.sign(body.as_bytes());
                let request = client.post(url).header("content-type", "application/json");
                let request = request.header("x-zm-request-timestamp", timestamp).header("x-zm-signature", signature);
                let answer = request.body(body).send().await?;
                let status = answer.status();
                answer.bytes().await?;
                ensure!(status == 200, "answered {status}");
                Ok(due.elapsed())
            }
        });
        try_join_all(requests).await
    }

    /// Returns how many people are Attended.
    fn attended(&self, app: &Application) -> usize {
        let is_attended = |person: &&Joiner| {
            app.fakes.marketo.member(self.program, person.lead).is_some_and(|member| member.status_name == "Attended")
        };
        self.people.iter().filter(is_attended).count()
    }

    /// Prints the calls that set the status. Marketo does not execute a call that it refuses because of a rate limit.
    fn print_calls(&self, app: &Application, joins: usize) {
        let status = format!("/rest/v1/programs/{}/members/status.json", self.program);
        let calls = app.fakes.marketo.log().matching("POST", &status);
        let (made, least) = (calls.len(), joins.div_ceil(BATCH));
        let refused: Vec<_> = calls.iter().filter_map(|call| call.refusal.as_deref()).collect();
        println!("Marketo calls: {made} of at least {least}: {:.2}; aim: at most 1.2", made as f64 / least as f64);
        println!("refused calls among them: {}, {:?}", refused.len(), refused.first());
    }
}

/// Prints how often each warning is in the log of the component.
fn print_warnings(app: &Application) {
    let mut counts = BTreeMap::new();
    let log = app.log("attendance_stderr.txt");
    for line in log.lines() {
        let name = line.split_once("WARN ").or_else(|| line.split_once("ERROR ")).map(|(_, event)| event);
        if let Some(name) = name.and_then(|event| event.split(' ').next()) {
            *counts.entry(name).or_insert(0) += 1;
        }
    }
    println!("warnings: {counts:?}");
}

fn joined(n: usize, registrant: &str, webinar: u64) -> Value {
    let participant = json!({
        "user_id": n.to_string(), "user_name": "Regis Trant", "id": "", "participant_user_id": "", "phone_number": "",
        "email": email(n), "registrant_id": registrant, "join_time": Timestamp::now().to_string(),
    });
    let object = json!({"id": webinar.to_string(), "uuid": "4444AAAiAAAAAiAiAiiAii==", "participant": participant});
    json!({"event": "webinar.participant_joined", "event_ts": n, "payload": {"account_id": "acc_1", "object": object}})
}

fn email(n: usize) -> String {
    format!("joiner{n}@customer.example.com")
}
