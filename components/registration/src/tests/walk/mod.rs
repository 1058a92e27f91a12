//! Random walks (R18): hosts, registrants and marketers act at random, events are lost, delayed, repeated and delivered out
//! of order, Zoom and Marketo fail for a while, and workers are killed. When all is quiet, ticks bring Zoom, the ledger and
//! every membership into agreement. What is right is computed from the state of the fakes.
//!
//! `WALKS` is the number of walks, `WALK_SEED` the only walk to run.

mod actions;
mod agreement;

use super::fixture::{Fixture, PROGRAM, email};
use super::following::OTHER_PROGRAM;
use domain::time::SignedDuration;

/// Number of walks in CI.
const WALKS: u64 = 1_000;

/// Number of tests that share the walks, so that they use several cores.
const SHARES: u64 = 4;

/// Number of random actions of a walk.
const ACTIONS: u64 = 12;

/// Leads of a walk. The last one is a duplicate of the first: both have one address.
const LEADS: u64 = 4;

/// A channel: its statuses with their steps.
type Channel = &'static [(&'static str, u32)];

/// Channels of different kinds.
const CHANNELS: [Channel; 3] = [
    // Marketo moves members in both directions.
    &[("Pending Approval", 40), ("Registered", 40), ("Registration Error", 40), ("Cancelled", 40), ("No Show", 50)],
    // Forward only.
    &[("Pending Approval", 20), ("Registered", 40), ("Registration Error", 40), ("Cancelled", 45), ("No Show", 50)],
    // Without a status for people who cancelled, or who wait.
    &[("Registered", 40), ("Registration Error", 40), ("No Show", 50)],
];

/// A deterministic source of random numbers.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

/// One walk.
struct Walk {
    fixture: Fixture,
    channel: Channel,
    dice: Dice,
    /// What was done, to be printed when the walk fails.
    log: Vec<String>,
}

impl Walk {
    async fn new(seed: u64) -> Self {
        let mut dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        dice.roll(2);
        let channel = CHANNELS[usize::try_from(dice.roll(3)).unwrap()];
        let fixture = Fixture::with_leads(LEADS).await;
        fixture.set_channel(PROGRAM, channel).await;
        fixture.connect_other_program().await;
        fixture.index(&[PROGRAM, OTHER_PROGRAM]).await;
        fixture.require_approval(dice.roll(2) == 0).await;
        let duplicate = super::fixture::lead_id(LEADS).try_into().unwrap();
        fixture.marketo.arrange(|subscription| {
            subscription.leads.set_email(duplicate, &address(LEADS), domain::time::Timestamp::UNIX_EPOCH);
        });
        Self { fixture, channel, dice, log: Vec::new() }
    }

    /// Lets everything become quiet: systems work, nobody acts, and ticks run for some hours.
    async fn calm_down(&mut self) {
        self.fixture.zoom.faults().clear();
        self.fixture.marketo.faults().clear();
        self.fixture.memory.run_background().await;
        for _ in 0..3 {
            self.fixture.memory.advance(SignedDuration::from_mins(31));
            self.fixture.tick().await;
            self.fixture.memory.run_background().await;
            // The echoes of what the tick did may be lost.
            self.fixture.drop_events();
        }
    }
}

/// Returns the address of a lead.
fn address(number: u64) -> String {
    email(if number == LEADS { 1 } else { number })
}

/// Runs one walk. Returns what does not agree in the end.
async fn walk(seed: u64) -> Vec<String> {
    let mut walk = Walk::new(seed).await;
    for _ in 0..ACTIONS {
        walk.act().await;
    }
    walk.calm_down().await;
    let mut differences = agreement::differences(&walk).await;
    if !differences.is_empty() {
        differences.insert(0, format!("channel {:?}", walk.channel));
        differences.splice(1..1, walk.log);
    }
    differences
}

async fn walks(share: u64) {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let seeds = match number("WALK_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("WALKS").unwrap_or(WALKS),
    };
    for seed in seeds.filter(|seed| seed % SHARES == share) {
        let differences = walk(seed).await;
        assert!(differences.is_empty(), "WALK_SEED={seed}\n{}", differences.join("\n"));
    }
}

#[tokio::test]
async fn r18_random_walks_end_in_agreement_with_zoom() {
    walks(0).await;
}

#[tokio::test]
async fn r18_random_walks_end_in_agreement_with_zoom_second_share() {
    walks(1).await;
}

#[tokio::test]
async fn r18_random_walks_end_in_agreement_with_zoom_third_share() {
    walks(2).await;
}

#[tokio::test]
async fn r18_random_walks_end_in_agreement_with_zoom_fourth_share() {
    walks(3).await;
}
