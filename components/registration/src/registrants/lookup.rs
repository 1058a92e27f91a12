//! The lists of a webinar's registrants.
//!
//! They are read when many people are looked up, or when the registrant id is not known: after
//! the answer to an add call was lost, adding the address again would spend another one (R12).

use super::standing::Standing;
use domain::{Email, EmailHash, RegistrantId, WebinarId};
use std::collections::BTreeMap;
use zoom_client::registrants::{Registrant, RegistrantStatus};
use zoom_client::{ZoomClient, ZoomError};

/// One registrant of the lists.
#[derive(Debug)]
pub struct ListedRegistrant {
    /// The hash of the address.
    pub email: EmailHash,
    /// The standing; never [`Standing::Gone`].
    pub standing: Standing,
    /// The row, where it is kept.
    pub row: Option<Box<Registrant>>,
}

/// The registrants of a webinar, by address and by id.
#[derive(Debug, Default)]
pub struct RegistrantLookup {
    registrants: Vec<ListedRegistrant>,
    by_email: BTreeMap<EmailHash, usize>,
    by_id: BTreeMap<RegistrantId, usize>,
    /// Number of rows that could not be read (R22).
    pub unreadable: usize,
}

impl RegistrantLookup {
    /// Reads all approved and pending registrants.
    pub async fn read(zoom: &ZoomClient, webinar: WebinarId) -> Result<Self, ZoomError> {
        Self::read_lists(zoom, webinar, &[RegistrantStatus::Pending, RegistrantStatus::Approved], false).await
    }

    /// Reads all registrants, also those who were denied or cancelled. `keeps_rows`: whether names and other fields are kept.
    pub async fn read_all(zoom: &ZoomClient, webinar: WebinarId, keeps_rows: bool) -> Result<Self, ZoomError> {
        // Who is approved meanwhile is in a later list, so nobody who changes from one list to a better one is missed.
        let lists = [RegistrantStatus::Denied, RegistrantStatus::Pending, RegistrantStatus::Approved];
        Self::read_lists(zoom, webinar, &lists, keeps_rows).await
    }

    async fn read_lists(
        zoom: &ZoomClient,
        webinar: WebinarId,
        lists: &[RegistrantStatus],
        keeps_rows: bool,
    ) -> Result<Self, ZoomError> {
        let mut lookup = Self::default();
        for &status in lists {
            let mut token: Option<String> = None;
            loop {
                let page = zoom.registrants(webinar, status, token.as_deref()).await?;
                lookup.unreadable += page.unreadable;
                for registrant in page.items {
                    let email = registrant.email.as_deref().and_then(Email::parse);
                    match (email, Standing::of(&registrant, status)) {
                        (Some(email), Some(standing)) => {
                            let row = keeps_rows.then(|| Box::new(registrant));
                            lookup.insert(ListedRegistrant { email: email.hash(), standing, row });
                        }
                        _ => lookup.unreadable += 1,
                    }
                }
                // A token that repeats leads nowhere.
                if page.next_page_token.is_none() || page.next_page_token == token {
                    break;
                }
                token = page.next_page_token;
            }
        }
        Ok(lookup)
    }

    /// Later lists take precedence: approved over pending over denied.
    fn insert(&mut self, listed: ListedRegistrant) {
        let place = self.registrants.len();
        if let Some(id) = listed.standing.registrant() {
            self.by_id.insert(id.clone(), place);
        }
        self.by_email.insert(listed.email.clone(), place);
        self.registrants.push(listed);
    }

    /// Returns the standing of an address.
    pub fn find(&self, email: &EmailHash) -> Option<&Standing> {
        self.find_listed(email).map(|listed| &listed.standing)
    }

    /// Returns the registrant with an address.
    pub fn find_listed(&self, email: &EmailHash) -> Option<&ListedRegistrant> {
        self.by_email.get(email).and_then(|&place| self.registrants.get(place))
    }

    /// Returns the registrant with an id.
    pub fn find_id(&self, id: &RegistrantId) -> Option<&ListedRegistrant> {
        self.by_id.get(id).and_then(|&place| self.registrants.get(place))
    }

    /// Returns each address once, with its standing.
    pub fn people(&self) -> impl Iterator<Item = (&EmailHash, &Standing)> {
        self.by_email.iter().filter_map(|(email, &place)| Some((email, &self.registrants.get(place)?.standing)))
    }
}
