//! What the statuses of a program's channel mean: the admin's choices, and what is wrong with them (R21).

use domain::records::ProgramConnection;
use domain::status::{Channel, Meaning, StatusMapping};
use domain::{ErrorCode, Problem};
use serde::Deserialize;
use std::collections::BTreeMap;

/// An admin's choices: the names of statuses by meaning. `null`: no status has the meaning.
#[derive(Debug, Default, Deserialize)]
#[serde(transparent)]
pub(crate) struct StatusChoices(BTreeMap<String, Option<String>>);

impl StatusChoices {
    /// Returns the mapping with these choices and, for what is not chosen, with guesses from the channel.
    ///
    /// # Errors
    /// `INVALID_REQUEST`, with what is wrong with the choices.
    pub(crate) fn apply(&self, mapping: &StatusMapping, channel: &Channel) -> Result<StatusMapping, Problem> {
        let mut mapping = mapping.clone();
        mapping.refresh(channel);
        for (meaning, name) in &self.0 {
            let Some(meaning) = Meaning::parse(meaning) else {
                let meanings = Meaning::ALL.map(Meaning::as_str).join(", ");
                return Err(invalid(format!(
                    "A name in the field statuses is no meaning; the meanings are {meanings}."
                )));
            };
            let status = match name {
                Some(name) => {
                    let Some(status) = channel.find(name) else {
                        return Err(invalid(format!(
                            "The channel has no such status for {meaning}; its statuses are {names}.",
                            meaning = meaning.as_str(),
                            names = names(channel),
                        )));
                    };
                    Some(status.name.clone())
                }
                None if meaning == Meaning::Registered => {
                    return Err(invalid(
                        "A status has to mean registered, because it decides who is registered in Zoom.".into(),
                    ));
                }
                None => None,
            };
            mapping.choose(meaning, status);
        }
        mapping.refresh(channel);
        match mapping.conflict() {
            None => Ok(mapping),
            Some((one, other)) => {
                let (one, other) = (one.as_str(), other.as_str());
                Err(invalid(format!("One status cannot mean both {one} and {other}; choose another one, or none.")))
            }
        }
    }
}

fn invalid(detail: String) -> Problem {
    Problem { code: ErrorCode::InvalidRequest, detail }
}

/// Returns why a program cannot be connected with a mapping: no status means registered.
pub(crate) fn registered_unknown(mapping: &StatusMapping, channel: &Channel) -> Option<Problem> {
    let registered = mapping.get(Meaning::Registered).and_then(|mapped| mapped.status.as_deref());
    if registered.is_some_and(|name| channel.find(name).is_some()) {
        return None;
    }
    let detail = format!(
        "Which status of the channel means that a person is registered cannot be guessed from the names; choose one of {}.",
        names(channel)
    );
    Some(Problem { code: ErrorCode::ProgramNotWebinarChannel, detail })
}

/// Returns the problem of a connection whose statuses changed in Marketo: an admin's choice is gone, or nothing means
/// registered any more.
pub(crate) fn problem(connection: &ProgramConnection) -> Option<Problem> {
    let channel = &connection.channel;
    let mapping = connection.mapping();
    let gone = mapping.chosen().find_map(|(meaning, mapped)| {
        let name = mapped.status.as_deref().filter(|name| channel.find(name).is_none())?;
        let detail = format!(
            "The channel no longer has the status \u{201c}{name}\u{201d}, which was chosen for {meaning}; choose another one, or \
             restore its name in Marketo and press Refresh.",
            meaning = meaning.as_str(),
        );
        Some(Problem { code: ErrorCode::ProgramNotWebinarChannel, detail })
    });
    gone.or_else(|| registered_unknown(&mapping, channel))
}

/// Returns the names of a channel's statuses for a sentence.
fn names(channel: &Channel) -> String {
    let names: Vec<_> = channel.statuses.iter().map(|status| format!("\u{201c}{}\u{201d}", status.name)).collect();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::status::ProgressionStatus;
    use serde_json::{Value, json};

    fn channel(names: &[&str]) -> Channel {
        let status = |name: &&str| ProgressionStatus { name: (*name).into(), step: 10 };
        Channel { name: "Webinar".into(), statuses: names.iter().map(status).collect() }
    }

    fn apply(choices: Value, names: &[&str]) -> Result<StatusMapping, String> {
        let choices: StatusChoices = serde_json::from_value(choices).unwrap();
        choices.apply(&StatusMapping::default(), &channel(names)).map_err(|problem| problem.detail)
    }

    #[test]
    fn r21_choices_are_checked_against_the_channel() {
        let names = ["Registriert", "Gebucht", "Teilgenommen"];
        let mapping = apply(json!({"registered": "GEBUCHT", "attended": null}), &names).unwrap();
        let status = |meaning| mapping.get(meaning).unwrap().status.as_deref();
        assert_eq!((status(Meaning::Registered), status(Meaning::Attended)), (Some("Gebucht"), None));
        for (choices, words) in [
            (json!({"registred": "Gebucht"}), "registered, pending"),
            (json!({"registered": "Booked"}), "\u{201c}Gebucht\u{201d}"),
            (json!({"registered": null}), "has to mean registered"),
            (json!({"pending": "Gebucht", "no_show": "Gebucht"}), "both pending and no_show"),
        ] {
            let detail = apply(choices.clone(), &names).unwrap_err();
            assert!(detail.contains(words), "{choices}: {detail}");
        }
        assert!(apply(json!({"cancelled": "Gebucht", "denied": "Gebucht"}), &names).is_ok());
    }

    #[test]
    fn r21_a_channel_without_a_guess_for_registered_lists_its_statuses() {
        let channel = channel(&["Booked", "Confirmed"]);
        let mapping = StatusMapping::guess(&channel);
        let problem = registered_unknown(&mapping, &channel).unwrap();
        assert!(problem.detail.contains("\u{201c}Booked\u{201d}, \u{201c}Confirmed\u{201d}"), "{}", problem.detail);
    }
}
