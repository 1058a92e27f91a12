//! What a marketer should know of a webinar before choosing it (R3).

use domain::webinar::RegistrationMode;
use serde::Serialize;
use zoom_client::webinars::{ListedWebinar, Webinar};

/// A peculiarity of a webinar that can be connected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WebinarNote {
    /// A recording is played as if it were live.
    Simulive,
    /// People may watch the recording after the webinar.
    OnDemand,
    /// Zoom sends its own confirmation e-mail.
    ZoomConfirmation,
}

/// A note as the API shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) struct NoteView {
    kind: &'static str,
    detail: &'static str,
}

impl WebinarNote {
    const fn kind(self) -> &'static str {
        match self {
            Self::Simulive => "simulive",
            Self::OnDemand => "on_demand",
            Self::ZoomConfirmation => "zoom_confirmation",
        }
    }

    const fn detail(self) -> &'static str {
        match self {
            Self::Simulive => "Simulive: Zoom plays a recording at the planned time.",
            Self::OnDemand => "On demand: people can watch the recording after the webinar.",
            Self::ZoomConfirmation => {
                "Zoom sends its own confirmation e-mail, so people get two e-mails with a link each; if Marketo sends the \
                 confirmation, switch Zoom's off in the webinar's e-mail settings."
            }
        }
    }
}

impl From<WebinarNote> for NoteView {
    fn from(note: WebinarNote) -> Self {
        Self { kind: note.kind(), detail: note.detail() }
    }
}

/// Returns the notes of a webinar. Only its detail has its settings; without them those notes are left out.
pub(crate) fn of(listed: &ListedWebinar, detail: Option<&Webinar>) -> Vec<NoteView> {
    let mut notes = Vec::new();
    if listed.is_simulive || detail.is_some_and(|detail| detail.listed.is_simulive) {
        notes.push(WebinarNote::Simulive);
    }
    if let Some(detail) = detail {
        if detail.settings.on_demand {
            notes.push(WebinarNote::OnDemand);
        }
        if detail.settings.sends_confirmation && detail.registration() != RegistrationMode::None {
            notes.push(WebinarNote::ZoomConfirmation);
        }
    }
    notes.into_iter().map(NoteView::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn kinds(change: &Value) -> Vec<&'static str> {
        let mut webinar = json!({"id": 9, "type": 5, "topic": "T", "settings": {"approval_type": 0}});
        for (name, value) in change.as_object().unwrap() {
            match name.as_str() {
                "is_simulive" => webinar[name] = value.clone(),
                name => webinar["settings"][name] = value.clone(),
            }
        }
        let webinar: Webinar = serde_json::from_value(webinar).unwrap();
        of(&webinar.listed, Some(&webinar)).iter().map(|note| note.kind).collect()
    }

    #[test]
    fn r3_peculiarities_are_marked() {
        let none: [&str; 0] = [];
        for (change, expected) in [
            (json!({}), none.as_slice()),
            (json!({"is_simulive": true}), &["simulive"]),
            (json!({"is_simulive": "true", "on_demand": 1}), &["simulive", "on_demand"]),
            (json!({"registrants_confirmation_email": true}), &["zoom_confirmation"]),
            (
                json!({"registrants_confirmation_email": true, "registrants_email_notification": true}),
                &["zoom_confirmation"],
            ),
            (json!({"registrants_confirmation_email": true, "registrants_email_notification": false}), &[]),
            (json!({"registrants_confirmation_email": true, "approval_type": 2}), &[]),
            (json!({"is_simulive": {}, "on_demand": "perhaps", "registrants_confirmation_email": null}), &[]),
        ] {
            assert_eq!(kinds(&change), expected, "{change}");
        }
    }
}
