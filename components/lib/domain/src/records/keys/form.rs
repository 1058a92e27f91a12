//! The form of a key, such as `outbox:{id}:{part}`: the formatter, the parser and the documents use the same text.

use super::segments::{AccountSegment, CheckpointList, SessionHash, SignInState};
use crate::email::EmailHash;
use crate::ids::{LeadId, ProgramId, ServiceId, WebinarId};
use crate::records::outbox::OutboxId;
use std::str::Split;

/// Returns the text that all keys of a form begin with.
pub(super) const fn prefix_of(form: &str) -> &str {
    let bytes = form.as_bytes();
    let mut length = 0;
    while length < bytes.len() && bytes[length] != b'{' {
        length += 1;
    }
    form.split_at(length).0
}

/// Walks over a key and its form, segment by segment.
pub(super) struct KeyParser<'a> {
    form: Split<'static, char>,
    key: Split<'a, char>,
}

impl<'a> KeyParser<'a> {
    pub(super) fn new(form: &'static str, key: &'a str) -> Self {
        Self { form: form.split(':'), key: key.split(':') }
    }

    /// Parses the next id of the key. Returns `None` if the fixed segments before it differ, or if it is no such id.
    pub(super) fn id<S: Segment>(&mut self) -> Option<S> {
        loop {
            let (form, segment) = (self.form.next()?, self.key.next()?);
            if form.starts_with('{') {
                return S::parse_segment(segment);
            }
            if form != segment {
                return None;
            }
        }
    }

    /// Returns whether the rest of the key is the rest of the form.
    pub(super) fn ends(self) -> bool {
        self.form.eq(self.key)
    }
}

/// An id that is a segment of a key. It contains no `:` and none of `/ \ ? #`, and each id has one text.
pub(super) trait Segment: Sized {
    /// Parses the id; `None` if the text is not one.
    fn parse_segment(text: &str) -> Option<Self>;
}

/// Parses a number without a sign or leading zeros, so that two keys never have the same id.
fn number(text: &str) -> Option<u64> {
    let is_canonical = text == "0" || (text.bytes().all(|b| b.is_ascii_digit()) && !text.starts_with('0'));
    if is_canonical { text.parse().ok() } else { None }
}

macro_rules! numbers {
    ($($type:ty),*) => {$(
        impl Segment for $type {
            fn parse_segment(text: &str) -> Option<Self> {
                number(text)?.try_into().ok()
            }
        }
    )*};
}

numbers!(ProgramId, LeadId, WebinarId, u32, usize);

macro_rules! texts {
    ($($type:ty),*) => {$(
        impl Segment for $type {
            fn parse_segment(text: &str) -> Option<Self> {
                Self::parse(text)
            }
        }
    )*};
}

texts!(ServiceId, EmailHash, OutboxId, AccountSegment, CheckpointList, SessionHash, SignInState);
