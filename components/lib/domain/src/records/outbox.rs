//! Flow-step chunks that were accepted and not yet called back. Written by `registration` alone.

use crate::code::Problem;
use crate::ids::{LeadId, ProgramId};
use crate::sensitive::Sensitive;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;

/// An outbox record's id: a digest of what makes the chunk the same when Marketo delivers it twice.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OutboxId(String);

impl OutboxId {
    /// From the chunk's one-time callback token and URL.
    pub fn of(callback: &Callback) -> Self {
        let text = format!("{}\n{}", callback.url, callback.token.expose());
        Self(super::hex_digest(text.as_bytes())[..32].to_owned())
    }

    /// Reads the id out of an outbox key; `None` for other keys and for the further parts of a chunk.
    pub fn from_key(key: &str) -> Option<Self> {
        let id = key.strip_prefix("outbox:")?;
        (id.len() == 32 && id.bytes().all(|b| b.is_ascii_hexdigit())).then(|| Self(id.to_owned()))
    }
}

impl fmt::Display for OutboxId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A chunk. Its first leads are here, the others in [`OutboxPart`]s, which are written first: a chunk whose head can
/// be read is whole.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Outbox {
    /// Record version.
    pub v: u32,
    /// When it was accepted.
    pub accepted_at: Timestamp,
    /// Until when the instance that works on it may be taken for alive. The tick takes over later than this.
    pub claimed_until: Timestamp,
    /// How often work on it began.
    pub runs: u32,
    /// Whether whoever worked on it last has not given it up.
    #[serde(default)]
    pub at_work: bool,
    /// Whether somebody died over it. Then each of its leads may have cost an add call that nobody noted (R12).
    #[serde(default)]
    pub died: bool,
    /// How often its callback was refused or did not get through.
    #[serde(default)]
    pub callback_tries: u32,
    /// Why it was given up; kept for the console, and not worked on any more.
    #[serde(default)]
    pub problem: Option<Problem>,
    /// Where its outcome goes.
    pub callback: Callback,
    /// The program of the smart campaign, if it is in one.
    pub program: Option<ProgramId>,
    /// Whether that program was connected when the chunk was accepted. If it is not any more, its account may have
    /// removed the app, and then nothing may stay (R17).
    #[serde(default)]
    pub was_connected: bool,
    /// Leads of the first part.
    pub leads: Vec<Lead>,
    /// How many further parts there are.
    pub more_parts: usize,
}

/// Further leads of a chunk.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct OutboxPart {
    /// Record version.
    pub v: u32,
    /// The leads.
    pub leads: Vec<Lead>,
}

/// Whom the extension was asked about while a chunk was worked on again. An extension that traps takes its instance
/// down; what is written here before each question tells the next run on which lead.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Questioned {
    /// Record version.
    pub v: u32,
    /// The lead that the extension is asked about right now.
    pub now: Option<LeadId>,
    /// Leads during whose question the process died, once for each time.
    pub died: Vec<LeadId>,
}

/// How to call back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Callback {
    /// Where; it was checked against `marketo_callback_url`.
    pub url: String,
    /// The one-time token.
    pub token: Sensitive,
    /// For the callback's `x-api-key`.
    pub api_key: Sensitive,
    /// The subscription.
    pub munchkin_id: String,
}

/// One lead of a chunk, as Marketo sent it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lead {
    /// Who.
    pub id: LeadId,
    /// Every field that Marketo sent, by its service attribute.
    pub fields: Sensitive<Vec<(String, String)>>,
    /// The flow step's choice: a webinar id, or `program`.
    pub choice: Option<String>,
    /// The lead's program status, where Marketo told it.
    pub status: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_delivery_has_the_same_id_and_parts_are_not_heads() {
        let callback =
            Callback { url: "https://x".into(), token: "t".into(), api_key: "k".into(), munchkin_id: "1".into() };
        let id = OutboxId::of(&callback);
        assert_eq!(id, OutboxId::of(&callback));
        assert_ne!(id, OutboxId::of(&Callback { token: "u".into(), ..callback }));
        assert_eq!(OutboxId::from_key(&format!("outbox:{id}")), Some(id.clone()));
        assert_eq!(OutboxId::from_key(&format!("outbox:{id}:2")), None);
        assert_eq!(OutboxId::from_key("service:x"), None);
    }
}
