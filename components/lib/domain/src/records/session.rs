//! Sessions of the console. Only `console` writes these records.

use crate::first_version;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// A session of the console. Its key has the hash of the id that the browser's cookie holds, so that the record opens nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// Record version.
    pub v: u32,
    /// When it ends.
    pub until: Timestamp,
    /// MAC of the id under the admin key that signed in: the session ends when that key is no longer set.
    pub key: String,
    /// The sign-out everywhere that it follows: a later one ends it.
    pub generation: String,
}

/// The last sign-out everywhere.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionsEnded {
    /// Record version.
    pub v: u32,
    /// A random text. Sessions with another one are over, whatever the clocks of the instances say.
    pub generation: String,
}

first_version!(Session, SessionsEnded);
