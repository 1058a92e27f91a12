//! Names of fields, questions and choices, compared leniently.

/// Removes case, spaces and punctuation from a name: `First Name`, `first_name` and `firstName` become equal.
pub(crate) fn normalize(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}
