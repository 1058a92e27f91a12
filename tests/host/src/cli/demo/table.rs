//! A table with the final data of Zoom and Marketo for each person.

use fakes::marketo::Marketo;
use fakes::marketo::subscription::WEBINAR_PROGRAM;
use fakes::zoom::Webinar;

use super::people::{DemoLead, ZOOM_PAGE_REGISTRANTS};

/// Number of characters shown of an id or a link: enough to distinguish them.
const TAIL: usize = 8;

/// Returns a table with one row for each person.
pub(super) fn text(webinar: &Webinar, marketo: &Marketo, leads: &[DemoLead]) -> String {
    let known = leads.iter().map(|lead| (lead.name.clone(), lead.email.as_str()));
    let zoom_page_registrants = ZOOM_PAGE_REGISTRANTS
        .iter()
        .map(|person| (format!("{} {}", person.first_name, person.last_name), person.email));
    let mut text = format!(
        "{:<20} {:<26} | {:<10} {:<11} {:>7} | {:<19} {:<11} {}\n",
        "", "", "Zoom", "registrant", "minutes", "Marketo", "reg. code", "webinar url"
    );
    for (name, email) in known.chain(zoom_page_registrants) {
        let registrant = webinar.registrant(email);
        let lead = marketo.leads_by_email(email).into_iter().next();
        let member = lead.and_then(|lead| marketo.member(WEBINAR_PROGRAM, lead.id));
        let of_member = |field: &str| member.as_ref().map(|member| tail(member.text(field))).unwrap_or_default();
        let line = format!(
            "{name:<20} {email:<26} | {:<10} {:<11} {:>7} | {:<19} {:<11} {}",
            registrant.map(|registrant| registrant.status.as_str()).unwrap_or("-"),
            registrant.map(|registrant| tail(&registrant.id)).unwrap_or_default(),
            minutes(webinar, email).map(|minutes| minutes.to_string()).unwrap_or_default(),
            member.as_ref().map_or("-", |member| member.status_name.as_str()),
            of_member("registrationCode"),
            of_member("webinarUrl"),
        );
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// Returns the total minutes of a person's presences. `None` if the person did not attend.
fn minutes(webinar: &Webinar, email: &str) -> Option<i64> {
    let presences = webinar.sessions.iter().flat_map(|session| &session.presences);
    let mut own = presences.filter(|presence| presence.email.eq_ignore_ascii_case(email)).peekable();
    own.peek()?;
    Some(own.map(|presence| presence.seconds()).sum::<i64>() / 60)
}

/// Returns the last [`TAIL`] characters of `text`, after an ellipsis if it is longer.
fn tail(text: &str) -> String {
    let count = text.chars().count();
    if count <= TAIL {
        return text.to_owned();
    }
    text.chars().skip(count - TAIL).fold("…".to_owned(), |mut tail, c| {
        tail.push(c);
        tail
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shortens_long_texts_to_their_end() {
        assert_eq!(tail("short"), "short");
        assert_eq!(tail("http://zoom/w/1?tk=abcdefgh"), "…abcdefgh");
    }
}
