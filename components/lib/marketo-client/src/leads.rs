//! Leads.

use crate::access::Marketo;
use crate::call::{Content, Envelope};
use crate::error::{MarketoCode, MarketoError, Reason};
use domain::{Email, LeadId, Sensitive};
use http::Method;
use serde::{Deserialize, Serialize};

/// A lead to create, by e-mail. Some subscriptions do not let the API write companies.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NewLead {
    /// The address.
    pub email: Email,
    /// Sent when known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_name: Option<Sensitive>,
    /// Sent when known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_name: Option<Sensitive>,
    /// Sent when known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<Sensitive>,
    /// Sent when known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub company: Option<Sensitive>,
}

/// What to write into a lead that is there.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LeadUpdate {
    /// Which.
    #[serde(serialize_with = "number")]
    pub id: LeadId,
    /// Sent when known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_name: Option<Sensitive>,
    /// Sent when known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_name: Option<Sensitive>,
    /// Sent when known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<Sensitive>,
    /// Sent when known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub company: Option<Sensitive>,
}

/// Marketo's interface describes ids of leads as integers.
fn number<S: serde::Serializer>(id: &LeadId, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(id.get())
}

/// What became of one record of a batch. The batch goes on whatever it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Upserted {
    /// There was none.
    Created(LeadId),
    /// There was one.
    Updated(LeadId),
    /// Marketo did not take it.
    Skipped(MarketoCode),
}

/// A lead as read.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Lead {
    /// The id.
    pub id: LeadId,
    /// The address.
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

/// A record of a batch's result.
#[derive(Debug, Deserialize)]
pub(crate) struct Row {
    #[serde(default)]
    pub(crate) id: Option<LeadId>,
    #[serde(default)]
    pub(crate) status: String,
    #[serde(default)]
    pub(crate) reasons: Vec<Reason>,
}

impl Row {
    pub(crate) fn reason(&self) -> MarketoCode {
        self.reasons.first().map_or(MarketoCode(0), Reason::code)
    }
}

/// The columns that we read of a lead.
const FIELDS: &str = "id,email,firstName,lastName,company,phone";

impl Marketo {
    /// Creates leads, at most [`crate::BATCH`] at once, and answers in their order. One that is there already is
    /// skipped with [`MarketoCode::LEAD_EXISTS`] and stays as it is. Two calls at the same time with one address make
    /// duplicates: callers run one after another.
    pub async fn create_leads(&self, leads: &[NewLead]) -> Result<Vec<Upserted>, MarketoError> {
        let body = serde_json::json!({ "action": "createOnly", "lookupField": "email", "input": leads });
        self.once().sync_leads(&body, leads.len()).await
    }

    /// Writes fields of leads that are there, at most [`crate::BATCH`] at once, and answers in their order.
    pub async fn update_leads(&self, leads: &[LeadUpdate]) -> Result<Vec<Upserted>, MarketoError> {
        let body = serde_json::json!({ "action": "updateOnly", "lookupField": "id", "input": leads });
        self.sync_leads(&body, leads.len()).await
    }

    async fn sync_leads(&self, body: &serde_json::Value, count: usize) -> Result<Vec<Upserted>, MarketoError> {
        if count == 0 {
            return Ok(Vec::new());
        }
        let envelope: Envelope<Row> = self.call(Method::POST, "/rest/v1/leads.json", Content::json(body)?).await?;
        let upserted = envelope.result.iter().map(|row| match (row.status.as_str(), row.id) {
            ("created", Some(id)) => Upserted::Created(id),
            ("updated", Some(id)) => Upserted::Updated(id),
            _ => Upserted::Skipped(row.reason()),
        });
        Ok(upserted.collect())
    }

    /// Leads by e-mail, at most [`crate::BATCH`] addresses at once. Several leads may have one address.
    pub async fn leads_by_email(&self, emails: &[&Email]) -> Result<Vec<Lead>, MarketoError> {
        let values: Vec<_> = emails.iter().map(|email| email.expose()).collect();
        self.leads_by("email", &values.join(",")).await
    }

    /// Leads by id, at most [`crate::BATCH`] at once.
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
            // A GET with 300 addresses passes the 8 kB that Marketo takes as a URI.
            let mut form = vec![("filterType", filter), ("filterValues", values), ("fields", FIELDS)];
            form.extend(page.as_deref().map(|page| ("nextPageToken", page)));
            let envelope: Envelope<Lead> =
                self.call(Method::POST, "/rest/v1/leads.json?_method=GET", Content::form(&form)).await?;
            leads.extend(envelope.result);
            page = envelope.next_page_token.filter(|token| !token.is_empty());
            if page.is_none() {
                return Ok(leads);
            }
        }
    }
}
