//! Claims on chunks and leads between instances.

use super::fixture::{Fixture, PROGRAM};
use crate::store::failures;
use crate::store::outbox::{self, NewChunk};
use domain::records::{Callback, Failure, OutboxId, OutboxLead};
use domain::time::SignedDuration;
use domain::{LeadId, Sensitive};
use futures::future::join;

fn callback() -> Callback {
    Callback { url: "http://marketo.test".into(), token: "t".into(), api_key: "k".into(), munchkin_id: "m".into() }
}

fn chunk() -> NewChunk {
    let fields = Sensitive::new(Vec::new());
    let leads = vec![OutboxLead { id: 1.into(), fields, choice: None, status: None, is_forgotten: false }];
    NewChunk { callback: callback(), program: Some(PROGRAM.into()), source: None, slot: 7, leads }
}

#[tokio::test]
async fn a_chunk_that_two_instances_accept_at_once_is_run_by_one() {
    let fixture = Fixture::new().await;
    let (first, second, id) = (fixture.state(), fixture.state(), OutboxId::of(&callback(), b""));
    let (one, two) = join(outbox::write(&first, &id, chunk()), outbox::write(&second, &id, chunk())).await;
    // In memory the first write is visible to the second instance.
    let one = outbox::confirm(&first, one.unwrap().unwrap()).await.unwrap();
    assert!(one.is_some() && two.unwrap().is_none());
}

#[tokio::test]
async fn a_claimed_chunk_is_taken_over_once_its_claim_expires() {
    let fixture = Fixture::new().await;
    let (first, second, id) = (fixture.state(), fixture.state(), OutboxId::of(&callback(), b""));
    let written = outbox::write(&first, &id, chunk()).await.unwrap().unwrap();
    let owned = outbox::confirm(&first, written).await.unwrap().unwrap();
    assert!(outbox::take_over(&second, &id).await.unwrap().is_none());
    fixture.memory.advance(SignedDuration::from_secs(15));
    let taken = outbox::take_over(&second, &id).await.unwrap().unwrap();
    assert_eq!((taken.head.runs, taken.head.worker_crashed), (2, true));

    // The first owner was too slow: it stops, and neither renews nor releases what another one has.
    outbox::renew_claim(&first, &owned).await;
    outbox::release(&first, &owned, None).await;
    outbox::callback_failed(&first, &owned, 1, None).await.unwrap();
    let head = outbox::load_head(&second, &id).await.unwrap().unwrap();
    assert_eq!((head.claim, head.callback_tries), (taken.head.claim, 0));

    // A released chunk is taken over at once, and no crash is assumed.
    outbox::release(&second, &taken, None).await;
    let mut head = outbox::load_head(&second, &id).await.unwrap().unwrap();
    assert_eq!(head.claim, None);
    head.worker_crashed = false;
    let key = domain::records::OutboxKey { id: id.clone() };
    second.ports.store().put(&key, &head).await.unwrap();
    let taken = outbox::take_over(&first, &id).await.unwrap().unwrap();
    assert_eq!((taken.head.runs, taken.head.worker_crashed), (3, false));
}

#[tokio::test]
async fn a_failed_lead_is_claimed_by_one_of_two_concurrent_retries() {
    let fixture = Fixture::new().await;
    let (first, second, lead) = (fixture.state(), fixture.state(), LeadId::from(1));
    let failure = Failure { tries: 1, ..failures::before_first_attempt(&first, PROGRAM.into(), lead, false, None) };
    failures::write(&first, &failure).await.unwrap();
    let failed = [failure];
    let (one, two) = join(failures::claim_all(&first, &failed), failures::claim_all(&second, &failed)).await;
    let (one, two) = (one.unwrap(), two.unwrap());
    assert_eq!(one.len() + two.len(), 1);

    // The claim expires a minute later, when the tick retries the lead.
    fixture.memory.advance(SignedDuration::from_mins(1));
    let successor = failures::claim_all(&second, &failed).await.unwrap();
    assert_eq!(successor.len(), 1);
    let before = [one, two].concat();
    assert!(failures::read_claimed(&first, &before[0]).await.unwrap().is_none());
    assert!(failures::read_claimed(&second, &successor[0]).await.unwrap().is_some());
}
