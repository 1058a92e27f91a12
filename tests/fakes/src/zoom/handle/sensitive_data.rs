//! Secrets and personal data, for tests that assert that none of them leaks.

use crate::support::sync::lock;
use crate::zoom::fake::Zoom;
use crate::zoom::state::webinar::Webinar;

impl Zoom {
    /// Returns every secret of the app and every authorization code, access token and refresh token issued so far.
    #[must_use]
    pub fn secrets(&self) -> Vec<String> {
        let mut secrets = vec![self.options.client_secret.clone(), self.options.webhook_secret.clone()];
        secrets.extend_from_slice(lock(&self.state).authorizations.issued());
        secrets
    }

    /// Returns the addresses, names, phone numbers, answers and join links of all users, panelists, registrants and
    /// participants.
    #[must_use]
    pub fn personal(&self) -> Vec<String> {
        let state = lock(&self.state);
        let users = state.users.iter().flat_map(|user| [&user.email, &user.first_name, &user.last_name]);
        let webinars = state.webinars.values().flat_map(of_webinar);
        users.chain(webinars).filter(|text| !text.is_empty()).cloned().collect()
    }
}

fn of_webinar(webinar: &Webinar) -> impl Iterator<Item = &String> {
    let panelists = webinar.panelists.iter().flat_map(|panelist| [&panelist.email, &panelist.name]);
    let registrants = webinar.registrants.iter().flat_map(|registrant| {
        let answers = registrant.custom_questions.iter().map(|answer| &answer.value);
        let named = [&registrant.email, &registrant.first_name, &registrant.last_name, &registrant.join_url];
        named.into_iter().chain(registrant.details.values()).chain(answers)
    });
    let presences = webinar.sessions.iter().flat_map(|session| &session.presences);
    let present = presences.flat_map(|presence| [&presence.name, &presence.email, &presence.phone_number]);
    panelists.chain(registrants).chain(present)
}
