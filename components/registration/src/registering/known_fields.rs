//! The fields that leads have in Marketo, as an instance read them lately.

use domain::time::{SignedDuration, Timestamp};
use marketo_client::leads::LeadField;
use std::sync::{Arc, Mutex, PoisonError};

/// How long an instance does not ask Marketo again.
const KNOWN_FOR: SignedDuration = SignedDuration::from_hours(1);

/// The fields, and when they were read.
#[derive(Debug, Default)]
pub struct KnownFields(Mutex<Option<(Timestamp, Arc<[LeadField]>)>>);

impl KnownFields {
    /// Returns the fields, if they were read lately.
    pub fn get(&self, now: Timestamp) -> Option<Arc<[LeadField]>> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        known.filter(|(at, _)| now.duration_since(*at) < KNOWN_FOR).map(|(_, fields)| fields)
    }

    /// Remembers the fields that were read just now.
    pub fn set(&self, fields: Arc<[LeadField]>, now: Timestamp) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((now, fields));
    }
}
