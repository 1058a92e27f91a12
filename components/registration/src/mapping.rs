//! The extension as a port: from a lead's fields to a Zoom registrant (wit/registrant-mapping.wit).

use domain::{Email, Sensitive};
use zoom_client::registrants::{Answer, NewRegistrant, Questions};

/// Name and value pairs of a person.
pub type Pairs = Sensitive<Vec<(String, String)>>;

/// What the extension is told of the webinar.
#[derive(Debug, Clone, Default)]
pub struct Form {
    /// The webinar's number.
    pub webinar: String,
    /// Its title.
    pub topic: String,
    /// Its registration form.
    pub questions: Questions,
}

/// What the extension answers.
#[derive(Debug, Clone)]
pub struct Mapped {
    /// The address.
    pub email: Sensitive,
    /// First name.
    pub first_name: Sensitive,
    /// Last name.
    pub last_name: Sensitive,
    /// Further fields under Zoom's names.
    pub more: Pairs,
    /// Answers by question title.
    pub answers: Pairs,
}

/// The extension. It must not block: it runs within the request.
pub trait Mapping: Send + Sync {
    /// The registrant, or the reason why the lead must not be registered.
    fn to_registrant(&self, lead: &Pairs, form: &Form) -> Result<Mapped, String>;
}

/// Names longer than this are cut: Zoom refuses them, and a cut name is better than no registration.
const MAX_NAME: usize = 64;

/// The fields of Zoom's that a registrant may have besides name and address.
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

/// Why a mapped registrant cannot be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unfit {
    /// The extension gave something that is no registrant.
    Wrong(&'static str),
    /// Required questions that nothing answers, by title.
    Unanswered(Vec<String>),
}

/// Checks what the extension answered before an add call is spent on it.
pub fn check(mapped: Mapped, form: &Form) -> Result<NewRegistrant, Unfit> {
    let email = Email::parse(mapped.email.expose()).ok_or(Unfit::Wrong("its e-mail address is none"))?;
    let name = |name: &Sensitive, what| {
        let name: String = name.expose().trim().chars().take(MAX_NAME).collect();
        if name.is_empty() { Err(Unfit::Wrong(what)) } else { Ok(Sensitive::from(name)) }
    };
    let mut more = serde_json::Map::new();
    for (field, value) in mapped.more.into_inner() {
        if !ZOOM_FIELDS.contains(&field.as_str()) {
            return Err(Unfit::Wrong("it has a field that Zoom does not know"));
        }
        more.insert(field, value.into());
    }
    let mut custom_questions = Vec::new();
    for (title, value) in mapped.answers.into_inner() {
        if !form.questions.custom_questions.iter().any(|question| question.title == title) {
            return Err(Unfit::Wrong("it answers a question that the webinar does not ask"));
        }
        custom_questions.push(Answer { title, value: value.into() });
    }
    let standard = form.questions.questions.iter().filter(|question| question.required);
    let missing = standard.map(|question| &question.field_name).filter(|name| {
        // Zoom lists the last name among its questions; it is a field of its own here.
        name.as_str() != "last_name" && !more.contains_key(name.as_str())
    });
    let custom = form.questions.custom_questions.iter().filter(|question| question.required);
    let unanswered = custom.map(|question| &question.title).filter(|title| {
        !custom_questions.iter().any(|answer| answer.title == **title && !answer.value.expose().trim().is_empty())
    });
    let unanswered: Vec<_> = missing.chain(unanswered).cloned().collect();
    if !unanswered.is_empty() {
        return Err(Unfit::Unanswered(unanswered));
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

    fn mapped() -> Mapped {
        Mapped {
            email: "ada@example.com".into(),
            first_name: "Ada".into(),
            last_name: "L".repeat(99).into(),
            more: Sensitive::new(vec![("org".into(), "Engines".into())]),
            answers: Sensitive::new(vec![("Size?".into(), "M".into())]),
        }
    }

    fn form() -> Form {
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
        Form { questions, ..Form::default() }
    }

    #[test]
    fn r8_company_goes_to_zoom_under_zooms_name_and_long_names_are_cut() {
        let registrant = serde_json::to_value(check(mapped(), &form()).unwrap()).unwrap();
        assert_eq!(registrant["org"], "Engines");
        assert_eq!(registrant["last_name"].as_str().unwrap().len(), MAX_NAME);
        assert_eq!(registrant["custom_questions"][0]["value"], "M");
    }

    #[test]
    fn question_unanswered_names_the_questions() {
        let answers = Sensitive::default();
        let unfit = check(Mapped { answers, more: Sensitive::default(), ..mapped() }, &form()).unwrap_err();
        assert_eq!(unfit, Unfit::Unanswered(vec!["org".into(), "Size?".into()]));
    }

    #[test]
    fn mapping_rejected_when_the_extension_answers_nonsense() {
        let wrong = [
            Mapped { email: "nobody".into(), ..mapped() },
            Mapped { first_name: " ".into(), ..mapped() },
            Mapped { more: Sensitive::new(vec![("shoe".into(), "9".into())]), ..mapped() },
            Mapped { answers: Sensitive::new(vec![("Who?".into(), "me".into())]), ..mapped() },
        ];
        for mapped in wrong {
            assert!(matches!(check(mapped, &form()), Err(Unfit::Wrong(_) | Unfit::Unanswered(_))));
        }
    }
}
