//! The fields of a lead: those that every registration needs, and those that an admin of Marketo chose for the flow step or
//! wrote into a webhook.
//!
//! A lead that is registered without Marketo's request is read from Marketo with the same fields.

use super::eligibility::{is_named, person_fields};
use crate::mapping::FieldPairs;
use crate::state::AppState;
use crate::store::sent_fields;
use domain::lenient::Rows;
use domain::records::OutboxLead;
use domain::{Error, LeadId, Sensitive};
use marketo_client::MarketoClient;
use marketo_client::leads::LeadField;
use std::collections::BTreeSet;
use std::sync::Arc;

/// The fields that every registration needs, which are always read.
const PERSON_FIELDS: [&str; 6] = ["email", "emailaddress", "firstname", "lastname", "company", "phone"];

/// A lead as Marketo has it now.
#[derive(Debug)]
pub struct CurrentLead {
    /// The lead.
    pub id: LeadId,
    /// Its fields, under the names that Marketo's requests have.
    pub fields: FieldPairs,
}

/// Notes which fields Marketo sends. A failure of the store costs no lead.
pub async fn note_sent(state: &AppState, leads: &[OutboxLead]) {
    let names = leads.iter().flat_map(|lead| lead.fields.expose()).map(|(name, _)| name.as_str());
    let further: BTreeSet<_> = names.filter(|name| !PERSON_FIELDS.iter().any(|field| is_named(name, field))).collect();
    if let Err(error) = sent_fields::note(state, further).await {
        platform::log!(Warn, "sent_fields.write_failed", error = error);
    }
}

/// Reads at most [`marketo_client::BATCH`] leads, each with the fields that Marketo sends.
pub async fn read_current(
    state: &AppState,
    marketo: &MarketoClient,
    ids: &[LeadId],
) -> Result<Rows<CurrentLead>, Error> {
    let sent = sent_fields::read(state).await?;
    let known = match sent.is_empty() {
        true => Arc::default(),
        false => known_fields(state, marketo).await?,
    };
    let sources: Vec<_> = sent.iter().filter_map(|name| Some((name, api_name(name, &known)?))).collect();
    let api_names: BTreeSet<_> = sources.iter().map(|(_, api_name)| *api_name).collect();
    let found = marketo.leads_by_id_with(ids, &api_names.into_iter().collect::<Vec<_>>()).await?;
    let current = |lead: marketo_client::leads::Lead| {
        let mut fields =
            person_fields(lead.email, lead.first_name, lead.last_name, lead.company, lead.phone).into_inner();
        for (name, api_name) in &sources {
            let value = lead.more.expose().iter().find(|(field, _)| field == api_name);
            fields.extend(value.map(|(_, value)| ((*name).clone(), value.clone())));
        }
        CurrentLead { id: lead.id, fields: Sensitive::new(fields) }
    };
    Ok(Rows { unreadable: found.unreadable, rows: found.into_iter().map(current).collect() })
}

/// Returns the fields that leads have in Marketo.
async fn known_fields(state: &AppState, marketo: &MarketoClient) -> Result<Arc<[LeadField]>, Error> {
    let now = state.ports.clock.now();
    if let Some(fields) = state.known_fields.get(now) {
        return Ok(fields);
    }
    let fields: Arc<[LeadField]> = marketo.lead_fields().await?.into();
    state.known_fields.set(fields.clone(), now);
    Ok(fields)
}

/// Returns the API name of the field that was sent under a name: the flow step has API names, and a webhook has whatever an
/// admin wrote. `None` if Marketo has no field of that name, or it is one that is read anyway.
fn api_name<'f>(name: &str, fields: &'f [LeadField]) -> Option<&'f str> {
    let exact = || fields.iter().find(|field| field.name == name);
    let normalized: String = name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    let similar = || {
        let is_similar = |field: &&LeadField| {
            is_named(&field.name, &normalized)
                || field.display_name.as_ref().is_some_and(|name| is_named(name, &normalized))
        };
        fields.iter().find(is_similar).filter(|_| !normalized.is_empty())
    };
    let found = exact().or_else(similar)?.name.as_str();
    (!PERSON_FIELDS.iter().any(|field| is_named(found, field))).then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_found_by_its_api_name_before_its_name_in_the_user_interface() {
        let field = |name: &str, display: &str| LeadField { name: name.into(), display_name: Some(display.into()) };
        let fields = [
            field("dietC", "Dietary Needs"),
            field("title", "Job Title"),
            field("jobTitle", "Role"),
            field("lastName", "Last Name"),
        ];
        for (sent, expected) in [
            ("dietC", Some("dietC")),
            ("Dietary needs?", Some("dietC")),
            ("jobTitle", Some("jobTitle")),
            ("Job Title", Some("title")),
            ("Last Name", None),
            ("shoeSize", None),
            ("?", None),
        ] {
            assert_eq!(api_name(sent, &fields), expected, "{sent}");
        }
    }
}
