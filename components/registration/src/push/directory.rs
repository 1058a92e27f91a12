//! Whom Zoom knows at a webinar. Read when the fate of an add call is unknown: the process died, or the answer was
//! lost. Then the address is looked up before anything is added again (DESIGN section 8).

use super::candidate::Candidate;
use domain::{Email, EmailHash, RegistrantId, Sensitive, WebinarId, records};
use std::collections::HashMap;
use zoom_client::registrants::Standing;
use zoom_client::{Zoom, ZoomError};

/// The registrants of a webinar by address.
#[derive(Debug, Default)]
pub struct Directory {
    places: HashMap<EmailHash, usize>,
    entries: Vec<records::Outcome>,
}

impl Directory {
    /// Reads all approved and pending registrants.
    pub async fn read(zoom: &Zoom, webinar: WebinarId) -> Result<Self, ZoomError> {
        let mut directory = Self::default();
        for standing in [Standing::Pending, Standing::Approved] {
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
                    // An approved one comes later and counts.
                    directory.places.insert(email.hash(), directory.entries.len());
                    directory.entries.push(entry);
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
        self.places.get(&candidate.email.hash()).map(|&place| &self.entries[place])
    }
}
