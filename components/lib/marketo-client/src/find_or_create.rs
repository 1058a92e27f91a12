//! Leads by e-mail address: finds them, fills their blank fields, and creates those that are missing.
//!
//! Marketo creates duplicates when calls with one address run at the same time (docs/reference/marketo.md). Callers create
//! one batch after another, with distinct addresses.

use crate::client::MarketoClient;
use crate::error::{MarketoCode, MarketoError};
use crate::leads::{Lead, LeadFields, LeadSyncResult, LeadUpdate, NewLead};
use domain::records::LeadPartition;
use domain::{Email, LeadId, Sensitive};

/// What became of a lead to create.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Creation {
    /// The lead was created.
    Created(LeadId),
    /// The address has a lead, which keeps its data.
    Exists,
    /// Marketo rejected the lead.
    Rejected(MarketoCode),
}

impl From<LeadSyncResult> for Creation {
    fn from(result: LeadSyncResult) -> Self {
        match result {
            LeadSyncResult::Created(id) => Self::Created(id),
            LeadSyncResult::Skipped(
                MarketoCode::LEAD_EXISTS | MarketoCode::SEVERAL_MATCH | MarketoCode::OTHER_PARTITION,
            )
            | LeadSyncResult::Updated(_) => Self::Exists,
            LeadSyncResult::Skipped(code) => Self::Rejected(code),
        }
    }
}

/// The leads of some addresses.
#[derive(Debug, Default)]
pub struct LeadsByAddress {
    /// Sorted by normalized address. The preferred lead of an address comes first.
    leads: Vec<(String, Lead)>,
}

impl LeadsByAddress {
    /// Returns the leads of an address: those of the partition first, then by age.
    pub fn of<'l>(&'l self, email: &Email) -> Vec<&'l Lead> {
        let email = email.normalized();
        let from = self.leads.partition_point(|(known, _)| *known < email);
        self.leads[from..].iter().take_while(|(known, _)| *known == email).map(|(_, lead)| lead).collect()
    }

    /// Returns the ids of all leads.
    pub fn ids(&self) -> impl Iterator<Item = LeadId> {
        self.leads.iter().map(|(_, lead)| lead.id)
    }
}

impl MarketoClient {
    /// Creates at most [`crate::BATCH`] leads with distinct addresses, "create only". Returns the results in their order.
    ///
    /// Sends rejected leads once more with name and address only: a subscription may not let the API write companies
    /// (code 1021) or may reject the format of a phone number.
    pub async fn create_missing(
        &self,
        leads: &[NewLead],
        partition: Option<&LeadPartition>,
    ) -> Result<Vec<Creation>, MarketoError> {
        let partition = partition.map(|partition| partition.name.as_str());
        let results = self.create_leads(leads, partition).await?;
        let mut creations: Vec<_> = results.into_iter().map(Creation::from).collect();
        let mut retried = Vec::new();
        let mut reduced = Vec::new();
        for (index, (lead, creation)) in leads.iter().zip(&creations).enumerate() {
            if matches!(creation, Creation::Rejected(_))
                && (lead.fields.company.is_some() || lead.fields.phone.is_some())
            {
                retried.push(index);
                let fields = LeadFields { company: None, phone: None, ..lead.fields.clone() };
                reduced.push(NewLead { email: lead.email.clone(), fields });
            }
        }
        for (index, result) in retried.into_iter().zip(self.create_leads(&reduced, partition).await?) {
            creations[index] = result.into();
        }
        let rejected = creations.iter().filter_map(|creation| match creation {
            Creation::Rejected(code) => Some(code.to_string()),
            Creation::Created(_) | Creation::Exists => None,
        });
        let codes: Vec<_> = rejected.collect();
        if !codes.is_empty() {
            platform::log!(Warn, "leads.create_failed", codes = codes.join(" "));
        }
        Ok(creations)
    }

    /// Returns the leads of at most [`crate::BATCH`] addresses. Those of `partition` come first.
    pub async fn find_leads(
        &self,
        emails: &[&Email],
        partition: Option<&LeadPartition>,
    ) -> Result<LeadsByAddress, MarketoError> {
        let mut found: Vec<(Lead, bool)> = match partition {
            Some(named) => {
                let rows = self.leads_by_email_in_partitions(emails).await?.rows.into_iter();
                rows.map(|(lead, partition)| (lead, partition != Some(named.id))).collect()
            }
            None => self.leads_by_email(emails).await?.rows.into_iter().map(|lead| (lead, false)).collect(),
        };
        found.sort_by_key(|(lead, is_elsewhere)| (*is_elsewhere, lead.id));
        let with_address = found.into_iter().filter_map(|(lead, _)| {
            let email = Email::parse(lead.email.as_ref()?.expose())?;
            Some((email.normalized(), lead))
        });
        let mut leads: Vec<_> = with_address.collect();
        leads.sort_by(|(one, _), (other, _)| one.cmp(other));
        Ok(LeadsByAddress { leads })
    }
}

/// Returns an update of the fields that are blank in a person's only lead; `None` if there is nothing to fill.
pub fn blank_fields_update(leads: &[&Lead], known: &LeadFields) -> Option<LeadUpdate> {
    let [lead] = leads else { return None };
    let fields = LeadFields {
        first_name: if_blank(&lead.first_name, &known.first_name),
        last_name: if_blank(&lead.last_name, &known.last_name),
        phone: if_blank(&lead.phone, &known.phone),
        company: if_blank(&lead.company, &known.company),
    };
    let all = [&fields.first_name, &fields.last_name, &fields.phone, &fields.company];
    let has_any = all.iter().any(|field| field.is_some());
    has_any.then_some(LeadUpdate { id: lead.id, fields })
}

/// Returns the new value if the current one is blank.
fn if_blank(current: &Option<Sensitive>, new: &Option<Sensitive>) -> Option<Sensitive> {
    let is_blank = current.as_ref().is_none_or(|text| text.expose().trim().is_empty());
    if is_blank { new.clone() } else { None }
}
