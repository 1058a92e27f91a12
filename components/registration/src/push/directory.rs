//! Whom Zoom knows at a webinar. Read when the fate of an add call is unknown: the process died, or the answer was
//! lost. Then the address is looked up before anything is added again (DESIGN section 8).

use super::candidate::Candidate;
use domain::{Email, EmailHash, RegistrantId, Sensitive, WebinarId, records};
use zoom_client::registrants::Standing;
use zoom_client::{Zoom, ZoomError};

/// The registrants of a webinar by address.
#[derive(Debug, Default)]
pub struct Directory {
    /// A list: it is read for a few addresses, which a map would not find much faster.
    entries: Vec<(EmailHash, records::Outcome)>,
}

impl Directory {
    /// Reads all approved and pending registrants.
    pub async fn read(zoom: &Zoom, webinar: WebinarId) -> Result<Self, ZoomError> {
        Self::read_all(zoom, webinar, &[Standing::Pending, Standing::Approved]).await
    }

    /// Reads all whose registration was denied or cancelled. They count as pending.
    pub async fn read_denied(zoom: &Zoom, webinar: WebinarId) -> Result<Self, ZoomError> {
        Self::read_all(zoom, webinar, &[Standing::Denied]).await
    }

    async fn read_all(zoom: &Zoom, webinar: WebinarId, standings: &[Standing]) -> Result<Self, ZoomError> {
        let mut directory = Self::default();
        for &standing in standings {
            let mut token: Option<String> = None;
            loop {
                let page = zoom.registrants(webinar, standing, token.as_deref()).await?;
                for registrant in page.items {
                    let email = registrant.email.as_deref().and_then(Email::parse);
                    let (Some(email), Some(id)) = (email, registrant.id) else { continue };
                    let id = RegistrantId::from(id);
                    let entry = match registrant.join_url {
                        Some(url) if standing == Standing::Approved => {
                            records::Outcome::Registered { registrant: id, join_url: Sensitive::from(url) }
                        }
                        _ => records::Outcome::Pending { registrant: id },
                    };
                    directory.entries.push((email.hash(), entry));
                }
                token = page.next_page_token;
                if token.is_none() {
                    break;
                }
            }
        }
        Ok(directory)
    }

    /// The registrant with a candidate's address.
    pub fn find(&self, candidate: &Candidate) -> Option<&records::Outcome> {
        let hash = candidate.email.hash();
        // Of several the last counts: approved ones are read last.
        self.entries.iter().rev().find(|(known, _)| *known == hash).map(|(_, entry)| entry)
    }
}
