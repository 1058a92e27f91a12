//! Leads: creation, updates, look-up.

use crate::body::RequestBody;
use crate::call::log_unreadable;
use crate::client::MarketoClient;
use crate::error::{MarketoCode, MarketoError};
use domain::lenient::{self, FromObject, Object, Rows, Unreadable};
use domain::records::LeadPartition;
use domain::{Email, LeadId, Sensitive};
use http::Method;
use platform::RequestTarget;
use serde::Serialize;
use serde_json::Value;

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
#[derive(Debug, Clone)]
pub struct Lead {
    /// The id.
    pub id: LeadId,
    /// E-mail address.
    pub email: Option<Sensitive>,
    /// First name.
    pub first_name: Option<Sensitive>,
    /// Last name.
    pub last_name: Option<Sensitive>,
    /// Company.
    pub company: Option<Sensitive>,
    /// Phone.
    pub phone: Option<Sensitive>,
    /// The further fields that were asked for, by API name. Blank ones are absent.
    pub more: Sensitive<Vec<(String, String)>>,
}

impl FromObject for Lead {
    fn from_object(row: Object<'_>) -> Result<Self, Unreadable> {
        let text = |name| row.text(name).map(Sensitive::from);
        Ok(Self {
            id: row.required("id", Object::number_id)?,
            email: text("email"),
            first_name: text("firstName"),
            last_name: text("lastName"),
            company: text("company"),
            phone: text("phone"),
            more: Sensitive::new(
                row.entries()
                    .filter(|(name, _)| !FIELDS.contains(name))
                    .filter_map(|(name, value)| Some((name.to_owned(), lenient::text(value)?)))
                    .collect(),
            ),
        })
    }
}

/// The result of one record of a batch, as received. Records have no fields that are needed, because each must keep its
/// place in the batch.
#[derive(Debug)]
pub(crate) struct RecordResult {
    pub(crate) id: Option<LeadId>,
    pub(crate) status: Option<String>,
    reason: Option<MarketoCode>,
}

impl RecordResult {
    /// Reads a record. `id` is the name of the field that has the lead's id.
    pub(crate) fn of(record: &Value, id: &str) -> Self {
        let record = Object::of(record);
        let reason = record.items("reasons").iter().find_map(MarketoCode::read);
        Self { id: record.number_id(id), status: record.text("status").map(|text| text.to_ascii_lowercase()), reason }
    }

    /// Returns the first reason for which the record was skipped; 0 if there is none.
    pub(crate) fn reason(&self) -> MarketoCode {
        self.reason.unwrap_or(MarketoCode::NONE)
    }

    fn into_sync_result(self) -> LeadSyncResult {
        match (self.status.as_deref(), self.id) {
            (Some("created"), Some(id)) => LeadSyncResult::Created(id),
            (Some("updated"), Some(id)) => LeadSyncResult::Updated(id),
            // The lead exists, and is found by its address.
            (Some("created" | "updated"), None) => LeadSyncResult::Skipped(MarketoCode::LEAD_EXISTS),
            (status, Some(id)) if status != Some("skipped") && self.reason.is_none() => LeadSyncResult::Updated(id),
            _ => LeadSyncResult::Skipped(self.reason()),
        }
    }
}

/// A field of leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeadField {
    /// API name.
    pub name: String,
    /// Name in Marketo's user interface.
    pub display_name: Option<String>,
}

impl FromObject for LeadField {
    fn from_object(row: Object<'_>) -> Result<Self, Unreadable> {
        Ok(Self { name: row.required("name", Object::text)?, display_name: row.text("displayName") })
    }
}

/// The field with the id of a lead's partition.
const PARTITION: &str = "leadPartitionId";

/// A lead partition, as received.
struct PartitionRow(LeadPartition);

impl FromObject for PartitionRow {
    fn from_object(row: Object<'_>) -> Result<Self, Unreadable> {
        let (id, name) = (row.required("id", Object::number_id)?, row.required("name", Object::text)?);
        Ok(Self(LeadPartition { id, name }))
    }
}

/// The fields that are read of every lead.
const FIELDS: [&str; 6] = ["id", "email", "firstName", "lastName", "company", "phone"];

fn leads_target() -> RequestTarget {
    RequestTarget::path(&["rest", "v1", "leads.json"])
}

impl MarketoClient {
    /// Creates at most [`crate::BATCH`] leads; returns the results in their order. An existing lead is skipped with
    /// [`MarketoCode::LEAD_EXISTS`] and not changed. Simultaneous calls with one address create duplicates, so callers
    /// run one after another.
    ///
    /// `partition`: the name of the lead partition to create them in; Marketo's default if absent.
    pub async fn create_leads(
        &self,
        leads: &[NewLead],
        partition: Option<&str>,
    ) -> Result<Vec<LeadSyncResult>, MarketoError> {
        let mut body = serde_json::json!({ "action": "createOnly", "lookupField": "email", "input": leads });
        if let Some(partition) = partition {
            body["partitionName"] = partition.into();
        }
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
        let envelope = self.call(Method::POST, &leads_target(), RequestBody::json(body)?).await?;
        // Records of new leads have nothing but their places that shows which lead they are about.
        if envelope.result.len() != count {
            return Err(Unreadable("a result").into());
        }
        Ok(envelope.result.iter().map(|record| RecordResult::of(record, "id").into_sync_result()).collect())
    }

    /// Returns the fields of leads.
    pub async fn lead_fields(&self) -> Result<Vec<LeadField>, MarketoError> {
        let target = RequestTarget::path(&["rest", "v1", "leads", "describe2.json"]);
        let description = self.get(&target).await?.into_object()?.unwrap_or_default();
        let fields: Rows<LeadField> = Object::from(&description).rows("fields");
        log_unreadable("lead_fields", fields.unreadable);
        Ok(fields.rows)
    }

    /// Returns the leads with at most [`crate::BATCH`] e-mail addresses. Several leads may have one address.
    pub async fn leads_by_email(&self, emails: &[&Email]) -> Result<Rows<Lead>, MarketoError> {
        self.leads_by_email_with(emails, &[]).await
    }

    /// Returns the leads with at most [`crate::BATCH`] e-mail addresses, each with the id of its partition.
    pub async fn leads_by_email_in_partitions(
        &self,
        emails: &[&Email],
    ) -> Result<Rows<(Lead, Option<u64>)>, MarketoError> {
        let found = self.leads_by_email_with(emails, &[PARTITION]).await?;
        let partition = |lead: &Lead| {
            let (_, id) = lead.more.expose().iter().find(|(name, _)| name == PARTITION)?;
            id.parse().ok()
        };
        let rows = found.rows.into_iter().map(|lead| {
            let partition = partition(&lead);
            (lead, partition)
        });
        Ok(Rows { rows: rows.collect(), unreadable: found.unreadable })
    }

    async fn leads_by_email_with(&self, emails: &[&Email], more: &[&str]) -> Result<Rows<Lead>, MarketoError> {
        let values: Vec<_> = emails.iter().map(|email| email.expose()).collect();
        self.leads_by("email", &values.join(","), more).await
    }

    /// Returns the lead partitions.
    pub async fn lead_partitions(&self) -> Result<Vec<LeadPartition>, MarketoError> {
        let target = RequestTarget::path(&["rest", "v1", "leads", "partitions.json"]);
        let partitions: Rows<PartitionRow> = self.get(&target).await?.into_page("lead_partitions").rows;
        Ok(partitions.into_iter().map(|row| row.0).collect())
    }

    /// Returns the leads with at most [`crate::BATCH`] ids.
    pub async fn leads_by_id(&self, ids: &[LeadId]) -> Result<Rows<Lead>, MarketoError> {
        self.leads_by_id_with(ids, &[]).await
    }

    /// Returns the leads with at most [`crate::BATCH`] ids, with further fields. Marketo refuses the request if it does not
    /// know one of them.
    pub async fn leads_by_id_with(&self, ids: &[LeadId], more: &[&str]) -> Result<Rows<Lead>, MarketoError> {
        let values: Vec<_> = ids.iter().map(LeadId::to_string).collect();
        self.leads_by("id", &values.join(","), more).await
    }

    async fn leads_by(&self, filter: &str, values: &str, more: &[&str]) -> Result<Rows<Lead>, MarketoError> {
        if values.is_empty() {
            return Ok(Rows::default());
        }
        let fields = FIELDS.iter().chain(more).copied().collect::<Vec<_>>().join(",");
        let mut leads = Rows::default();
        let mut page: Option<String> = None;
        loop {
            // A GET with 300 addresses would exceed the 8 kB that Marketo accepts as a URI.
            let mut form = vec![("filterType", filter), ("filterValues", values), ("fields", fields.as_str())];
            form.extend(page.as_deref().map(|page| ("nextPageToken", page)));
            let (target, body) = (leads_target().query("_method", "GET"), RequestBody::form(&form));
            let found = self.call(Method::POST, &target, body).await?.into_page("leads");
            leads.append(found.rows);
            // A token that repeats leads nowhere.
            if found.next_page_token.is_none() || found.next_page_token == page {
                return Ok(leads);
            }
            page = found.next_page_token;
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
