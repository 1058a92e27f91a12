//! A person who registered on Zoom's own page, as Zoom has them, and who is none: the webinar's own side, and people of chunks
//! that are just being registered.

use crate::registering::eligibility;
use crate::registrants::Standing;
use crate::state::AppState;
use crate::store::open_leads;
use domain::{Email, EmailHash, Error, Sensitive, WebinarId};
use marketo_client::leads::LeadFields;
use std::collections::BTreeSet;
use zoom_client::registrants::Registrant;
use zoom_client::{ZoomClient, ZoomError};

/// A person who is registered in Zoom.
#[derive(Debug, Clone)]
pub struct ZoomPerson {
    /// The address.
    pub email: Email,
    /// The other fields of a lead.
    pub fields: LeadFields,
    /// The standing.
    pub standing: Standing,
}

impl ZoomPerson {
    /// Returns the person of a registrant; `None` without a readable address, or if the registration does not stand.
    pub fn of(registrant: &Registrant, standing: Standing) -> Option<Self> {
        let email = registrant.email.as_deref().and_then(Email::parse)?;
        let text = |text: &Option<String>| text.as_deref().filter(|text| !text.trim().is_empty()).map(Sensitive::from);
        let fields = LeadFields {
            first_name: text(&registrant.first_name),
            last_name: text(&registrant.last_name),
            phone: text(&registrant.phone),
            company: text(&registrant.org),
        };
        standing.is_registered().then_some(Self { email, fields, standing })
    }
}

/// Returns the addresses of the webinar's own side: host, alternative hosts, panelists (R11). Without the scope for panelists,
/// those of the hosts.
pub async fn own_side(zoom: &ZoomClient, webinar: WebinarId) -> Result<BTreeSet<EmailHash>, ZoomError> {
    let mut own_side: BTreeSet<_> = zoom.webinar(webinar).await?.hosts().map(|email| email.hash()).collect();
    match zoom.panelists(webinar).await {
        Ok(panelists) => own_side.extend(panelists.iter().map(Email::hash)),
        Err(ZoomError::Api(_)) => {}
        Err(error) => return Err(error),
    }
    Ok(own_side)
}

/// Returns the addresses of open chunks. Zoom may have their registrants already, and the ledger not yet.
pub async fn in_chunks(state: &AppState) -> Result<BTreeSet<EmailHash>, Error> {
    let leads = open_leads::all(state).await?;
    Ok(leads.iter().filter_map(eligibility::email).map(|email| email.hash()).collect())
}
