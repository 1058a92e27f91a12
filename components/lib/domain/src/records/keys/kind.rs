//! What keys have in common, and how the life of a record ends.

use crate::records::record::Record;
use serde::Serialize;
use std::fmt;
use std::marker::PhantomData;

/// A key of the store. Its `Display` is the text that the store gets.
pub trait StoreKey: fmt::Display + Sized {
    /// The text that all keys of this type begin with. Keys of other kinds may begin with it too.
    const PREFIX: &'static str;

    /// Parses a key; `None` for a key of another kind.
    fn parse(key: &str) -> Option<Self>;
}

/// A key, together with the type of the record stored under it.
pub trait Key: StoreKey {
    /// Type of the record.
    type Record: Record + Serialize;
}

/// A key of a record that only its owner knows.
pub struct TypedKey<K, R> {
    key: K,
    record: PhantomData<fn() -> R>,
}

impl<K, R> TypedKey<K, R> {
    /// Creates the key.
    pub const fn new(key: K) -> Self {
        Self { key, record: PhantomData }
    }
}

impl<K: fmt::Display, R> fmt::Display for TypedKey<K, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.key.fmt(f)
    }
}

impl<K: StoreKey, R> StoreKey for TypedKey<K, R> {
    const PREFIX: &'static str = K::PREFIX;

    fn parse(key: &str) -> Option<Self> {
        K::parse(key).map(Self::new)
    }
}

impl<K: StoreKey, R: Record + Serialize> Key for TypedKey<K, R> {
    type Record = R;
}

/// How the store gets a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Secrecy {
    /// As JSON: it identifies no person and opens no door, or its component encrypted that itself.
    Plain,
    /// Encrypted as a whole, by `platform::sealing`.
    Sealed,
}

/// How the life of a record ends. docs/STATE.md has the details.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Life {
    /// One record of the application, overwritten in place.
    Overwritten,
    /// Until an admin, or Zoom, removes what it describes.
    UntilRemoved,
    /// Until the work that it records is done.
    UntilDone,
    /// Until its holder is done. An abandoned one expires, and is overwritten by the next holder.
    Lease,
    /// Until a sweep: some time after the webinar's end, or once its program is not connected any more.
    Swept,
}
