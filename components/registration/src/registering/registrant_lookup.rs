//! Finds an address among Zoom's registrants.
//!
//! Needed when the result of an add call is unknown, because the worker crashed or the answer was lost: adding the
//! address again would spend another add call (R12).

use domain::records::RegistrationOutcome;
use domain::{Email, EmailHash, RegistrantId, Sensitive, WebinarId};
use zoom_client::registrants::RegistrantStatus;
use zoom_client::{ZoomClient, ZoomError};

/// The registrants of a webinar, by address.
#[derive(Debug, Default)]
pub struct RegistrantLookup {
    /// A list, because only a few addresses are looked up.
    registrants: Vec<(EmailHash, RegistrationOutcome)>,
}

impl RegistrantLookup {
    /// Reads all approved and pending registrants.
    pub async fn read(zoom: &ZoomClient, webinar: WebinarId) -> Result<Self, ZoomError> {
        Self::read_all(zoom, webinar, &[RegistrantStatus::Pending, RegistrantStatus::Approved]).await
    }

    /// Reads all denied and cancelled registrants, as pending ones.
    pub async fn read_denied(zoom: &ZoomClient, webinar: WebinarId) -> Result<Self, ZoomError> {
        Self::read_all(zoom, webinar, &[RegistrantStatus::Denied]).await
    }

    async fn read_all(zoom: &ZoomClient, webinar: WebinarId, statuses: &[RegistrantStatus]) -> Result<Self, ZoomError> {
        let mut lookup = Self::default();
        for &status in statuses {
            let mut token: Option<String> = None;
            loop {
                let page = zoom.registrants(webinar, status, token.as_deref()).await?;
                for registrant in page.items {
                    let email = registrant.email.as_deref().and_then(Email::parse);
                    let (Some(email), Some(id)) = (email, registrant.id) else { continue };
                    let id = RegistrantId::from(id);
                    let outcome = match registrant.join_url {
                        Some(url) if status == RegistrantStatus::Approved => {
                            RegistrationOutcome::Registered { registrant: id, join_url: Sensitive::from(url) }
                        }
                        _ => RegistrationOutcome::Pending { registrant: id },
                    };
                    lookup.registrants.push((email.hash(), outcome));
                }
                token = page.next_page_token;
                if token.is_none() {
                    break;
                }
            }
        }
        Ok(lookup)
    }

    /// Returns the registrant with an address.
    pub fn find(&self, email: &Email) -> Option<&RegistrationOutcome> {
        let hash = email.hash();
        // Approved registrants are read last and take precedence.
        self.registrants.iter().rev().find(|(known, _)| *known == hash).map(|(_, outcome)| outcome)
    }
}
