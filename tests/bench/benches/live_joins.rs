//! Joins of a webinar under way while the attendance of a large webinar is processed: the latency of the events, when
//! people become Attended, and the calls that it takes.
//!
//! `cargo bench -p bench --bench live_joins` lets 10,000 people join at 40 a second. `-- JOINS PARTICIPANTS` sets other
//! numbers; PARTICIPANTS is the size of the other webinar.

use anyhow::{Context, ensure};
use bench::{Application, Figures, FilledStore, LargeWebinar, Size, StoreKind};
use domain::Email;
use fakes::marketo::subscription::{NewProgram, WEBINAR_CHANNEL, WEBINAR_PROGRAM};
use fakes::zoom::NewWebinar;
use fakes::{marketo, zoom};
use futures::future::try_join_all;
use jiff::Timestamp;
use serde_json::{Value, json};
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

/// The program with the webinar under way.
struct LiveProgram {
    program: i64,
    webinar: u64,
    leads: Vec<i64>,
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
    large_webinar.hold(&app).await?;
    println!("a webinar with {participants} participants is being processed");

    let began = Instant::now();
    let measured = async {
        let took = live.join_all(&app).await?;
        let (at_end, last) = (live.attended(&app), Instant::now());
        while live.attended(&app) < joins && last.elapsed() < PATIENCE {
            sleep(Duration::from_millis(100)).await;
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
    let status = format!("/rest/v1/programs/{}/members/status.json", live.program);
    let (made, least) = (app.fakes.marketo.log().count("POST", &status), joins.div_ceil(BATCH));
    println!("Marketo calls: {made} of at least {least}: {:.2}; aim: at most 1.2", made as f64 / least as f64);
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
        app.admin.connect(program, service, webinar).await?.ok()?;
        app.admin.put(&format!("/catalog/programs/{program}/settings"), &json!({"live": true})).await?.ok()?;
        let (mut leads, mut records) = (Vec::new(), Vec::new());
        for n in 0..people {
            let lead = marketo.add_person("Regis", "Trant", &email(n));
            ensure!(marketo.set_member(program, lead, "Registered"), "no program {program}");
            let hash = Email::parse(&email(n)).context("no address")?.hash();
            let entry = json!({
                "v": 1, "program": program.to_string(), "lead": lead.to_string(), "at": now.to_string(),
                "outcome": {"registered": {"registrant": registrant(n), "join_url": "https://zoom.us/w/1?tk=1"}},
                "adds": {"day": 20_759, "count": 1},
            });
            records.push((format!("registration:{webinar}:{hash}"), entry));
            leads.push(lead);
        }
        store.write(&records)?;
        Ok(Self { program, webinar, leads })
    }

    /// Lets everyone join at `RATE`, without waiting for earlier answers. Returns the latency of each event, measured from
    /// its scheduled time.
    async fn join_all(&self, app: &Application) -> anyhow::Result<Vec<Duration>> {
        let client = reqwest::Client::new();
        let url = format!("{}/zoom/events", app.running.url());
        let start = Instant::now();
        let requests = (0..self.leads.len()).map(|n| {
            let (client, url, zoom) = (&client, &url, &app.fakes.zoom);
            async move {
                let due = start + Duration::from_secs(1) * u32::try_from(n)? / u32::try_from(RATE)?;
                sleep_until(due).await;
                let body = joined(n, self.webinar).to_string();
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
        let is_attended = |lead: &&i64| {
            app.fakes.marketo.member(self.program, **lead).is_some_and(|member| member.status_name == "Attended")
        };
        self.leads.iter().filter(is_attended).count()
    }
}

fn joined(n: usize, webinar: u64) -> Value {
    let participant = json!({
        "user_id": n.to_string(), "user_name": "Regis Trant", "id": "", "participant_user_id": "", "phone_number": "",
        "email": email(n), "registrant_id": registrant(n), "join_time": Timestamp::now().to_string(),
    });
    let object = json!({"id": webinar.to_string(), "uuid": "4444AAAiAAAAAiAiAiiAii==", "participant": participant});
    json!({"event": "webinar.participant_joined", "event_ts": n, "payload": {"account_id": "acc_1", "object": object}})
}

fn email(n: usize) -> String {
    format!("joiner{n}@customer.example.com")
}

fn registrant(n: usize) -> String {
    format!("registrant{n}")
}
