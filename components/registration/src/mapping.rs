//! The mapping extension as a port: maps a lead's fields to a Zoom registrant (wit/registrant-mapping.wit), and checks
//! the answer before an add call is spent on it.

use domain::{Email, Sensitive};
use zoom_client::registrants::{Answer, NewRegistrant, Questions};

/// A person's fields, as pairs of name and value.
pub type FieldPairs = Sensitive<Vec<(String, String)>>;

/// The webinar and its registration form, as the extension gets them.
#[derive(Debug, Clone, Default)]
pub struct RegistrationForm {
    /// The webinar's number.
    pub webinar: String,
    /// Its topic.
    pub topic: String,
    /// Its registration questions.
    pub questions: Questions,
}

/// The registrant that the extension returns. Not checked yet.
#[derive(Debug, Clone)]
pub struct MappedRegistrant {
    /// E-mail address.
    pub email: Sensitive,
    /// First name.
    pub first_name: Sensitive,
    /// Last name.
    pub last_name: Sensitive,
    /// Further fields, under Zoom's names.
    pub more: FieldPairs,
    /// Answers by question title.
    pub answers: FieldPairs,
}

/// The mapping extension. It runs within the request, so it must not block.
pub trait Mapping: Send + Sync {
    /// Returns the registrant, or the reason why the lead must not be registered.
    fn to_registrant(&self, lead: &FieldPairs, form: &RegistrationForm) -> Result<MappedRegistrant, String>;
}

/// Maximum number of characters of a name. Longer names are cut, because Zoom refuses them (docs/reference/zoom.md).
const MAX_NAME_CHARS: usize = 64;

/// Zoom's registrant fields besides name and e-mail address.
const ZOOM_FIELDS: &[&str] = &[
    "address",
    "city",
    "country",
    "zip",
    "state",
    "phone",
    "industry",
    "org",
    "job_title",
    "purchasing_time_frame",
    "role_in_purchase_process",
    "no_of_employees",
    "comments",
    "language",
    "source_id",
];

/// Why a mapped registrant cannot be sent to Zoom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InvalidRegistrant {
    /// A field is missing, unknown or malformed.
    Malformed(&'static str),
    /// Required questions without an answer, by title.
    Unanswered(Vec<String>),
}

/// Checks the extension's answer before an add call is spent on it.
pub fn check(mapped: MappedRegistrant, form: &RegistrationForm) -> Result<NewRegistrant, InvalidRegistrant> {
    let email =
        Email::parse(mapped.email.expose()).ok_or(InvalidRegistrant::Malformed("its e-mail address is not valid"))?;
    let name = |name: &Sensitive, what| {
        let name: String = name.expose().trim().chars().take(MAX_NAME_CHARS).collect();
        if name.is_empty() { Err(InvalidRegistrant::Malformed(what)) } else { Ok(Sensitive::from(name)) }
    };
    let mut more = serde_json::Map::new();
    for (field, value) in mapped.more.into_inner() {
        if !ZOOM_FIELDS.contains(&field.as_str()) {
            return Err(InvalidRegistrant::Malformed("it has a field that Zoom does not know"));
        }
        more.insert(field, value.into());
    }
    let mut custom_questions = Vec::new();
    for (title, value) in mapped.answers.into_inner() {
        if !form.questions.custom_questions.iter().any(|question| question.title == title) {
            return Err(InvalidRegistrant::Malformed("it answers a question that the webinar does not ask"));
        }
        custom_questions.push(Answer { title, value: value.into() });
    }
    let standard = form.questions.questions.iter().filter(|question| question.required);
    let missing = standard.map(|question| &question.field_name).filter(|name| {
        // Zoom lists the last name among its questions, but it is a field of its own in the request.
        name.as_str() != "last_name" && !more.contains_key(name.as_str())
    });
    let custom = form.questions.custom_questions.iter().filter(|question| question.required);
    let unanswered = custom.map(|question| &question.title).filter(|title| {
        !custom_questions.iter().any(|answer| answer.title == **title && !answer.value.expose().trim().is_empty())
    });
    let unanswered: Vec<_> = missing.chain(unanswered).cloned().collect();
    if !unanswered.is_empty() {
        return Err(InvalidRegistrant::Unanswered(unanswered));
    }
    Ok(NewRegistrant {
        email,
        first_name: name(&mapped.first_name, "its first name is empty")?,
        last_name: name(&mapped.last_name, "its last name is empty")?,
        more: Sensitive::new(more),
        custom_questions,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use zoom_client::registrants::{CustomQuestion, StandardQuestion};

    fn mapped() -> MappedRegistrant {
        MappedRegistrant {
            email: "ada@example.com".into(),
            first_name: "Ada".into(),
            last_name: "L".repeat(99).into(),
            more: Sensitive::new(vec![("org".into(), "Engines".into())]),
            answers: Sensitive::new(vec![("Size?".into(), "M".into())]),
        }
    }

    fn form() -> RegistrationForm {
        let custom = |title: &str| CustomQuestion {
            title: title.into(),
            kind: "short".into(),
            required: true,
            answers: Vec::new(),
        };
        let standard = |name: &str| StandardQuestion { field_name: name.into(), required: true };
        let questions = Questions {
            questions: vec![standard("org"), standard("last_name")],
            custom_questions: vec![custom("Size?")],
        };
        RegistrationForm { questions, ..RegistrationForm::default() }
    }

    #[test]
    fn r8_company_is_sent_as_org_and_long_names_are_cut() {
        let registrant = serde_json::to_value(check(mapped(), &form()).unwrap()).unwrap();
        assert_eq!(registrant["org"], "Engines");
        assert_eq!(registrant["last_name"].as_str().unwrap().len(), MAX_NAME_CHARS);
        assert_eq!(registrant["custom_questions"][0]["value"], "M");
    }

    #[test]
    fn question_unanswered_lists_the_questions() {
        let answers = Sensitive::default();
        let invalid = check(MappedRegistrant { answers, more: Sensitive::default(), ..mapped() }, &form()).unwrap_err();
        assert_eq!(invalid, InvalidRegistrant::Unanswered(vec!["org".into(), "Size?".into()]));
    }

    #[test]
    fn rejects_a_malformed_registrant() {
        let wrong = [
            MappedRegistrant { email: "invalid".into(), ..mapped() },
            MappedRegistrant { first_name: " ".into(), ..mapped() },
            MappedRegistrant { more: Sensitive::new(vec![("shoe".into(), "9".into())]), ..mapped() },
            MappedRegistrant { answers: Sensitive::new(vec![("Who?".into(), "me".into())]), ..mapped() },
        ];
        for mapped in wrong {
            assert!(matches!(
                check(mapped, &form()),
                Err(InvalidRegistrant::Malformed(_) | InvalidRegistrant::Unanswered(_))
            ));
        }
    }
}
