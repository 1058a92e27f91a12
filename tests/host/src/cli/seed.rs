//! Seeds the fakes: Acme's users and webinars in Zoom, and its leads in Marketo.

use fakes::marketo::Marketo;
use fakes::marketo::subscription::JOIN_URL_FIELD;
use fakes::zoom::{NewUser, NewWebinar, Panelist, Zoom};
use serde_json::json;

/// A colleague of the admin. His webinars are offered once the admin enables him.
pub(super) const COLLEAGUE: &str = "bob@example.com";
/// A user of the same account that the admin does not enable.
pub(super) const OTHER_USER: &str = "carol@example.com";
/// A panelist of the main webinar.
pub(super) const PANELIST: &str = "petra.panelist@partner.example";
/// Number of leads.
pub(super) const LEAD_COUNT: usize = 36;

/// The ids of the seeded webinars, one of each kind.
pub(super) struct SeededWebinars {
    /// The admin's webinar with automatic registration, which the program is connected to.
    pub(super) main: u64,
    /// Also offered: the colleague's webinar with manual approval, and the admin's webinar without registration.
    pub(super) also_offered: [u64; 2],
    /// Never offered (R3): two recurring webinars, and one of a user who is not enabled.
    pub(super) never_offered: [u64; 3],
}

/// Adds users and webinars to Zoom.
///
/// # Errors
/// The users exist already.
pub(super) fn seed_zoom(zoom: &Zoom) -> anyhow::Result<SeededWebinars> {
    for (email, first_name) in [(COLLEAGUE, "Bob"), (OTHER_USER, "Carol")] {
        let first_name = first_name.to_owned();
        zoom.add_user(NewUser { first_name, last_name: "Builder".to_owned(), ..NewUser::named(email) })?;
    }
    let add = |topic: &str, new: NewWebinar| -> anyhow::Result<u64> {
        Ok(zoom.add_webinar(NewWebinar { topic: topic.to_owned(), ..new })?.id)
    };
    let of = |host: &str| NewWebinar { host: host.to_owned(), ..NewWebinar::default() };
    let panelist = Panelist { email: PANELIST.to_owned(), name: "Petra Panelist".to_owned() };
    Ok(SeededWebinars {
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
            add("Board briefing", of(OTHER_USER))?,
        ],
    })
}

/// Adds [`LEAD_COUNT`] leads to Marketo and returns their ids. Maps the flow step's join link to a lead field, as a
/// Marketo admin can. Every third lead has a company, every fourth a phone number.
pub(super) fn seed_marketo(marketo: &Marketo) -> Vec<i64> {
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
    async fn seeds_the_fakes_once() {
        let zoom = Zoom::start(fakes::zoom::Options::default()).await.unwrap();
        let webinars = seed_zoom(&zoom).unwrap();
        assert_eq!(zoom.webinar(webinars.main).unwrap().approval_type, 0);
        assert!(seed_zoom(&zoom).is_err());

        let marketo = Marketo::start(fakes::marketo::Options::default()).await.unwrap();
        let leads = seed_marketo(&marketo);
        assert_eq!(leads.len(), LEAD_COUNT);
        assert_eq!(marketo.leads_by_email("lead36@customer.example").len(), 1);
    }
}
