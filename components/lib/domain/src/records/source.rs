//! The Zoom account that a record belongs to, whatever becomes of its program's connection.

use super::program::ProgramConnection;
use super::service::Service;
use crate::ids::{AccountId, ServiceId};
use serde::{Deserialize, Serialize};

/// The service through which a record came about. A record stays findable by it after its program was disconnected or
/// connected to another webinar, when its account removes the app (R17).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordSource {
    /// The service.
    pub service: ServiceId,
    /// Zoom account of the service, which stays known after the service is deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<AccountId>,
}

impl From<&ProgramConnection> for RecordSource {
    fn from(connection: &ProgramConnection) -> Self {
        Self { service: connection.service.clone(), account: connection.account_id.clone() }
    }
}

impl From<&Service> for RecordSource {
    fn from(service: &Service) -> Self {
        Self { service: service.id.clone(), account: Some(service.account_id.clone()) }
    }
}
