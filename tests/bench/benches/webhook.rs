//! Registrations by the webhook beside the floor: the same key-value and outbound calls and nothing else. The two take
//! turns, so that whatever else the machine does befalls both; what is printed are medians over the rounds.
//!
//! `cargo bench -p bench` measures 8 at once and one after the other. `-- ROUNDS LEADS` sets how many rounds there are and
//! how many leads each has.

use anyhow::Context;
use bench::{Contender, Figures, Stage, median};

/// How many requests are under way at once: as many as Zoom takes of one chunk, and one.
const AT_ONCE: [usize; 2] = [8, 1];

/// Rounds of each contender unless told otherwise: enough for a median that the next run repeats.
const ROUNDS: usize = 15;

/// Leads of a round unless told otherwise: 99 of 100 is then the fourth slowest.
const LEADS: usize = 400;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    // Cargo adds `--bench`.
    let numbers: Vec<usize> = std::env::args()
        .skip(1)
        .filter(|arg| !arg.starts_with("--"))
        .map(|arg| arg.parse())
        .collect::<Result<_, _>>()
        .context("ROUNDS LEADS")?;
    let [rounds, leads] = [(0, ROUNDS), (1, LEADS)].map(|(place, usual)| numbers.get(place).copied().unwrap_or(usual));
    let mut stage = Stage::start().await?;
    for at_once in AT_ONCE {
        measure(&mut stage, rounds, leads, at_once).await?;
    }
    Ok(())
}

async fn measure(stage: &mut Stage, rounds: usize, leads: usize, at_once: usize) -> anyhow::Result<()> {
    let (mut ours, mut floor) = (Vec::new(), Vec::new());
    // The first of each warms up.
    for round in 0..=rounds {
        // Who begins changes.
        let mut turns = [Contender::Registration, Contender::Floor];
        turns.rotate_left(round % 2);
        for who in turns {
            let figures = stage.round(who, leads, at_once).await?;
            if round > 0 {
                match who {
                    Contender::Registration => ours.push(figures),
                    Contender::Floor => floor.push(figures),
                }
            }
        }
    }
    println!("{rounds} rounds of {leads} leads, {at_once} at once; medians");
    println!("{:14} {:>9} {:>9} {:>9} {:>7} {:>7}", "", "per s", "p50 ms", "p99 ms", "CPU ms", "calls");
    let row = |name: &str, rounds: &[Figures]| {
        let of = |figure: fn(&Figures) -> f64| median(rounds.iter().map(figure));
        let (throughput, p50) = (of(|one| one.throughput), of(|one| one.p50));
        let (p99, calls) = (of(|one| one.p99), of(|one| one.calls));
        let cpu = of(|one| one.cpu);
        println!("{name:14} {throughput:9.1} {p50:9.2} {p99:9.2} {cpu:7.2} {calls:7.2}");
    };
    row("registration", &ours);
    row("floor", &floor);
    // Of rounds that were neighbours, which shared the machine's moods.
    let ratio = |figure: fn(&Figures) -> f64| {
        let mut ratios: Vec<_> = ours.iter().zip(&floor).map(|(ours, floor)| figure(ours) / figure(floor)).collect();
        ratios.sort_by(f64::total_cmp);
        let quarter = ratios.len() / 4;
        let (low, high) = (ratios.get(quarter), ratios.get(ratios.len() - 1 - quarter));
        let [low, high] = [low, high].map(|ratio| ratio.copied().unwrap_or_default());
        format!("{:.3} ({low:.3} to {high:.3})", median(ratios))
    };
    println!("of the floor's throughput: {}; aim: at least 0.9", ratio(|one| one.throughput));
    println!("of the floor's p50:        {}", ratio(|one| one.p50));
    println!("of the floor's p99:        {}; aim: at most 1.25", ratio(|one| one.p99));
    println!("of the floor's CPU time:   {}", ratio(|one| one.cpu));
    println!("(median of the rounds' ratios, and the middle half of them)\n");
    Ok(())
}
