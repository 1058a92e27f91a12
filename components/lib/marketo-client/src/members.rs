//! Program members: statuses, data, custom fields.

use crate::BATCH;
use crate::body::RequestBody;
use crate::call::{Envelope, log_unreadable};
use crate::client::MarketoClient;
use crate::error::{MarketoCode, MarketoError};
use crate::leads::{RecordResult, number};
use domain::lenient::{FromObject, Object, Rows, Unreadable};
use domain::status::ProgressionStatus;
use domain::{LeadId, ProgramId, RegistrantId, Sensitive, deserialize_leniently};
use http::Method;
use platform::RequestTarget;
use serde::Serialize;
use serde_json::{Map, Value};

/// The result of one member of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MemberOutcome {
    /// The value is set.
    Done,
    /// The member kept its status: it is in it or past it, or the step of the wanted one is lower (R16). Marketo's code is
    /// the same for each, and a record that was skipped without a code counts here too.
    KeptStatus,
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
#[derive(Debug, Clone)]
pub struct Member {
    /// The lead's id.
    pub lead_id: LeadId,
    /// The progression status.
    pub status_name: Option<String>,
    /// Zoom's registrant id.
    pub registration_code: Option<RegistrantId>,
    /// The personal join link.
    pub webinar_url: Option<Sensitive>,
}

impl FromObject for Member {
    fn from_object(row: Object<'_>) -> Result<Self, Unreadable> {
        Ok(Self {
            lead_id: row.required("leadId", Object::number_id)?,
            status_name: row.text("statusName"),
            registration_code: row.text_id("registrationCode"),
            webinar_url: row.text("webinarUrl").map(Sensitive::from),
        })
    }
}

deserialize_leniently!(Member);

/// One page of members.
#[derive(Debug, Clone)]
pub struct MemberPage {
    /// The members.
    pub members: Vec<Member>,
    /// Number of members that could not be read (R22).
    pub unreadable: usize,
    /// Cursor of the next page; `None` on the last page.
    pub next_page_token: Option<String>,
}

/// A field of program members.
#[derive(Debug, Clone)]
pub struct MemberField {
    /// API name.
    pub name: String,
    /// Whether the API can write it.
    pub updateable: bool,
}

impl FromObject for MemberField {
    fn from_object(row: Object<'_>) -> Result<Self, Unreadable> {
        Ok(Self { name: row.required("name", Object::text)?, updateable: row.flag("updateable").unwrap_or(false) })
    }
}

impl MemberField {
    /// Returns whether it is a standard field that registration writes.
    pub fn is_registration_field(&self) -> bool {
        matches!(self.name.as_str(), "registrationCode" | "webinarUrl")
    }
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
struct Input<'a, T> {
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
        let mut outcomes = outcomes(&self.call(Method::POST, &target, RequestBody::json(&body)?).await?, leads)?;
        for outcome in &mut outcomes {
            if matches!(*outcome, MemberOutcome::Skipped(MarketoCode::KEPT_STATUS | MarketoCode::NONE)) {
                *outcome = MemberOutcome::KeptStatus;
            }
        }
        Ok(outcomes)
    }

    /// Writes the data of at most [`BATCH`] members; returns the results in their order. A lead that is not a member is
    /// skipped with [`MarketoCode::NO_MEMBER`].
    pub async fn set_member_data(
        &self,
        program: ProgramId,
        data: &[MemberData],
    ) -> Result<Vec<MemberOutcome>, MarketoError> {
        self.write_rows(program, data, |row| row.lead_id).await
    }

    /// Writes custom fields of at most [`BATCH`] members; returns the results in their order.
    pub async fn set_custom_fields(
        &self,
        program: ProgramId,
        members: &[CustomFields],
    ) -> Result<Vec<MemberOutcome>, MarketoError> {
        self.write_rows(program, members, |row| row.lead_id).await
    }

    async fn write_rows<T: Serialize>(
        &self,
        program: ProgramId,
        rows: &[T],
        lead: impl Fn(&T) -> LeadId,
    ) -> Result<Vec<MemberOutcome>, MarketoError> {
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let leads: Vec<_> = rows.iter().map(lead).collect();
        let body = Input { input: rows };
        let target = programs(&[&program.to_string(), "members.json"]);
        outcomes(&self.call(Method::POST, &target, RequestBody::json(&body)?).await?, &leads)
    }

    /// Returns the fields of program members.
    pub async fn member_fields(&self) -> Result<Vec<MemberField>, MarketoError> {
        let description = self.get(&programs(&["members", "describe.json"])).await?.into_object()?.unwrap_or_default();
        let fields: Rows<MemberField> = Object::from(&description).rows("fields");
        log_unreadable("fields", fields.unreadable);
        Ok(fields.rows)
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
    pub async fn members_of(&self, program: ProgramId, leads: &[LeadId]) -> Result<Rows<Member>, MarketoError> {
        let values: Vec<_> = leads.iter().map(LeadId::to_string).collect();
        let values = values.join(",");
        let mut members = Rows::default();
        let mut page: Option<String> = None;
        loop {
            let found = self.members_by(program, "leadId", &values, page.as_deref()).await?;
            members.append(Rows { rows: found.members, unreadable: found.unreadable });
            let has_more = found.next_page_token.is_some();
            // A token that repeats leads nowhere: what is behind it counts as a row that cannot be read.
            let is_repeated = has_more && found.next_page_token == page;
            members.unreadable += usize::from(is_repeated);
            if !has_more || is_repeated {
                return Ok(members);
            }
            page = found.next_page_token;
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
        let found = self.get(&target).await?.into_page("members");
        let Rows { rows: members, unreadable } = found.rows;
        Ok(MemberPage { members, unreadable, next_page_token: found.next_page_token })
    }
}

/// Returns the results of a write, which Marketo sends in the order of the rows. If records are missing, the others are
/// found by their leads.
fn outcomes(envelope: &Envelope, leads: &[LeadId]) -> Result<Vec<MemberOutcome>, MarketoError> {
    let records: Vec<_> = envelope.result.iter().map(|record| RecordResult::of(record, "leadId")).collect();
    let unknown = MemberOutcome::Skipped(MarketoCode::NONE);
    if records.len() == leads.len() {
        return Ok(records.iter().map(outcome).collect());
    }
    let found = |lead: &LeadId| records.iter().find(|record| record.id == Some(*lead));
    if !leads.iter().any(|lead| found(lead).is_some()) {
        return Err(Unreadable("result").into());
    }
    Ok(leads.iter().map(|lead| found(lead).map_or(unknown, outcome)).collect())
}

fn outcome(record: &RecordResult) -> MemberOutcome {
    match record.status.as_deref() {
        Some("created" | "updated") => MemberOutcome::Done,
        _ => MemberOutcome::Skipped(record.reason()),
    }
}
