//! The minute's tick, the console's program page and the memory of instances with 1,000, 100,000 and 1,000,000 records in the
//! store, on SQLite and on Redis.
//!
//! `cargo bench -p bench --bench store_size` prints, for each size, medians and their ratio to the baseline, 50 requests to a
//! component that reads one variable and answers, measured between them. `flat` is that ratio relative to the one with the
//! fewest records: 1 means that the number of records does not matter. `-- 1000 50000` sets other sizes.
//!
//! The hourly maintenance, which lists the store, is measured apart.

use anyhow::Context;
use bench::{Application, FilledStore, PROBE_MANIFEST, PROBE_PATH, StoreKind, median};
use fakes::marketo::subscription::WEBINAR_PROGRAM;
use fakes::zoom::NewWebinar;
use fakes::{marketo, zoom};
use futures::future::try_join_all;
use std::time::{Duration, Instant};

/// Default numbers of records.
const SIZES: [usize; 3] = [1_000, 100_000, 1_000_000];

/// Number of rounds, each of which measures everything once.
const ROUNDS: usize = 25;

/// How long the rounds of one store may take. At least [`MIN_ROUNDS`] are made.
const TIME_LIMIT: Duration = Duration::from_secs(120);

/// Minimum number of rounds.
const MIN_ROUNDS: usize = 3;

/// Number of requests of the baseline: one alone is too short to compare with.
const PROBES: usize = 50;

/// The largest acceptable ratio of the last size to the first.
const AIM: f64 = 1.5;

/// The components whose memory is shown.
const COMPONENTS: [&str; 4] = ["attendance", "catalog", "oauth", "registration"];

/// Measurements of a store.
struct Measured {
    records: usize,
    /// Milliseconds of the tick, and its ratio to the baseline.
    tick: (f64, f64),
    /// Milliseconds of the program page, and its ratio to the baseline.
    page: (f64, f64),
    /// The largest peak memory of an instance, in bytes, before the maintenance ran.
    memory: u64,
    /// Seconds of the tick with the hourly maintenance, and the largest peak memory after it.
    maintenance: (f64, u64),
    /// Milliseconds of the tick after it.
    next_tick: f64,
    /// Number of requests that were answered with an error.
    failed: usize,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    // Cargo passes `--bench`.
    let given = std::env::args().skip(1).filter(|arg| !arg.starts_with("--")).map(|arg| arg.parse());
    let given: Vec<usize> = given.collect::<Result<_, _>>().context("RECORDS...")?;
    let sizes = if given.is_empty() { SIZES.to_vec() } else { given };
    for kind in [StoreKind::Sqlite, StoreKind::Redis] {
        print_header(kind);
        let (mut first, mut flat) = (None, [1.0; 3]);
        for &records in &sizes {
            let Some(measured) = measure(kind, records).await? else { break };
            flat = print_row(first.as_ref().unwrap_or(&measured), &measured);
            first.get_or_insert(measured);
        }
        let [tick, page, memory] = flat;
        println!(
            "of the last row to the first: tick {tick:.2}, page {page:.2}, memory {memory:.2}; aim: at most {AIM}"
        );
    }
    Ok(())
}

/// Measures an application with `records` records. Returns `None` where there is no such store.
async fn measure(kind: StoreKind, records: usize) -> anyhow::Result<Option<Measured>> {
    let mut store = None;
    // Marketo's and Zoom's limits are not the subject.
    let marketo = marketo::Options { rate_limit: usize::MAX, ..marketo::Options::default() };
    let zoom = zoom::Options { plan: zoom::Plan::Unlimited, ..zoom::Options::default() };
    let app = Application::start_prepared(&["probe"], PROBE_MANIFEST, zoom, marketo, |state_dir| {
        store = FilledStore::create(kind, state_dir, records)?;
        Ok(store.as_ref().and_then(FilledStore::runtime_config))
    });
    let app = app.await?;
    let Some(store) = store else { return Ok(None) };
    let service = app.admin.sign_in("Acme Webinars").await?;
    let webinar = app.fakes.zoom.add_webinar(NewWebinar::default())?.id;
    app.admin.connect(WEBINAR_PROGRAM, &service, webinar).await?.ok()?;

    let mut failed = 0;
    let (mut ticks, mut pages, mut baselines) = (Vec::new(), Vec::new(), Vec::new());
    let began = Instant::now();
    // Round 0 warms up.
    for round in 0..=ROUNDS {
        if round > MIN_ROUNDS && began.elapsed() > TIME_LIMIT {
            break;
        }
        let (tick, tick_failed) = timed(async { Ok(usize::from(app.admin.tick().await?.status != 200)) }).await?;
        let (page, page_failed) = timed(program_page(&app)).await?;
        let (baseline, ()) = timed(probe(&app)).await?;
        failed += tick_failed + page_failed;
        if round > 0 {
            ticks.push(tick);
            pages.push(page);
            baselines.push(baseline);
        }
    }
    let memory = peak_memory(&app);
    store.make_maintenance_due()?;
    let (maintenance, _) = timed(app.admin.tick()).await?;
    let maintenance = (maintenance / 1000.0, peak_memory(&app));
    let (next_tick, _) = timed(app.admin.tick()).await?;
    let measured = Measured {
        records,
        tick: with_ratio(&ticks, &baselines),
        page: with_ratio(&pages, &baselines),
        memory,
        maintenance,
        next_tick,
        failed,
    };
    app.running.shutdown().await;
    Ok(Some(measured))
}

/// Sends the requests of the baseline.
async fn probe(app: &Application) -> anyhow::Result<()> {
    for _ in 0..PROBES {
        app.admin.get(PROBE_PATH).await?.ok()?;
    }
    Ok(())
}

/// Sends the requests of the console's page of a program. Returns the number of errors.
async fn program_page(app: &Application) -> anyhow::Result<usize> {
    let catalog = format!("/catalog/programs/{WEBINAR_PROGRAM}");
    let first = try_join_all([catalog.as_str(), "/oauth/services"].map(|path| app.admin.get(path))).await?;
    let [registration, attendance] =
        ["registration", "attendance"].map(|component| format!("/{component}/programs/{WEBINAR_PROGRAM}"));
    let second = [registration.as_str(), attendance.as_str(), "/registration/failures"];
    let second = try_join_all(second.map(|path| app.admin.get(path))).await?;
    Ok(first.iter().chain(&second).filter(|answer| answer.status != 200).count())
}

/// Returns the milliseconds that something took, and its result.
async fn timed<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<(f64, T)> {
    let began = Instant::now();
    let result = work.await?;
    Ok((began.elapsed().as_secs_f64() * 1000.0, result))
}

/// Returns the median, and the median of the ratios to what was measured in the same round.
fn with_ratio(measured: &[f64], baselines: &[f64]) -> (f64, f64) {
    let ratios = measured.iter().zip(baselines).map(|(measured, baseline)| measured / baseline);
    (median(measured.iter().copied()), median(ratios))
}

/// Returns the largest peak memory of any instance of any component, in bytes.
fn peak_memory(app: &Application) -> u64 {
    COMPONENTS.iter().filter_map(|component| app.running.peak_memory(component)).max().unwrap_or_default()
}

fn print_header(kind: StoreKind) {
    println!("\n{kind:?}: medians of up to {ROUNDS} rounds");
    println!(
        "{:>9} {:>9} {:>9} {:>6} {:>9} {:>9} {:>6} {:>8} {:>6} {:>7} {:>13} {:>8} {:>12}",
        "records",
        "tick ms",
        "/baseline",
        "flat",
        "page ms",
        "/baseline",
        "flat",
        "MiB",
        "flat",
        "errors",
        "maintenance s",
        "MiB",
        "next tick ms"
    );
}

/// Prints a row, and returns its ratios to the first row: of the tick, the page and the memory.
fn print_row(first: &Measured, one: &Measured) -> [f64; 3] {
    let mib = |bytes: u64| bytes as f64 / f64::from(1 << 20);
    let flat = [one.tick.1 / first.tick.1, one.page.1 / first.page.1, one.memory as f64 / first.memory as f64];
    println!(
        "{:9} {:9.1} {:9.2} {:6.2} {:9.1} {:9.2} {:6.2} {:8.1} {:6.2} {:7} {:13.1} {:8.1} {:12.1}",
        one.records,
        one.tick.0,
        one.tick.1,
        flat[0],
        one.page.0,
        one.page.1,
        flat[1],
        mib(one.memory),
        flat[2],
        one.failed,
        one.maintenance.0,
        mib(one.maintenance.1),
        one.next_tick,
    );
    flat
}
