//! Maps the fields of a lead to the fields of a registrant.

use crate::choices;
use crate::names::normalize;

/// Pairs of a name, normalized by [`normalize`], and the Zoom name.
///
/// The names are Zoom's own and those of Marketo's REST API and user interface. Of several that a lead has, the first counts.
const FIELDS: &[(&str, &str)] = &[
    ("org", "org"),
    ("company", "org"),
    ("companyname", "org"),
    ("phone", "phone"),
    ("phonenumber", "phone"),
    ("mobilephone", "phone"),
    ("jobtitle", "job_title"),
    ("title", "job_title"),
    ("industry", "industry"),
    ("address", "address"),
    ("city", "city"),
    ("state", "state"),
    ("zip", "zip"),
    ("zipcode", "zip"),
    ("postalcode", "zip"),
    ("country", "country"),
    ("noofemployees", "no_of_employees"),
    ("numberofemployees", "no_of_employees"),
    ("purchasingtimeframe", "purchasing_time_frame"),
    ("roleinpurchaseprocess", "role_in_purchase_process"),
    ("comments", "comments"),
];

/// Maximum length of a field, in characters. Zoom documents none but refuses long ones (docs/reference/zoom.md).
const MAX_FIELD_LENGTH: usize = 128;

/// Maximum length of an answer to a custom question that Zoom accepts, in characters.
const MAX_ANSWER_LENGTH: usize = 128;

/// Zoom's type of a question that takes several answers, separated by commas.
const MULTIPLE: &str = "multiple";

/// A name and a value.
pub type Pair = (String, String);

/// A custom question of the webinar's registration form.
#[derive(Debug, Clone, Default)]
pub struct Question {
    /// The text of the question.
    pub title: String,
    /// `short`, `single_radio`, `single_dropdown` or `multiple`.
    pub kind: String,
    /// The allowed answers; empty if any is allowed.
    pub choices: Vec<String>,
}

impl Question {
    /// Returns the answer that a value of a lead gives; `None` if it is not among the choices, which Zoom would refuse.
    fn answer(&self, value: &str) -> Option<String> {
        if self.choices.is_empty() {
            return Some(cut(value, MAX_ANSWER_LENGTH));
        }
        let choice = |text: &str| choices::of_list(self.choices.iter().map(String::as_str), text);
        if let Some(choice) = choice(value) {
            return Some(choice.to_owned());
        }
        let several: Vec<_> = value.split([',', ';']).filter_map(choice).collect();
        (self.kind == MULTIPLE && !several.is_empty()).then(|| several.join(","))
    }
}

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

/// Maps a lead by field names, ignoring case and everything but letters and digits.
///
/// Whatever has a name that Zoom knows is sent. A value that is too long is cut; one that Zoom takes from a fixed list and
/// that matches none of it is left out. A custom question is answered by the lead field whose name equals the question's
/// title: `jobTitle` answers "Job Title?".
///
/// # Errors
/// A sentence that names the missing field, when the e-mail address, first name or last name is missing.
pub fn to_registrant(lead: &[Pair], questions: &[Question]) -> Result<Registrant, String> {
    let find = |name: &str| {
        let has_name = |(field, value): &&Pair| normalize(field) == name && !value.trim().is_empty();
        lead.iter().find(has_name).map(|(_, value)| value.trim())
    };
    let require = |names: &[&str], label: &str| {
        let value = names.iter().find_map(|name| find(name));
        value.map(str::to_owned).ok_or_else(|| format!("The {label} is missing."))
    };

    let mut more: Vec<Pair> = Vec::new();
    for &(name, zoom_name) in FIELDS {
        if more.iter().any(|(known, _)| known == zoom_name) {
            continue;
        }
        if let Some(value) = find(name).and_then(|value| choices::of_field(zoom_name, value)) {
            more.push((zoom_name.to_owned(), cut(&value, MAX_FIELD_LENGTH)));
        }
    }
    let answers = questions.iter().filter_map(|question| {
        let answer = question.answer(find(&normalize(&question.title))?)?;
        Some((question.title.clone(), answer))
    });
    Ok(Registrant {
        email: require(&["email", "emailaddress"], "e-mail address")?,
        first_name: require(&["firstname"], "first name")?,
        last_name: require(&["lastname"], "last name")?,
        more,
        answers: answers.collect(),
    })
}

/// Cuts a text at a character's boundary.
fn cut(text: &str, length: usize) -> String {
    text.chars().take(length).collect()
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
        lead.extend(pairs(&[("company", "Engines"), ("phone", "123"), ("country", "Atlantis"), ("city", " ")]));
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

    fn question(title: &str, kind: &str, choices: &[&str]) -> Question {
        let choices = choices.iter().map(|&choice| choice.to_owned()).collect();
        Question { title: title.to_owned(), kind: kind.to_owned(), choices }
    }

    #[test]
    fn every_field_with_a_name_that_zoom_knows_is_sent() {
        let mut lead = pairs(ADA);
        lead.extend(pairs(&[
            ("company", "Engines"),
            ("title", "Analyst"),
            ("Postal Code", "10115"),
            ("numberOfEmployees", "42"),
            ("Country", "Germany"),
            ("industry", "Computing"),
            ("address", "1 St. James's Square"),
            ("city", "London"),
            ("state", "-"),
            ("phone", "123"),
            ("purchasing_time_frame", "1-3 Months"),
            ("roleInPurchaseProcess", "influencer"),
            ("comments", "é".repeat(200).as_str()),
            ("leadScore", "7"),
        ]));
        let mut more = to_registrant(&lead, &[]).unwrap().more;
        more.sort();
        let comments = "é".repeat(MAX_FIELD_LENGTH);
        let mut expected = pairs(&[
            ("org", "Engines"),
            ("job_title", "Analyst"),
            ("zip", "10115"),
            ("no_of_employees", "21-50"),
            ("country", "DE"),
            ("industry", "Computing"),
            ("address", "1 St. James's Square"),
            ("city", "London"),
            ("state", "-"),
            ("phone", "123"),
            ("purchasing_time_frame", "1-3 months"),
            ("role_in_purchase_process", "Influencer"),
            ("comments", comments.as_str()),
        ]);
        expected.sort();
        assert_eq!(more, expected);
    }

    #[test]
    fn r8_names_are_found_in_each_spelling() {
        let lead = pairs(&[("Email Address", "ada@example.com"), ("First Name", "Ada"), ("LAST_NAME", "Lovelace")]);
        let registrant = to_registrant(&lead, &[]).unwrap();
        assert_eq!((registrant.email.as_str(), registrant.first_name.as_str()), ("ada@example.com", "Ada"));
    }

    #[test]
    fn questions_are_answered_by_the_field_of_the_same_name() {
        let mut lead = pairs(ADA);
        lead.push(("dietaryNeeds".into(), "x".repeat(200)));
        let questions = [question("Dietary needs?", "short", &[]), question("Shoe size", "short", &[])];
        let answers = to_registrant(&lead, &questions).unwrap().answers;
        assert_eq!(answers, [("Dietary needs?".to_owned(), "x".repeat(MAX_ANSWER_LENGTH))]);
    }

    #[test]
    fn an_answer_is_one_of_the_choices_or_none() {
        for (kind, value, expected) in [
            ("single_radio", "VEGAN", Some("Vegan")),
            ("single_radio", "None, thanks", Some("None, thanks")),
            ("single_radio", "fish", None),
            ("single_radio", "vegan; halal", None),
            ("multiple", "halal; fish, vegan", Some("Halal,Vegan")),
        ] {
            let mut lead = pairs(ADA);
            lead.push(("diet".into(), value.into()));
            let question = question("Diet", kind, &["Vegan", "Halal", "None, thanks"]);
            let answers = to_registrant(&lead, &[question]).unwrap().answers;
            assert_eq!(answers.first().map(|(_, answer)| answer.as_str()), expected, "{kind} {value}");
        }
    }
}
