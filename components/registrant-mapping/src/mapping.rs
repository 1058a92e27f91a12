//! Which field of a lead becomes which field of a registrant.

/// Marketo's names, folded (see [`fold`]), and Zoom's name for the same thing. Marketo's are those of its REST API
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

/// Zoom takes a country as two letters only; whole names are left out.
const COUNTRY_LETTERS: usize = 2;

/// The longest answer to a custom question that Zoom takes, in characters.
const MAX_ANSWER: usize = 128;

/// A name and a value.
pub type Pair = (String, String);

/// What a lead becomes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registrant {
    /// The address, as given.
    pub email: String,
    /// First name.
    pub first_name: String,
    /// Last name.
    pub last_name: String,
    /// Further fields under Zoom's names.
    pub more: Vec<Pair>,
    /// Answers by question title.
    pub answers: Vec<Pair>,
}

/// Maps by name. A custom question is answered by the lead field whose name is the question's title, where case and
/// everything but letters and digits do not count: "Job Title?" is answered by `jobTitle`.
///
/// # Errors
/// The default rejects nobody whose address and names are there; the reason names what is missing.
pub fn to_registrant(lead: &[Pair], question_titles: &[String]) -> Result<Registrant, String> {
    let find = |name: &str| {
        let of_name = |(field, value): &&Pair| fold(field) == name && !value.trim().is_empty();
        lead.iter().find(of_name).map(|(_, value)| value.trim().to_owned())
    };
    let needed = |name: &str, label: &str| find(name).ok_or_else(|| format!("The {label} is missing."));

    let mut more: Vec<Pair> = Vec::new();
    for &(theirs, zooms) in FIELDS {
        let Some(value) = find(theirs) else { continue };
        let fits = zooms != "country" || value.len() == COUNTRY_LETTERS;
        if fits && !more.iter().any(|(name, _)| name == zooms) {
            more.push((zooms.to_owned(), value));
        }
    }
    let answers = question_titles.iter().filter_map(|title| {
        let value = find(&fold(title))?;
        Some((title.clone(), value.chars().take(MAX_ANSWER).collect()))
    });
    Ok(Registrant {
        email: needed("email", "e-mail address")?,
        first_name: needed("firstname", "first name")?,
        last_name: needed("lastname", "last name")?,
        more,
        answers: answers.collect(),
    })
}

/// A name without case, spaces and punctuation: `First Name`, `first_name` and `firstName` are one.
fn fold(name: &str) -> String {
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
    fn r8_name_and_address_are_required() {
        for missing in 0..ADA.len() {
            let mut lead = pairs(ADA);
            lead.remove(missing);
            assert!(to_registrant(&lead, &[]).is_err());
        }
    }

    #[test]
    fn questions_are_answered_by_the_field_of_their_name() {
        let mut lead = pairs(ADA);
        lead.push(("dietaryNeeds".into(), "x".repeat(200)));
        let titles = ["Dietary needs?".to_owned(), "Shoe size".to_owned()];
        let answers = to_registrant(&lead, &titles).unwrap().answers;
        assert_eq!(answers, [("Dietary needs?".to_owned(), "x".repeat(MAX_ANSWER))]);
    }
}
