//! Program members: their status and their data.

use crate::BATCH;
use crate::access::{Marketo, peer_error};
use crate::call::{Content, Envelope, encoded};
use crate::error::{MarketoCode, MarketoError};
use crate::leads::Row;
use domain::status::ProgressionStatus;
use domain::{Code, LeadId, ProgramId, RegistrantId, Retry, Sensitive};
use http::Method;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// What became of one member of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MemberOutcome {
    /// It is so now, or it was so or further already (R16).
    Done,
    /// Marketo did not take it.
    Skipped(MarketoCode),
}

/// Member data: what makes `{{member.webinar url}}` resolve, and Zoom's id.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MemberData {
    /// Who.
    pub lead_id: LeadId,
    /// The personal join link, at most 2000 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub webinar_url: Option<Sensitive>,
    /// Zoom's registrant id, at most 100 characters.
    pub registration_code: RegistrantId,
}

/// A member as read.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Member {
    /// Who.
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
    /// Where the next page begins; `None` on the last.
    pub next_page_token: Option<String>,
}

/// A field of program members.
#[derive(Debug, Clone, Deserialize)]
pub struct MemberField {
    /// Its name in the API.
    pub name: String,
    /// Whether the API may write it.
    #[serde(default)]
    pub updateable: bool,
}

impl MemberField {
    /// Whether it is one of the standard fields that registration writes.
    pub fn is_ours(&self) -> bool {
        matches!(self.name.as_str(), "registrationCode" | "webinarUrl")
    }
}

#[derive(Deserialize)]
struct MemberDescription {
    #[serde(default)]
    fields: Vec<MemberField>,
}

/// Custom fields of one member, by their names in the API.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CustomFields {
    /// Who.
    pub lead_id: LeadId,
    /// What.
    #[serde(flatten)]
    pub fields: Map<String, Value>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct OfLead {
    lead_id: LeadId,
}

const FIELDS: &str = "leadId,statusName,registrationCode,webinarUrl";

impl Marketo {
    /// Sets the status of at most [`BATCH`] members, making them members if need be; answers in their order.
    pub async fn set_status(
        &self,
        program: ProgramId,
        status: &ProgressionStatus,
        leads: &[LeadId],
    ) -> Result<Vec<MemberOutcome>, MarketoError> {
        let input: Vec<_> = leads.iter().map(|&lead_id| OfLead { lead_id }).collect();
        let body = serde_json::json!({ "statusName": status.name, "input": numbers(&input)? });
        self.members(&format!("/rest/v1/programs/{program}/members/status.json"), &body, leads.len()).await
    }

    /// Writes the data of at most [`BATCH`] members; who is no member yet is skipped with
    /// [`MarketoCode::NO_MEMBER`]. Answers in their order.
    pub async fn set_member_data(
        &self,
        program: ProgramId,
        data: &[MemberData],
    ) -> Result<Vec<MemberOutcome>, MarketoError> {
        let body = serde_json::json!({ "input": numbers(data)? });
        self.members(&format!("/rest/v1/programs/{program}/members.json"), &body, data.len()).await
    }

    /// Writes custom fields of at most [`BATCH`] members; answers in their order.
    pub async fn set_custom_fields(
        &self,
        program: ProgramId,
        members: &[CustomFields],
    ) -> Result<Vec<MemberOutcome>, MarketoError> {
        let body = serde_json::json!({ "input": numbers(members)? });
        self.members(&format!("/rest/v1/programs/{program}/members.json"), &body, members.len()).await
    }

    /// The fields that program members have.
    pub async fn member_fields(&self) -> Result<Vec<MemberField>, MarketoError> {
        let envelope: Envelope<MemberDescription> = self.get("/rest/v1/programs/members/describe.json").await?;
        Ok(envelope.result.into_iter().flat_map(|description| description.fields).collect())
    }

    /// One page of the members with a status.
    pub async fn members_with_status(
        &self,
        program: ProgramId,
        status: &str,
        page: Option<&str>,
    ) -> Result<MemberPage, MarketoError> {
        self.members_by(program, "statusName", status, page).await
    }

    /// The members among at most [`BATCH`] leads.
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
        let batch = BATCH.to_string();
        let mut pairs =
            vec![("filterType", filter), ("filterValues", values), ("fields", FIELDS), ("batchSize", &*batch)];
        pairs.extend(page.map(|page| ("nextPageToken", page)));
        let path = format!("/rest/v1/programs/{program}/members.json?{}", encoded(&pairs));
        let envelope: Envelope<Member> = self.get(&path).await?;
        let next_page_token = envelope.next_page_token.filter(|token| !token.is_empty());
        Ok(MemberPage { members: envelope.result, next_page_token })
    }

    async fn members(
        &self,
        path: &str,
        body: &serde_json::Value,
        count: usize,
    ) -> Result<Vec<MemberOutcome>, MarketoError> {
        if count == 0 {
            return Ok(Vec::new());
        }
        let envelope: Envelope<Row> = self.call(Method::POST, path, Content::json(body)?).await?;
        if envelope.result.len() != count {
            return Err(peer_error(Code::MarketoUnavailable, Retry::Soon).into());
        }
        let outcomes = envelope.result.iter().map(|row| match row.status.as_str() {
            "created" | "updated" => MemberOutcome::Done,
            _ if row.reason() == MarketoCode::ALREADY_PAST => MemberOutcome::Done,
            _ => MemberOutcome::Skipped(row.reason()),
        });
        Ok(outcomes.collect())
    }
}

/// Our lead ids are written as strings; Marketo's interface describes `leadId` as an integer, so here they are.
fn numbers<T: Serialize>(rows: &[T]) -> Result<serde_json::Value, MarketoError> {
    let ours = |error: serde_json::Error| domain::Error::Ours(error.to_string());
    let mut rows = serde_json::to_value(rows).map_err(ours)?;
    for row in rows.as_array_mut().into_iter().flatten() {
        let lead = row["leadId"].as_str().and_then(|id| id.parse::<u64>().ok());
        row["leadId"] = lead.into();
    }
    Ok(rows)
}
