//! Lead partitions of Marketo, and leads that were merged (R11, R20).

use super::env::{PROGRAM, TestEnv, problem, summary, throughout};
use domain::records::LeadPartition;
use serde_json::json;

/// A webinar in which two people were who are no members: `a`, and `b`. The partition Europe is there besides the default one.
async fn held() -> TestEnv {
    let env = TestEnv::new().await;
    env.marketo.arrange(|subscription| subscription.leads.partitions.insert(2, "Europe".into()));
    env.register(&["a", "b"]).await;
    env.end_webinar_with(throughout(&["a", "b"])).await;
    env.advance(35);
    env
}

async fn choose_europe(env: &TestEnv) {
    let europe = LeadPartition { id: 2, name: "Europe".to_owned() };
    env.change_connection(|connection| connection.lead_partition = Some(europe)).await;
}

/// Moves a lead to Europe.
fn move_to_europe(env: &TestEnv, lead: u64) {
    let lead = i64::try_from(lead).unwrap();
    env.marketo.arrange(|subscription| subscription.leads.by_id.get_mut(&lead).unwrap().partition = 2);
}

/// Returns the partitions of the leads with an address.
fn partitions(env: &TestEnv, email: &str) -> Vec<i64> {
    env.marketo.leads_by_email(email).iter().map(|lead| lead.partition).collect()
}

#[tokio::test]
async fn r11_leads_are_created_in_the_partition_of_the_connection() {
    let env = held().await;
    env.marketo.arrange(|subscription| subscription.leads.is_partition_required = true);
    // Without one, Marketo takes nobody, and people are told what to do.
    let view = env.sync().await;
    assert_eq!((summary(&view), problem(&view)), (("settling".into(), 0, 0, 0), "MARKETO_UNAVAILABLE"));
    let detail = view["problem"]["detail"].as_str().unwrap();
    assert!(detail.contains("rejected 2 people") && detail.contains("name it in the program's settings"), "{detail}");

    choose_europe(&env).await;
    let view = env.sync().await;
    assert_eq!((summary(&view), problem(&view)), (("settling".into(), 2, 0, 2), "none"));
    assert_eq!((partitions(&env, "a@x.test"), partitions(&env, "b@x.test")), (vec![2], vec![2]));
    assert_eq!((env.status("a"), env.status("b")), ("Attended".into(), "Attended".into()));
}

#[tokio::test]
async fn r11_a_lead_of_the_connections_partition_is_preferred_and_one_of_another_is_taken() {
    let env = held().await;
    choose_europe(&env).await;
    let (older, european) = (env.lead("a@x.test"), env.lead("a@x.test"));
    move_to_europe(&env, european);
    let elsewhere = env.lead("b@x.test");
    let view = env.sync().await;
    assert_eq!((summary(&view), problem(&view)), (("settling".into(), 2, 0, 0), "none"));
    assert_eq!(env.status_of(PROGRAM, european).as_deref(), Some("Attended"));
    assert_eq!(env.status_of(PROGRAM, older), None);
    // Nobody disappears because the lead is in another partition.
    assert_eq!(env.status_of(PROGRAM, elsewhere).as_deref(), Some("Attended"));
}

#[tokio::test]
async fn r20_the_lead_of_a_registrant_that_was_merged_is_found_by_its_address() {
    let env = held().await;
    let left = env.lead("a@x.test");
    // The ledger has the lead that lost.
    env.add_ledger_entry("a@x.test", PROGRAM, 999_999).await;
    let view = env.sync().await;
    assert_eq!((summary(&view), &view["refused"]), (("settling".into(), 2, 0, 1), &json!(0)));
    assert_eq!(env.status_of(PROGRAM, left).as_deref(), Some("Attended"));
}
