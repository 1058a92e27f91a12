//! What Zoom and Marketo hold of each person, side by side.

use fakes::marketo::Marketo;
use fakes::marketo::world::WEBINAR_PROGRAM;
use fakes::zoom::Webinar;

use super::cast::{Lead, WALK_INS};

/// How much of an id or a link is shown: enough to tell two apart.
const TAIL: usize = 8;

/// One line for each person.
pub(super) fn text(webinar: &Webinar, marketo: &Marketo, leads: &[Lead]) -> String {
    let known = leads.iter().map(|lead| (lead.name.clone(), lead.email.as_str()));
    let walk_ins = WALK_INS.iter().map(|one| (format!("{} {}", one.first_name, one.last_name), one.email));
    let mut text = format!(
        "{:<20} {:<26} | {:<10} {:<11} {:>7} | {:<19} {:<11} {}\n",
        "", "", "Zoom", "registrant", "minutes", "Marketo", "reg. code", "webinar url"
    );
    for (name, email) in known.chain(walk_ins) {
        let registrant = webinar.registrant(email);
        let lead = marketo.leads_by_email(email).into_iter().next();
        let member = lead.and_then(|lead| marketo.member(WEBINAR_PROGRAM, lead.id));
        let of_member = |field: &str| member.as_ref().map(|member| tail(member.text(field))).unwrap_or_default();
        let line = format!(
            "{name:<20} {email:<26} | {:<10} {:<11} {:>7} | {:<19} {:<11} {}",
            registrant.map(|one| one.status.as_str()).unwrap_or("-"),
            registrant.map(|one| tail(&one.id)).unwrap_or_default(),
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

/// How long somebody was there, all stays together; none if they were not.
fn minutes(webinar: &Webinar, email: &str) -> Option<i64> {
    let stays = webinar.sessions.iter().flat_map(|session| &session.presences);
    let mut theirs = stays.filter(|stay| stay.email.eq_ignore_ascii_case(email)).peekable();
    theirs.peek()?;
    Some(theirs.map(|stay| stay.seconds()).sum::<i64>() / 60)
}

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
    fn long_texts_are_shown_by_their_end() {
        assert_eq!(tail("short"), "short");
        assert_eq!(tail("http://zoom/w/1?tk=abcdefgh"), "…abcdefgh");
    }
}
