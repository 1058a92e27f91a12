//! Flow-step chunks that were accepted and whose callback is not done. Only `registration` writes these records.

use super::lease::{Lease, Leased};
use super::record::Record;
use super::source::RecordSource;
use crate::error_code::Problem;
use crate::first_version;
use crate::ids::{LeadId, ProgramId};
use crate::sensitive::Sensitive;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Id of an outbox record: a digest of what is the same when Marketo delivers a chunk twice.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OutboxId(String);

impl OutboxId {
    /// Derives the id from the chunk's callback URL and one-time token. Without a token, the address need not differ
    /// between chunks, so the chunk's body decides.
    pub fn of(callback: &Callback, body: &[u8]) -> Self {
        let token = callback.token.expose();
        let by_body = if token.is_empty() { crate::digest::sha256_hex(body) } else { String::new() };
        let text = format!("{}\n{token}{by_body}", callback.url);
        Self(crate::digest::sha256_hex(text.as_bytes())[..32].to_owned())
    }

    /// Returns a number from the id, evenly distributed over 16 bits.
    pub fn number(&self) -> usize {
        self.0.get(..4).and_then(|digits| usize::from_str_radix(digits, 16).ok()).unwrap_or_default()
    }

    /// Parses an id; `None` if the text is not 32 lower-case hexadecimal digits.
    pub fn parse(text: &str) -> Option<Self> {
        let fits = text.len() == 32 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        fits.then(|| Self(text.to_owned()))
    }
}

impl fmt::Display for OutboxId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A chunk. Its first leads are here, the others in [`OutboxPart`]s, which are written first and deleted last: a part that
/// the head names and that is absent is not visible yet.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Outbox {
    /// Record version.
    pub v: u32,
    /// When it was accepted.
    pub accepted_at: Timestamp,
    /// The claim of the worker that processes it. The tick takes the chunk over when the claim is released or expired.
    #[serde(default)]
    pub claim: Option<Lease>,
    /// Number of runs that were started.
    pub runs: u32,
    /// Whether a worker crashed while processing it. Then each lead may have cost an add call that was not recorded (R12).
    #[serde(default)]
    pub worker_crashed: bool,
    /// Number of leads without an outcome after the last run; `None` before the first run ended.
    #[serde(default)]
    pub open_leads: Option<usize>,
    /// When a run last left fewer leads without an outcome, or the first run ended.
    #[serde(default)]
    pub progress_at: Option<Timestamp>,
    /// Number of runs whose callback failed.
    #[serde(default)]
    pub callback_tries: u32,
    /// How far its end is, if its account removed the app (R17).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ending: Option<ChunkEnding>,
    /// Why it was given up. Such a chunk is kept for the console and is not processed any more.
    #[serde(default)]
    pub problem: Option<Problem>,
    /// Receiver of the outcome.
    pub callback: Callback,
    /// The program of the smart campaign; `None` for a campaign outside a program.
    pub program: Option<ProgramId>,
    /// Whether that program was connected when the chunk was accepted. If it is not any more, the Zoom account may have
    /// removed the app, and then the chunk has to be deleted (R17).
    #[serde(default)]
    pub was_connected: bool,
    /// The service of that program, by which its account is known (R17).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<RecordSource>,
    /// The slot that names it, by which the tick finds it; `None` in records of earlier builds.
    #[serde(default)]
    pub slot: Option<usize>,
    /// The leads of the first part.
    pub leads: Vec<OutboxLead>,
    /// Number of further parts.
    pub more_parts: usize,
}

/// The end of a chunk whose account removed the app (R17).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChunkEnding {
    /// Number of callbacks that failed since it began.
    pub callback_tries: u32,
    /// No callback is sent before this.
    pub next_callback: Timestamp,
}

impl Leased for Outbox {
    fn lease(&self) -> Option<Lease> {
        self.claim
    }
}

/// A slot: names an open chunk. There is a fixed number of slots, so that open chunks are found without a listing of keys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChunkSlot {
    /// Record version.
    pub v: u32,
    /// The chunk.
    pub chunk: OutboxId,
    /// When the chunk took the slot. Its head is written after that.
    pub at: Timestamp,
    /// The chunk's program.
    #[serde(default)]
    pub program: Option<ProgramId>,
    /// Number of the chunk's leads.
    #[serde(default)]
    pub leads: usize,
}

/// An index of chunks that were given up. Their heads keep ids and problem only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GivenUpChunks {
    /// Record version.
    pub v: u32,
    /// The chunks.
    pub chunks: Vec<OutboxId>,
}

impl Default for GivenUpChunks {
    fn default() -> Self {
        Self { v: Self::VERSION, chunks: Vec::new() }
    }
}

/// Further leads of a chunk.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct OutboxPart {
    /// Record version.
    pub v: u32,
    /// When it was written; `None` in records of earlier builds.
    #[serde(default)]
    pub at: Option<Timestamp>,
    /// The leads.
    pub leads: Vec<OutboxLead>,
}

/// Crash marker: the lead that the extension maps, written before each call of a retried chunk.
///
/// An extension that traps takes the instance down; the marker names the lead to the next run.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct MappingCrashMarker {
    /// Record version.
    pub v: u32,
    /// The lead that is being mapped.
    pub current_lead: Option<LeadId>,
    /// Leads that were being mapped when a worker crashed, one entry per crash.
    pub crashed_on: Vec<LeadId>,
}

impl Default for MappingCrashMarker {
    fn default() -> Self {
        Self { v: Self::VERSION, current_lead: None, crashed_on: Vec::new() }
    }
}

/// The callback address of a chunk that was refused last, because no pattern allows it. It names a server and no person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusedCallback {
    /// Record version.
    pub v: u32,
    /// Scheme, host and port.
    pub origin: String,
    /// When it was refused.
    pub at: Timestamp,
}

first_version!(Outbox, ChunkSlot, GivenUpChunks, OutboxPart, MappingCrashMarker, RefusedCallback);

/// The callback of a chunk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Callback {
    /// The URL. It matches `marketo_callback_url`.
    pub url: String,
    /// The one-time token.
    pub token: Sensitive,
    /// Value of the `x-api-key` header.
    pub api_key: Sensitive,
    /// Munchkin id of the Marketo subscription.
    pub munchkin_id: String,
}

/// One lead of a chunk, as Marketo sent it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutboxLead {
    /// The lead's id.
    pub id: LeadId,
    /// All fields that Marketo sent, by service attribute.
    pub fields: Sensitive<Vec<(String, String)>>,
    /// The flow step's choice: a webinar id, or `program`.
    pub choice: Option<String>,
    /// The lead's program status, if Marketo sent it.
    pub status: Option<String>,
    /// Whether the person's data was deleted while the chunk waited. Only the id is left, and the callback reports a failure.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_forgotten: bool,
}

impl OutboxLead {
    /// Returns what is kept of a lead whose data is deleted.
    pub fn forgotten(id: LeadId) -> Self {
        Self { id, fields: Sensitive::new(Vec::new()), choice: None, status: None, is_forgotten: true }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repeated_delivery_has_the_same_id() {
        let callback =
            Callback { url: "https://x".into(), token: "t".into(), api_key: "k".into(), munchkin_id: "1".into() };
        let id = OutboxId::of(&callback, b"1");
        assert_eq!(id, OutboxId::of(&callback, b"2"));
        assert_ne!(id, OutboxId::of(&Callback { token: "u".into(), ..callback.clone() }, b"1"));
        // Without a token, chunks with the same address differ by their bodies.
        let without = Callback { token: "".into(), ..callback };
        assert_eq!(OutboxId::of(&without, b"1"), OutboxId::of(&without, b"1"));
        assert_ne!(OutboxId::of(&without, b"1"), OutboxId::of(&without, b"2"));
        assert_eq!(OutboxId::parse(&id.to_string()), Some(id.clone()));
        for text in ["", "x", &format!("{id}0"), &format!("{id}:2")] {
            assert_eq!(OutboxId::parse(text), None, "{text}");
        }
    }
}
