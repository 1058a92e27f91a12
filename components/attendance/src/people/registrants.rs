//! Registrants by id and by e-mail address.

use super::{Details, Person};
use domain::{Email, RegistrantId, Sensitive};
use std::collections::HashMap;
use zoom_client::registrants::Registrant;

/// The approved registrants of a webinar, or those of them who did not come.
#[derive(Debug, Clone, Default)]
pub(crate) struct Registrants {
    people: Vec<Person>,
    by_id: HashMap<RegistrantId, usize>,
    by_email: HashMap<String, usize>,
}

impl Registrants {
    /// From Zoom's rows. A row with neither id nor address is nobody.
    pub(crate) fn new(rows: Vec<Registrant>) -> Self {
        let mut registrants = Self::default();
        for row in rows {
            let email = row.email.as_deref().and_then(Email::parse);
            let registrant = row.id.map(RegistrantId::from);
            if registrant.is_none() && email.is_none() {
                continue;
            }
            let place = registrants.people.len();
            registrants.by_id.extend(registrant.clone().map(|id| (id, place)));
            registrants.by_email.extend(email.as_ref().map(|email| (email.folded(), place)));
            let details = Details {
                first_name: row.first_name.map(Sensitive::from),
                last_name: row.last_name.map(Sensitive::from),
                company: row.org.map(Sensitive::from),
                phone: row.phone.map(Sensitive::from),
            };
            registrants.people.push(Person { registrant, email, details });
        }
        registrants
    }

    /// The registrant of an id.
    pub(crate) fn with_id(&self, id: &RegistrantId) -> Option<&Person> {
        self.by_id.get(id).map(|&place| &self.people[place])
    }

    /// The registrant with an address.
    pub(crate) fn with_email(&self, email: &Email) -> Option<&Person> {
        self.by_email.get(&email.folded()).map(|&place| &self.people[place])
    }

    /// Whether a person is among them, by id or by address.
    pub(crate) fn has(&self, person: &Person) -> bool {
        person.registrant.as_ref().is_some_and(|id| self.with_id(id).is_some())
            || person.email.as_ref().is_some_and(|email| self.with_email(email).is_some())
    }

    /// All of them.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Person> {
        self.people.iter()
    }
}
