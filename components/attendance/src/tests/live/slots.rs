//! The slots that joins are written to: when they run out, and when they end.

use super::{joined_by, live};
use crate::tests::env::{TestEnv, WEBINAR};
use domain::Email;
use domain::records::{LiveJoin, LiveJoins, LiveJoinsKey, Record};
use domain::time::{SignedDuration, Timestamp};

const SLOTS: usize = 64;

/// Writes a slot of an instance that added joins until an instant.
async fn put(env: &TestEnv, slot: usize, until: Timestamp, joins: Vec<LiveJoin>) {
    let record = LiveJoins { v: LiveJoins::VERSION, by: 7, until, joins };
    env.ports().store().put(&LiveJoinsKey { webinar: WEBINAR.into(), slot }, &record).await.unwrap();
}

fn seconds(seconds: i64) -> SignedDuration {
    SignedDuration::from_secs(seconds)
}

/// Returns a join that nobody knows.
fn unknown(env: &TestEnv) -> LiveJoin {
    LiveJoin {
        at: env.now(),
        registrant: None,
        email: Email::parse("u@x.test").map(|email| email.hash()),
        leads: Vec::new(),
    }
}

#[tokio::test]
async fn r19_live_more_instances_than_slots_lose_no_one_while_marketo_is_down() {
    let mut env = live().await;
    let names: Vec<_> = (0..SLOTS + 6).map(|number| format!("r{number}")).collect();
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    env.push(&names).await;
    env.fail_marketo("611");
    for name in &names {
        env.restart(env.ports());
        env.advance(1);
        joined_by(&env, &[name]).await;
    }
    env.memory.kill_background();
    env.restore_marketo();
    env.tick_for(2).await;
    assert!(names.iter().all(|name| env.status(name) == "Attended"));
    assert!(env.live_keys("joins").is_empty());
}

#[tokio::test]
async fn r19_live_a_join_without_a_slot_is_left_to_the_run_after_the_webinar() {
    let env = live().await;
    env.push(&["r1", "r2"]).await;
    for slot in 0..SLOTS {
        // Of another instance, full, or unreadable.
        match slot % 3 {
            0 => put(&env, slot, env.now() + seconds(10), vec![unknown(&env)]).await,
            1 => put(&env, slot, env.now() - seconds(20), vec![unknown(&env); 200]).await,
            _ => {
                let key = format!("live-joins:{WEBINAR}:{slot}");
                env.ports().key_value.set(&key, b"not a record".to_vec()).await.unwrap();
            }
        }
    }
    let before = env.memory.dump();
    joined_by(&env, &["r1"]).await;
    let slots = |store: std::collections::BTreeMap<String, Vec<u8>>| {
        store.into_iter().filter(|(key, _)| key.starts_with("live-joins")).collect::<Vec<_>>()
    };
    assert_eq!(slots(env.memory.dump()), slots(before));
    env.memory.kill_background();
    // It does not hold up the next one.
    env.ports().key_value.delete(&format!("live-joins:{WEBINAR}:9")).await.unwrap();
    joined_by(&env, &["r2"]).await;
    env.memory.run_background().await;
    assert_eq!((env.status("r1"), env.status("r2")), ("Registered".into(), "Attended".into()));
}
