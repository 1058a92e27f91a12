//! Guesses from the name of a status what it means (R21).
//!
//! Numbers and decoration do not matter: `2 Registered` and `✓ Registriert` are both registered. A name that may mean something else is not guessed, because the status that
//! means registered decides who is registered in Zoom (R7).

mod vocabulary;
mod words;

use super::meaning::Meaning;
use vocabulary::{Concept, SPELLED, UNSEPARATED};
use words::Word;

/// The meaning of a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Guess {
    /// The meaning.
    pub meaning: Meaning,
    /// How exactly the name says it: the number of words without a known meaning, then the number of all words. Less is
    /// more exact.
    pub rank: (usize, usize),
}

/// Guesses the meaning of a name; `None` if it has none of the meanings, or more than one.
pub fn guess(name: &str) -> Option<Guess> {
    let (concepts, negated) = apply_negations(concepts(name))?;
    let unknown = concepts.iter().filter(|&&concept| concept == Concept::Unknown).count() + usize::from(negated);
    let meaning = resolve(&concepts, unknown > 0)?;
    // "Not registered" says only that the person attended without a registration.
    (!negated || meaning == Meaning::Attended).then_some(Guess { meaning, rank: (unknown, concepts.len()) })
}

/// Returns whether a name means being on a wait list. The application never sets such a status.
pub fn is_wait_list(name: &str) -> bool {
    concepts(name).contains(&Concept::WaitListed)
}

/// Returns whether a name says that people attended, although perhaps in part or in some way of their own.
pub fn says_attended(name: &str) -> bool {
    let says = |concepts: &[Concept]| concepts.contains(&Concept::Attended) && !concepts.contains(&Concept::NoShow);
    apply_negations(concepts(name)).is_some_and(|(concepts, _)| says(&concepts))
}

/// Applies each negation to what it negates: what follows it, else what precedes it, as in `Attended: no`. Returns whether
/// a registration was negated. `None` if the negation makes another meaning.
fn apply_negations(mut concepts: Vec<Concept>) -> Option<(Vec<Concept>, bool)> {
    let mut negated_registration = false;
    while let Some(at) = concepts.iter().position(|&concept| concept == Concept::Negation) {
        let is_target = |&index: &usize| !matches!(concepts[index], Concept::Filler | Concept::Negation);
        let target = (at + 1..concepts.len()).find(is_target).or_else(|| (0..at).rev().find(is_target))?;
        match concepts[target] {
            Concept::Attended | Concept::Attendance | Concept::Watched => concepts[target] = Concept::NoShow,
            Concept::Registered | Concept::Registration => {
                negated_registration = true;
                concepts[target] = Concept::Filler;
            }
            _ => return None,
        }
        concepts[at] = Concept::Filler;
    }
    Some((concepts, negated_registration))
}

/// Returns the meaning of all that a name says. `is_vague`: whether it also says something unknown.
fn resolve(concepts: &[Concept], is_vague: bool) -> Option<Meaning> {
    let has = |concept| concepts.contains(&concept);
    if has(Concept::Other) || has(Concept::WaitListed) || (has(Concept::Needed) && !has(Concept::Approval)) {
        return None;
    }
    let names_registration = has(Concept::Registered) || has(Concept::Registration);
    let is_pending = has(Concept::Pending)
        || (has(Concept::Approval) && (has(Concept::Needed) || has(Concept::Registered)) && !has(Concept::Confirmed));
    let is_denied = has(Concept::Denied) || (has(Concept::Declined) && names_registration);
    // What happened, of which only one can be true. A denied person was cancelled as well.
    let happened = [
        (has(Concept::Error), Meaning::RegistrationError),
        (is_pending, Meaning::Pending),
        (is_denied && !has(Concept::Cancelled), Meaning::Denied),
        (has(Concept::Cancelled), Meaning::Cancelled),
        (has(Concept::NoShow), Meaning::NoShow),
        (has(Concept::OnDemand), Meaning::AttendedOnDemand),
        (has(Concept::Attended) && !has(Concept::OnDemand), Meaning::Attended),
    ];
    let mut happened = happened.into_iter().filter_map(|(is_true, meaning)| is_true.then_some(meaning));
    let meaning = match (happened.next(), happened.next()) {
        (Some(meaning), None) => meaning,
        (None, _) if has(Concept::Watched) || has(Concept::Attendance) || has(Concept::Declined) => return None,
        (None, _) if has(Concept::Registered) => Meaning::Registered,
        (None, _) if has(Concept::Registration) && has(Concept::Confirmed) => Meaning::Registered,
        _ => return None,
    };
    // Of these, a name with unknown words may speak of something other than the registration.
    let is_clear = match meaning {
        Meaning::RegistrationError => !has(Concept::Attendance) && (names_registration || !is_vague),
        Meaning::Pending => !has(Concept::Attendance) && (names_registration || has(Concept::Approval) || !is_vague),
        Meaning::AttendedOnDemand => {
            let was_seen = has(Concept::Attended) || has(Concept::Watched);
            was_seen || !(names_registration || is_vague || has(Concept::Attendance))
        }
        _ => true,
    };
    is_clear.then_some(meaning)
}

/// Returns what the words of a name say, in order.
fn concepts(name: &str) -> Vec<Concept> {
    let words = words::words(name);
    let mut concepts = Vec::new();
    let mut rest = words.as_slice();
    while let Some((first, after)) = rest.split_first() {
        match first {
            Word::Run(run) => {
                concepts_of_run(run, &mut concepts);
                rest = after;
            }
            Word::Spelled(_) => {
                let (concept, length) = longest_phrase(rest).unwrap_or((Concept::Unknown, 1));
                concepts.push(concept);
                rest = &rest[length..];
            }
        }
    }
    concepts
}

/// Returns the longest known phrase at the start of words, and the number of its words. Of phrases with equally many
/// words, the one that fits most closely.
fn longest_phrase(words: &[Word]) -> Option<(Concept, usize)> {
    let phrases =
        SPELLED.iter().flat_map(|&(concept, phrases)| phrases.split(',').map(move |phrase| (concept, phrase.trim())));
    let found = phrases.filter_map(|(concept, phrase)| {
        let length = phrase_length(phrase, words)?;
        Some(((length, phrase.len() - phrase.matches('*').count(), !phrase.ends_with('*')), concept))
    });
    found.max_by_key(|&(closeness, _)| closeness).map(|((length, ..), concept)| (concept, length))
}

/// Returns the number of words of a phrase if the words begin with it.
fn phrase_length(phrase: &str, words: &[Word]) -> Option<usize> {
    let mut length = 0;
    for expected in phrase.split(' ') {
        let Some(Word::Spelled(word)) = words.get(length) else { return None };
        let fits = match expected.strip_suffix('*') {
            Some(stem) => word.starts_with(stem),
            None => word == expected,
        };
        if !fits {
            return None;
        }
        length += 1;
    }
    Some(length)
}

/// Appends what a run of Chinese or Japanese characters says.
fn concepts_of_run(run: &[char], concepts: &mut Vec<Concept>) {
    let mut rest = run;
    while !rest.is_empty() {
        let phrases = UNSEPARATED
            .iter()
            .flat_map(|&(concept, phrases)| phrases.split_whitespace().map(move |phrase| (concept, phrase)));
        let fitting = phrases.filter_map(|(concept, phrase)| {
            let length = phrase.chars().count();
            let fits = rest.len() >= length && phrase.chars().zip(rest).all(|(expected, &c)| expected == c);
            fits.then_some((length, concept))
        });
        let (length, concept) = fitting.max_by_key(|&(length, _)| length).unwrap_or((1, Concept::Unknown));
        // Unknown characters in a row are one word.
        if concept != Concept::Unknown || concepts.last() != Some(&Concept::Unknown) {
            concepts.push(concept);
        }
        rest = &rest[length..];
    }
}

#[cfg(test)]
mod tests;
