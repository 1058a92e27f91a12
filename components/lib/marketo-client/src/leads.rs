//! Leads: creation, updates, look-up.

use crate::body::RequestBody;
use crate::call::Envelope;
use crate::client::MarketoClient;
use crate::error::{MarketoCode, MarketoError, Reason};
use domain::{Email, LeadId, Sensitive};
use http::Method;
use platform::RequestTarget;
use serde::{Deserialize, Serialize};

/// Fields of a lead that are written. Absent ones are not sent. Some subscriptions do not allow the API to write `company`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LeadFields {
    /// First name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_name: Option<Sensitive>,
    /// Last name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_name: Option<Sensitive>,
    /// Phone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<Sensitive>,
    /// Company.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub company: Option<Sensitive>,
}

/// A lead to create.
#[derive(Debug, Clone, Serialize)]
pub struct NewLead {
    /// E-mail address.
    pub email: Email,
    /// The other fields.
    #[serde(flatten)]
    pub fields: LeadFields,
}

/// An update of an existing lead.
#[derive(Debug, Clone, Serialize)]
pub struct LeadUpdate {
    /// The lead's id.
    #[serde(serialize_with = "number")]
    pub id: LeadId,
    /// The fields to write.
    #[serde(flatten)]
    pub fields: LeadFields,
}

/// Serializes a lead id as a number, as Marketo's interface describes it.
pub(crate) fn number<S: serde::Serializer>(id: &LeadId, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(id.get())
}

/// The result of one lead of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LeadSyncResult {
    /// The lead was created.
    Created(LeadId),
    /// The lead was updated.
    Updated(LeadId),
    /// Marketo refused the record.
    Skipped(MarketoCode),
}

/// A lead as read from Marketo.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Lead {
    /// The id.
    pub id: LeadId,
    /// E-mail address.
    #[serde(default)]
    pub email: Option<Sensitive>,
    /// First name.
    #[serde(default)]
    pub first_name: Option<Sensitive>,
    /// Last name.
    #[serde(default)]
    pub last_name: Option<Sensitive>,
    /// Company.
    #[serde(default)]
    pub company: Option<Sensitive>,
    /// Phone.
    #[serde(default)]
    pub phone: Option<Sensitive>,
}

/// The result of one record of a batch, as received.
#[derive(Debug, Deserialize)]
pub(crate) struct RecordResult {
    #[serde(default)]
    pub(crate) id: Option<LeadId>,
    #[serde(default)]
    pub(crate) status: String,
    #[serde(default)]
    pub(crate) reasons: Vec<Reason>,
}

impl RecordResult {
    /// Returns the first reason for which the record was skipped.
    pub(crate) fn reason(&self) -> MarketoCode {
        self.reasons.first().map_or(MarketoCode(0), Reason::code)
    }
}

/// The fields that are read of a lead.
const FIELDS: &str = "id,email,firstName,lastName,company,phone";

fn leads_target() -> RequestTarget {
    RequestTarget::path(&["rest", "v1", "leads.json"])
}

impl MarketoClient {
    /// Creates at most [`crate::BATCH`] leads; returns the results in their order. An existing lead is skipped with
    /// [`MarketoCode::LEAD_EXISTS`] and not changed. Simultaneous calls with one address create duplicates, so callers
    /// run one after another.
    pub async fn create_leads(&self, leads: &[NewLead]) -> Result<Vec<LeadSyncResult>, MarketoError> {
        let body = serde_json::json!({ "action": "createOnly", "lookupField": "email", "input": leads });
        self.non_idempotent().sync_leads(&body, leads.len()).await
    }

    /// Updates at most [`crate::BATCH`] existing leads; returns the results in their order.
    pub async fn update_leads(&self, leads: &[LeadUpdate]) -> Result<Vec<LeadSyncResult>, MarketoError> {
        let body = serde_json::json!({ "action": "updateOnly", "lookupField": "id", "input": leads });
        self.sync_leads(&body, leads.len()).await
    }

    async fn sync_leads(&self, body: &serde_json::Value, count: usize) -> Result<Vec<LeadSyncResult>, MarketoError> {
        if count == 0 {
            return Ok(Vec::new());
        }
        let envelope: Envelope<RecordResult> =
            self.call(Method::POST, &leads_target(), RequestBody::json(body)?).await?;
        let results = envelope.result.iter().map(|record| match (record.status.as_str(), record.id) {
            ("created", Some(id)) => LeadSyncResult::Created(id),
            ("updated", Some(id)) => LeadSyncResult::Updated(id),
            _ => LeadSyncResult::Skipped(record.reason()),
        });
        Ok(results.collect())
    }

    /// Returns the leads with at most [`crate::BATCH`] e-mail addresses. Several leads may have one address.
    pub async fn leads_by_email(&self, emails: &[&Email]) -> Result<Vec<Lead>, MarketoError> {
        let values: Vec<_> = emails.iter().map(|email| email.expose()).collect();
        self.leads_by("email", &values.join(",")).await
    }

    /// Returns the leads with at most [`crate::BATCH`] ids.
    pub async fn leads_by_id(&self, ids: &[LeadId]) -> Result<Vec<Lead>, MarketoError> {
        let values: Vec<_> = ids.iter().map(LeadId::to_string).collect();
        self.leads_by("id", &values.join(",")).await
    }

    async fn leads_by(&self, filter: &str, values: &str) -> Result<Vec<Lead>, MarketoError> {
        if values.is_empty() {
            return Ok(Vec::new());
        }
        let mut leads = Vec::new();
        let mut page: Option<String> = None;
        loop {
            // A GET with 300 addresses would exceed the 8 kB that Marketo accepts as a URI.
            let mut form = vec![("filterType", filter), ("filterValues", values), ("fields", FIELDS)];
            form.extend(page.as_deref().map(|page| ("nextPageToken", page)));
            let envelope: Envelope<Lead> =
                self.call(Method::POST, &leads_target().query("_method", "GET"), RequestBody::form(&form)).await?;
            leads.extend(envelope.result);
            page = envelope.next_page_token.filter(|token| !token.is_empty());
            if page.is_none() {
                return Ok(leads);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn fields_are_sent_beside_the_address_or_the_id_if_they_are_present() {
        let fields = || LeadFields {
            first_name: Some("Ada".into()),
            last_name: Some("Lovelace".into()),
            phone: None,
            company: None,
        };
        let new = NewLead { email: Email::parse("ada@x.test").unwrap(), fields: fields() };
        let expected = json!({"email": "ada@x.test", "firstName": "Ada", "lastName": "Lovelace"});
        assert_eq!(serde_json::to_value(new).unwrap(), expected);
        let update = LeadUpdate { id: 7.into(), fields: fields() };
        let expected = json!({"id": 7, "firstName": "Ada", "lastName": "Lovelace"});
        assert_eq!(serde_json::to_value(update).unwrap(), expected);
    }
}
