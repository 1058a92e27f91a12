//! Maps the fields of a lead to the fields of a registrant.

/// Pairs of a Marketo name, normalized by [`normalize`], and the Zoom name. The Marketo names are those of the REST API
/// and of the flow step's service attributes.
const FIELDS: &[(&str, &str)] = &[
    ("company", "org"),
    ("phone", "phone"),
    ("title", "job_title"),
    ("jobtitle", "job_title"),
    ("industry", "industry"),
    ("address", "address"),
    ("city", "city"),
    ("state", "state"),
    ("postalcode", "zip"),
    ("country", "country"),
];

/// Length of a country. Zoom accepts two-letter codes only, so other values are omitted.
const COUNTRY_LENGTH: usize = 2;

/// Maximum length of an answer to a custom question that Zoom accepts, in characters.
const MAX_ANSWER_LENGTH: usize = 128;

/// A name and a value.
pub type Pair = (String, String);

/// A registrant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registrant {
    /// E-mail address as the lead has it.
    pub email: String,
    /// First name.
    pub first_name: String,
    /// Last name.
    pub last_name: String,
    /// Other fields by Zoom name.
    pub more: Vec<Pair>,
    /// Answers by question title.
    pub answers: Vec<Pair>,
}

/// Maps a lead by field names.
///
/// A custom question is answered by the lead field whose name equals the question's title, ignoring case and everything
/// but letters and digits: `jobTitle` answers "Job Title?".
///
/// # Errors
/// A sentence that names the missing field, when the e-mail address, first name or last name is missing.
pub fn to_registrant(lead: &[Pair], question_titles: &[String]) -> Result<Registrant, String> {
    let find = |name: &str| {
        let has_name = |(field, value): &&Pair| normalize(field) == name && !value.trim().is_empty();
        lead.iter().find(has_name).map(|(_, value)| value.trim().to_owned())
    };
    let require = |name: &str, label: &str| find(name).ok_or_else(|| format!("The {label} is missing."));

    let mut more: Vec<Pair> = Vec::new();
    for &(marketo_name, zoom_name) in FIELDS {
        let Some(value) = find(marketo_name) else { continue };
        let is_valid = zoom_name != "country" || value.len() == COUNTRY_LENGTH;
        if is_valid && !more.iter().any(|(name, _)| name == zoom_name) {
            more.push((zoom_name.to_owned(), value));
        }
    }
    let answers = question_titles.iter().filter_map(|title| {
        let value = find(&normalize(title))?;
        Some((title.clone(), value.chars().take(MAX_ANSWER_LENGTH).collect()))
    });
    Ok(Registrant {
        email: require("email", "e-mail address")?,
        first_name: require("firstname", "first name")?,
        last_name: require("lastname", "last name")?,
        more,
        answers: answers.collect(),
    })
}

/// Removes case, spaces and punctuation from a name: `First Name`, `first_name` and `firstName` become equal.
fn normalize(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(pairs: &[(&str, &str)]) -> Vec<Pair> {
        pairs.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect()
    }

    const ADA: &[(&str, &str)] = &[("email", " Ada@example.com "), ("firstName", "Ada"), ("lastName", "Lovelace")];

    #[test]
    fn r8_company_and_phone_are_sent_when_present() {
        let mut lead = pairs(ADA);
        lead.extend(pairs(&[("company", "Engines"), ("phone", "123"), ("country", "United Kingdom"), ("city", " ")]));
        let registrant = to_registrant(&lead, &[]).unwrap();
        assert_eq!(registrant.email, "Ada@example.com");
        assert_eq!(registrant.more, pairs(&[("org", "Engines"), ("phone", "123")]));
        assert_eq!(to_registrant(&pairs(ADA), &[]).unwrap().more, []);
    }

    #[test]
    fn r8_names_and_email_are_required() {
        for missing in 0..ADA.len() {
            let mut lead = pairs(ADA);
            lead.remove(missing);
            assert!(to_registrant(&lead, &[]).is_err());
        }
    }

    #[test]
    fn questions_are_answered_by_the_field_of_the_same_name() {
        let mut lead = pairs(ADA);
        lead.push(("dietaryNeeds".into(), "x".repeat(200)));
        let titles = ["Dietary needs?".to_owned(), "Shoe size".to_owned()];
        let answers = to_registrant(&lead, &titles).unwrap().answers;
        assert_eq!(answers, [("Dietary needs?".to_owned(), "x".repeat(MAX_ANSWER_LENGTH))]);
    }
}
