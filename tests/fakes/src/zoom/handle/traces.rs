//! What must not be found where it does not belong: every secret, and whatever tells who somebody is.

use crate::support::lock;
use crate::zoom::Zoom;
use crate::zoom::model::Webinar;

impl Zoom {
    /// Every secret that it has or ever issued: the app's, authorization codes, access tokens, refresh tokens.
    #[must_use]
    pub fn secrets(&self) -> Vec<String> {
        let mut secrets = vec![self.options.client_secret.clone(), self.options.webhook_secret.clone()];
        secrets.extend_from_slice(lock(&self.state).authorizations.issued());
        secrets
    }

    /// Addresses, names, phone numbers, answers and join links of everybody: users, panelists, registrants, those who
    /// came.
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
