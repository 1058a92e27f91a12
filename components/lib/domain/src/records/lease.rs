//! Leases: the right of one owner to do something until an instant. `platform::lease` has the rules.

use super::record::Record;
use crate::first_version;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// A lease: a record of its own, or a part of the record that its owner works on, which is then called a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lease {
    /// Record version.
    pub v: u32,
    /// Random number of the owner.
    pub by: u32,
    /// When the lease expires.
    pub until: Timestamp,
}

first_version!(Lease);

impl Lease {
    /// Creates a lease.
    pub const fn new(by: u32, until: Timestamp) -> Self {
        Self { v: Self::VERSION, by, until }
    }
}

/// A record that is a lease or contains one.
pub trait Leased {
    /// Returns the lease; `None` if there is none.
    fn lease(&self) -> Option<Lease>;
}

impl Leased for Lease {
    fn lease(&self) -> Option<Lease> {
        Some(*self)
    }
}
