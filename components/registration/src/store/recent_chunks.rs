//! The chunks that an instance accepted lately. A store may show an instance's own writes late, and a chunk is deleted
//! after its callback, so a chunk that is delivered again is recognized here first.

use domain::records::OutboxId;
use domain::time::{SignedDuration, Timestamp};
use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

/// How long a chunk is remembered. Marketo delivers a chunk again when it got no answer, within seconds.
const KEPT_FOR: SignedDuration = SignedDuration::from_mins(5);

/// Maximum number of remembered chunks.
const MAX_CHUNKS: usize = 1000;

/// The chunks that were accepted lately, oldest first.
#[derive(Debug, Default)]
pub struct RecentChunks(Mutex<VecDeque<(Timestamp, OutboxId)>>);

impl RecentChunks {
    /// Remembers a chunk that the store has.
    pub fn insert(&self, id: OutboxId, now: Timestamp) {
        let mut chunks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        while chunks.len() >= MAX_CHUNKS || chunks.front().is_some_and(|(at, _)| *at + KEPT_FOR < now) {
            chunks.pop_front();
        }
        chunks.push_back((now, id));
    }

    /// Returns whether a chunk was accepted lately.
    pub fn contains(&self, id: &OutboxId, now: Timestamp) -> bool {
        let chunks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        chunks.iter().any(|(at, known)| known == id && now <= *at + KEPT_FOR)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::records::Callback;

    #[test]
    fn a_chunk_is_remembered_for_some_minutes_and_the_number_of_chunks_is_bounded() {
        let id = |token: usize| {
            let (token, url) = (token.to_string().into(), "u".to_owned());
            OutboxId::of(&Callback { url, token, api_key: "k".into(), munchkin_id: "m".into() }, b"")
        };
        let (chunks, now) = (RecentChunks::default(), Timestamp::UNIX_EPOCH);
        chunks.insert(id(0), now);
        assert!(chunks.contains(&id(0), now + KEPT_FOR) && !chunks.contains(&id(1), now));
        assert!(!chunks.contains(&id(0), now + KEPT_FOR + SignedDuration::from_secs(1)));
        for token in 1..=MAX_CHUNKS {
            chunks.insert(id(token), now);
        }
        assert!(!chunks.contains(&id(0), now) && chunks.contains(&id(MAX_CHUNKS), now));
    }
}
