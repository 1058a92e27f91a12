//! A webinar as a choice, and the order of the choices. Pure.

use crate::local_time::Zone;
use crate::webinars::listing::UpcomingWebinar;
use domain::WebinarId;
use domain::time::Timestamp;

/// Maximum number of choices that Marketo accepts. The interface has no pages (docs/reference/marketo.md).
pub(crate) const MAX_CHOICES: usize = 1_000;

/// An upcoming webinar as a choice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct WebinarChoice {
    start: Timestamp,
    pub(crate) id: WebinarId,
    /// The text that the marketer sees.
    pub(crate) text: String,
}

impl WebinarChoice {
    pub(super) fn new(upcoming: &UpcomingWebinar) -> Self {
        let start = Zone::named(&upcoming.webinar.timezone).brief(upcoming.start);
        let mark = if upcoming.webinar.is_simulive { " (simulive)" } else { "" };
        let text = format!("{start}: {}{mark}", upcoming.webinar.topic);
        Self { start: upcoming.start, id: upcoming.webinar.id, text }
    }
}

/// Sorts choices by start time and keeps the nearest that fit beside the program's own webinar.
pub(super) fn nearest(mut choices: Vec<WebinarChoice>) -> Vec<WebinarChoice> {
    choices.sort_by_key(|choice| (choice.start, choice.id));
    choices.truncate(MAX_CHOICES - 1);
    choices
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_999_webinars_are_kept_in_order() {
        let start = |id: u64| Timestamp::from_second(1_900_000_000 - 60 * i64::try_from(id).unwrap()).unwrap();
        let choices = (1..=1_500).map(|id| WebinarChoice { start: start(id), id: id.into(), text: format!("W{id}") });
        let nearest = nearest(choices.collect());
        let ids: Vec<_> = nearest.iter().map(|choice| choice.id.get()).collect();
        assert_eq!((ids.len(), ids[0], ids[998]), (999, 1500, 502));
    }
}
