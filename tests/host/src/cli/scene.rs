//! What the stand-ins hold at first: Acme's webinars in Zoom and its leads in Marketo.

use fakes::marketo::Marketo;
use fakes::marketo::world::JOIN_URL_FIELD;
use fakes::zoom::{NewUser, NewWebinar, Panelist, Zoom};
use serde_json::json;

/// A colleague of the admin's, whose webinars may be used once she enables him.
pub(super) const COLLEAGUE: &str = "bob@example.com";
/// Somebody of the same account who is not enabled.
pub(super) const STRANGER: &str = "carol@example.com";
/// A panelist of the main webinar.
pub(super) const PANELIST: &str = "petra.panelist@partner.example";
/// How many leads there are.
pub(super) const LEADS: usize = 36;

/// Of each kind of webinar one.
pub(super) struct Webinars {
    /// The admin's, with automatic registration: the one that the story is about.
    pub(super) main: u64,
    /// What is offered besides: the colleague's, with approval by hand, and the admin's without registration.
    pub(super) also_offered: [u64; 2],
    /// What is never offered: two recurring ones and the stranger's.
    pub(super) never_offered: [u64; 3],
}

/// Puts people and webinars into Zoom.
///
/// # Errors
/// When they are there already.
pub(super) fn set_zoom(zoom: &Zoom) -> anyhow::Result<Webinars> {
    for (email, first_name) in [(COLLEAGUE, "Bob"), (STRANGER, "Carol")] {
        let first_name = first_name.to_owned();
        zoom.add_user(NewUser { first_name, last_name: "Builder".to_owned(), ..NewUser::named(email) })?;
    }
    let add = |topic: &str, new: NewWebinar| -> anyhow::Result<u64> {
        Ok(zoom.add_webinar(NewWebinar { topic: topic.to_owned(), ..new })?.id)
    };
    let of = |host: &str| NewWebinar { host: host.to_owned(), ..NewWebinar::default() };
    let panelist = Panelist { email: PANELIST.to_owned(), name: "Petra Panelist".to_owned() };
    Ok(Webinars {
        main: add(
            "Meet the new Acme",
            NewWebinar {
                agenda: "What is new, shown live.\nBring your questions.".to_owned(),
                panelists: vec![panelist],
                ..NewWebinar::default()
            },
        )?,
        also_offered: [
            add("Customer stories", NewWebinar { approval_type: 1, ..of(COLLEAGUE) })?,
            add("Open house", NewWebinar { approval_type: 2, ..NewWebinar::default() })?,
        ],
        never_offered: [
            add("Weekly office hours", NewWebinar { kind: 9, ..NewWebinar::default() })?,
            add("Drop-in clinic", NewWebinar { kind: 6, ..NewWebinar::default() })?,
            add("Board briefing", of(STRANGER))?,
        ],
    })
}

/// Puts [`LEADS`] leads into Marketo and maps the flow step's join link to a lead field, as an administrator may.
/// Returns their ids. Every third has a company, every fourth a phone.
pub(super) fn set_marketo(marketo: &Marketo) -> Vec<i64> {
    const FIRST_NAMES: [&str; 12] =
        ["Ada", "Björn", "Chiara", "Dmitri", "Emeka", "Fatima", "Grace", "Hedy", "Ines", "Jürgen", "Kofi", "Linus"];
    const LAST_NAMES: [&str; 3] = ["Nguyen", "O'Brien", "Østergård"];
    let people = LAST_NAMES.iter().flat_map(|last| FIRST_NAMES.iter().map(move |first| (first, last)));
    marketo.map_callback_field("joinUrl", JOIN_URL_FIELD);
    people
        .enumerate()
        .map(|(number, (first, last))| {
            let mut lead = json!({
                "firstName": first, "lastName": last, "email": format!("lead{:02}@customer.example", number + 1),
            });
            if number % 3 == 0 {
                lead["company"] = json!("Customer & Sons");
            }
            if number % 4 == 0 {
                lead["phone"] = json!(format!("+1 555 01{number:02}"));
            }
            marketo.add_lead(&lead)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_scene_is_set_once() {
        let zoom = Zoom::start(fakes::zoom::Options::default()).await.unwrap();
        let webinars = set_zoom(&zoom).unwrap();
        assert_eq!(zoom.webinar(webinars.main).unwrap().approval_type, 0);
        assert!(set_zoom(&zoom).is_err());

        let marketo = Marketo::start(fakes::marketo::Options::default()).await.unwrap();
        let leads = set_marketo(&marketo);
        assert_eq!(leads.len(), LEADS);
        assert_eq!(marketo.leads_by_email("lead36@customer.example").len(), 1);
    }
}
