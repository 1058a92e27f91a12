//! Program members: statuses, data, custom fields.

use crate::BATCH;
use crate::body::RequestBody;
use crate::call::Envelope;
use crate::client::{MarketoClient, upstream_error};
use crate::error::{MarketoCode, MarketoError};
use crate::leads::{RecordResult, number};
use domain::status::ProgressionStatus;
use domain::{ErrorCode, LeadId, ProgramId, RegistrantId, Retry, Sensitive};
use http::Method;
use platform::RequestTarget;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The result of one member of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MemberOutcome {
    /// The value is set, or the member is already past the status (R16).
    Done,
    /// Marketo refused the record.
    Skipped(MarketoCode),
}

/// Data of a member: the value of `{{member.webinar url}}`, and Zoom's registrant id.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MemberData {
    /// The lead's id.
    #[serde(serialize_with = "number")]
    pub lead_id: LeadId,
    /// The personal join link, at most 2000 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub webinar_url: Option<Sensitive>,
    /// Zoom's registrant id, at most 100 characters.
    pub registration_code: RegistrantId,
}

/// A member as read from Marketo.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Member {
    /// The lead's id.
    pub lead_id: LeadId,
    /// The progression status.
    #[serde(default)]
    pub status_name: Option<String>,
    /// Zoom's registrant id.
    #[serde(default)]
    pub registration_code: Option<RegistrantId>,
    /// The personal join link.
    #[serde(default)]
    pub webinar_url: Option<Sensitive>,
}

/// One page of members.
#[derive(Debug, Clone)]
pub struct MemberPage {
    /// The members.
    pub members: Vec<Member>,
    /// Cursor of the next page; `None` on the last page.
    pub next_page_token: Option<String>,
}

/// A field of program members.
#[derive(Debug, Clone, Deserialize)]
pub struct MemberField {
    /// API name.
    pub name: String,
    /// Whether the API can write it.
    #[serde(default)]
    pub updateable: bool,
}

impl MemberField {
    /// Returns whether it is a standard field that registration writes.
    pub fn is_registration_field(&self) -> bool {
        matches!(self.name.as_str(), "registrationCode" | "webinarUrl")
    }
}

#[derive(Deserialize)]
struct MemberDescription {
    #[serde(default)]
    fields: Vec<MemberField>,
}

/// Custom fields of one member.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CustomFields {
    /// The lead's id.
    #[serde(serialize_with = "number")]
    pub lead_id: LeadId,
    /// Values by API name.
    #[serde(flatten)]
    pub fields: Map<String, Value>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct MemberId {
    #[serde(serialize_with = "number")]
    lead_id: LeadId,
}

/// The body of a write of members.
#[derive(Serialize)]
struct Rows<'a, T> {
    input: &'a [T],
}

/// The body of a change of statuses.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct StatusChange<'a> {
    status_name: &'a str,
    input: &'a [MemberId],
}

/// The fields that are read of a member.
const FIELDS: &str = "leadId,statusName,registrationCode,webinarUrl";

/// Returns the target of an operation on programs.
fn programs(path: &[&str]) -> RequestTarget {
    let segments: Vec<_> = ["rest", "v1", "programs"].iter().chain(path).copied().collect();
    RequestTarget::path(&segments)
}

impl MarketoClient {
    /// Sets the status of at most [`BATCH`] leads, which become members if they are not; returns the results in their
    /// order.
    pub async fn set_status(
        &self,
        program: ProgramId,
        status: &ProgressionStatus,
        leads: &[LeadId],
    ) -> Result<Vec<MemberOutcome>, MarketoError> {
        if leads.is_empty() {
            return Ok(Vec::new());
        }
        let input: Vec<_> = leads.iter().map(|&lead_id| MemberId { lead_id }).collect();
        let body = StatusChange { status_name: &status.name, input: &input };
        let target = programs(&[&program.to_string(), "members", "status.json"]);
        outcomes(&self.call(Method::POST, &target, RequestBody::json(&body)?).await?, leads.len())
    }

    /// Writes the data of at most [`BATCH`] members; returns the results in their order. A lead that is not a member is
    /// skipped with [`MarketoCode::NO_MEMBER`].
    pub async fn set_member_data(
        &self,
        program: ProgramId,
        data: &[MemberData],
    ) -> Result<Vec<MemberOutcome>, MarketoError> {
        self.write_rows(program, data).await
    }

    /// Writes custom fields of at most [`BATCH`] members; returns the results in their order.
    pub async fn set_custom_fields(
        &self,
        program: ProgramId,
        members: &[CustomFields],
    ) -> Result<Vec<MemberOutcome>, MarketoError> {
        self.write_rows(program, members).await
    }

    async fn write_rows<T: Serialize>(
        &self,
        program: ProgramId,
        rows: &[T],
    ) -> Result<Vec<MemberOutcome>, MarketoError> {
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let body = Rows { input: rows };
        let target = programs(&[&program.to_string(), "members.json"]);
        outcomes(&self.call(Method::POST, &target, RequestBody::json(&body)?).await?, rows.len())
    }

    /// Returns the fields of program members.
    pub async fn member_fields(&self) -> Result<Vec<MemberField>, MarketoError> {
        let envelope: Envelope<MemberDescription> = self.get(&programs(&["members", "describe.json"])).await?;
        Ok(envelope.result.into_iter().flat_map(|description| description.fields).collect())
    }

    /// Returns one page of the members with a status.
    pub async fn members_with_status(
        &self,
        program: ProgramId,
        status: &str,
        page: Option<&str>,
    ) -> Result<MemberPage, MarketoError> {
        self.members_by(program, "statusName", status, page).await
    }

    /// Returns the members among at most [`BATCH`] leads.
    pub async fn members_of(&self, program: ProgramId, leads: &[LeadId]) -> Result<Vec<Member>, MarketoError> {
        let values: Vec<_> = leads.iter().map(LeadId::to_string).collect();
        let values = values.join(",");
        let mut members = Vec::new();
        let mut page: Option<String> = None;
        loop {
            let found = self.members_by(program, "leadId", &values, page.as_deref()).await?;
            members.extend(found.members);
            page = found.next_page_token;
            if page.is_none() {
                return Ok(members);
            }
        }
    }

    async fn members_by(
        &self,
        program: ProgramId,
        filter: &str,
        values: &str,
        page: Option<&str>,
    ) -> Result<MemberPage, MarketoError> {
        let mut target = programs(&[&program.to_string(), "members.json"])
            .query("filterType", filter)
            .query("filterValues", values)
            .query("fields", FIELDS)
            .query("batchSize", &BATCH.to_string());
        if let Some(page) = page {
            target = target.query("nextPageToken", page);
        }
        let envelope: Envelope<Member> = self.get(&target).await?;
        let next_page_token = envelope.next_page_token.filter(|token| !token.is_empty());
        Ok(MemberPage { members: envelope.result, next_page_token })
    }
}

/// Returns the results of a write, which Marketo sends in the order of the rows.
fn outcomes(envelope: &Envelope<RecordResult>, count: usize) -> Result<Vec<MemberOutcome>, MarketoError> {
    if envelope.result.len() != count {
        return Err(upstream_error(ErrorCode::MarketoUnavailable, Retry::Soon).into());
    }
    let outcomes = envelope.result.iter().map(|record| match record.status.as_str() {
        "created" | "updated" => MemberOutcome::Done,
        _ if record.reason() == MarketoCode::ALREADY_PAST => MemberOutcome::Done,
        _ => MemberOutcome::Skipped(record.reason()),
    });
    Ok(outcomes.collect())
}
