//! Ten thousand people who join within five minutes, and events that come at once.

use super::joined;
use crate::tests::env::{EnvOptions, PROGRAM, TestEnv, address};
use async_trait::async_trait;
use domain::time::SignedDuration;
use fakes::zoom::NewWebinar;
use futures::future::join_all;
use marketo_client::BATCH;
use platform::Ports;
use platform::ports::{Clock, KeyValue, StoreError};
use platform::testing::in_memory::InMemoryPorts;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

const PEOPLE: usize = 10_000;
const SECONDS: usize = 300;

/// A store that counts writes, and takes some time for each.
struct CountingStore {
    inner: Arc<dyn KeyValue>,
    clock: Arc<dyn Clock>,
    latency: SignedDuration,
    writes: Arc<AtomicUsize>,
}

impl CountingStore {
    async fn count(&self) {
        self.writes.fetch_add(1, Ordering::SeqCst);
        if self.latency > SignedDuration::ZERO {
            self.clock.sleep(self.latency).await;
        }
    }
}

#[async_trait]
impl KeyValue for CountingStore {
    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.inner.get(key).await
    }

    async fn set(&self, key: &str, value: Vec<u8>) -> Result<(), StoreError> {
        self.count().await;
        self.inner.set(key, value).await
    }

    async fn delete(&self, key: &str) -> Result<(), StoreError> {
        self.count().await;
        self.inner.delete(key).await
    }

    async fn keys(&self, prefix: &str) -> Result<Vec<String>, StoreError> {
        self.inner.keys(prefix).await
    }
}

/// Returns an environment with people registered by the program, their leads, and the number of writes from now on.
async fn with_people(people: usize, latency: SignedDuration) -> (TestEnv, Vec<u64>, Arc<AtomicUsize>) {
    let writes = Arc::new(AtomicUsize::new(0));
    let counter = writes.clone();
    let ports = move |memory: &InMemoryPorts| {
        let ports = memory.ports();
        let (inner, clock) = (ports.key_value.clone(), ports.clock.clone());
        Ports { key_value: Arc::new(CountingStore { inner, clock, latency, writes: counter }), ..ports }
    };
    let env = TestEnv::over(ports, NewWebinar::default(), EnvOptions { page_size: 300 }).await;
    env.set_live(PROGRAM, true).await;
    let mut leads = Vec::new();
    for number in 0..people {
        let (name, registrant) = (format!("r{number}"), format!("id{number}"));
        let lead = env.lead(&address(&name));
        env.add_member(PROGRAM, lead, "Registered", &registrant);
        env.add_ledger_entry_of(&address(&name), PROGRAM, lead, &registrant).await;
        leads.push(lead);
    }
    env.memory.forbid_listings();
    writes.store(0, Ordering::SeqCst);
    (env, leads, writes)
}

async fn join(env: &TestEnv, number: usize) {
    let event = joined(&format!("r{number}"), &format!("id{number}"), env.now());
    assert_eq!(env.event(&event).await.0, 200);
}

fn attended(env: &TestEnv, leads: &[u64]) -> usize {
    leads.iter().filter(|lead| env.status_of(PROGRAM, **lead).as_deref() == Some("Attended")).count()
}

#[tokio::test]
async fn r19_live_ten_thousand_people_who_join_in_five_minutes_are_all_attended() {
    let (env, leads, writes) = with_people(PEOPLE, SignedDuration::ZERO).await;
    let began = env.now();
    let play = async {
        for second in 0..SECONDS {
            for number in PEOPLE * second / SECONDS..PEOPLE * (second + 1) / SECONDS {
                join(&env, number).await;
            }
            let next = began + SignedDuration::from_secs(i64::try_from(second).unwrap() + 1);
            env.ports().clock.sleep(next.duration_since(env.now())).await;
        }
        assert!(attended(&env, &leads) + 2 * BATCH > PEOPLE, "people are written while others join");
    };
    env.memory.run_with_background(play).await;
    assert_eq!((attended(&env, &leads), env.status_changes().len()), (PEOPLE, PEOPLE));
    let least = PEOPLE.div_ceil(BATCH);
    assert!(env.marketo_calls() * 10 <= least * 12, "{} calls, the least are {least}", env.marketo_calls());
    // One for each event, as none shares a write here, and those of the worker.
    let writes = writes.load(Ordering::SeqCst);
    assert!(writes < PEOPLE + PEOPLE / 50, "{writes} writes");
    assert!(env.live_keys("joins").is_empty() && env.live_keys("worker").is_empty());
}

#[tokio::test]
async fn r19_live_events_that_come_at_once_share_a_write_and_are_answered_soon() {
    let (env, _, writes) = with_people(64, SignedDuration::from_millis(5)).await;
    let began = env.now();
    join_all((0..64).map(|number| join(&env, number))).await;
    assert!(env.now() < began + SignedDuration::from_millis(300), "{}", env.now().duration_since(began));
    assert!(writes.load(Ordering::SeqCst) <= 4, "{writes:?} writes");
    env.memory.run_background().await;
    assert_eq!((env.status_changes().len(), env.status_calls()), (64, 1));
}
