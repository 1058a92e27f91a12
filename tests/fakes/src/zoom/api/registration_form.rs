//! The fields of a registration and their rules.
//!
//! Zoom ignores unknown fields. The fake rejects them, because they are mistakes of the application.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::zoom::api_error::ZoomApiError;
use crate::zoom::state::registrant::{CustomAnswer, NewRegistrant};
use crate::zoom::state::webinar::Webinar;

/// Standard fields with no rule except a maximum length, in characters, where Zoom documents none.
const PLAIN_FIELDS: [&str; 9] =
    ["address", "city", "state", "zip", "phone", "comments", "industry", "job_title", "org"];
const PLAIN_LENGTH: usize = 128;
const EMAIL_LENGTH: usize = 128;
const NAME_LENGTH: usize = 64;
const ANSWER_LENGTH: usize = 128;

const NUMBERS_OF_EMPLOYEES: &[&str] =
    &["", "1-20", "21-50", "51-100", "101-500", "500-1,000", "1,001-5,000", "5,001-10,000", "More than 10,000"];
const PURCHASING_TIME_FRAMES: &[&str] =
    &["", "Within a month", "1-3 months", "4-6 months", "More than 6 months", "No timeframe"];
const ROLES_IN_PURCHASE: &[&str] = &["", "Decision Maker", "Evaluator/Recommender", "Influencer", "Not involved"];
const LANGUAGES: &[&str] = &[
    "en-US", "de-DE", "es-ES", "fr-FR", "jp-JP", "pt-PT", "ru-RU", "zh-CN", "zh-TW", "ko-KO", "it-IT", "vi-VN",
    "pl-PL", "Tr-TR",
];

/// Parses a registration. The error names every invalid field.
pub(super) fn read(body: &Value) -> Result<NewRegistrant, ZoomApiError> {
    let empty = Map::new();
    let fields = body.as_object().unwrap_or(&empty);
    let mut wrong = Vec::new();
    let mut registrant = NewRegistrant::default();
    for (name, value) in fields {
        if name == "custom_questions" {
            match custom_answers(value) {
                Ok(answers) => registrant.custom_questions = answers,
                Err(field) => wrong.push((field, "Invalid field.")),
            }
            continue;
        }
        match value.as_str() {
            Some(text) if allowed(name, text) => match name.as_str() {
                "email" => registrant.email = text.to_owned(),
                "first_name" => registrant.first_name = text.to_owned(),
                "last_name" => registrant.last_name = text.to_owned(),
                _ => {
                    registrant.details.insert(name.clone(), text.to_owned());
                }
            },
            _ => wrong.push((name.clone(), "Invalid field.")),
        }
    }
    for required in ["email", "first_name"] {
        if !fields.contains_key(required) {
            wrong.push((required.to_owned(), "Missing field."));
        }
    }
    match wrong.split_first() {
        None => Ok(registrant),
        Some(((field, message), rest)) => {
            Err(rest.iter().fold(ZoomApiError::field(field, *message), |refusal, (field, message)| {
                refusal.and_field(field, *message)
            }))
        }
    }
}

/// Checks that every required question is answered, and with one of its choices.
pub(super) fn check_answers(registrant: &NewRegistrant, webinar: &Webinar) -> Result<(), ZoomApiError> {
    for question in webinar.questions.iter().filter(|question| question.required) {
        let answer = match question.field_name.as_str() {
            "last_name" => Some(&registrant.last_name),
            name => registrant.details.get(name),
        };
        if answer.is_none_or(|text| text.trim().is_empty()) {
            return Err(ZoomApiError::field(&question.field_name, "This field is required."));
        }
    }
    let answers: BTreeMap<&str, &str> =
        registrant.custom_questions.iter().map(|answer| (answer.title.as_str(), answer.value.as_str())).collect();
    let known = |title: &str| webinar.custom_questions.iter().any(|question| question.title == title);
    if let Some(title) = answers.keys().find(|title| !known(title)) {
        return Err(ZoomApiError::field("custom_questions", format!("Unknown question: {title}.")));
    }
    for question in &webinar.custom_questions {
        let answer = answers.get(question.title.as_str()).copied().unwrap_or_default();
        let title = &question.title;
        if answer.trim().is_empty() {
            if question.required {
                return Err(ZoomApiError::field("custom_questions", format!("This question is required: {title}.")));
            }
        } else if !question.answers.is_empty() && !is_choice(answer, &question.kind, &question.answers) {
            return Err(ZoomApiError::field("custom_questions", format!("Invalid answer: {title}.")));
        }
    }
    Ok(())
}

/// A `multiple` question takes several answers in one value, separated by commas.
fn is_choice(answer: &str, kind: &str, choices: &[String]) -> bool {
    let among = |answer: &str| choices.iter().any(|choice| choice == answer);
    among(answer) || (kind == "multiple" && answer.split(',').map(str::trim).all(among))
}

fn allowed(field: &str, text: &str) -> bool {
    let length = text.chars().count();
    match field {
        "email" => length <= EMAIL_LENGTH && is_email(text),
        "first_name" => !text.trim().is_empty() && length <= NAME_LENGTH,
        "last_name" => length <= NAME_LENGTH,
        "country" => text.is_empty() || (length == 2 && text.bytes().all(|byte| byte.is_ascii_uppercase())),
        "no_of_employees" => NUMBERS_OF_EMPLOYEES.contains(&text),
        "purchasing_time_frame" => PURCHASING_TIME_FRAMES.contains(&text),
        "role_in_purchase_process" => ROLES_IN_PURCHASE.contains(&text),
        "language" => LANGUAGES.contains(&text),
        "source_id" => true,
        plain => PLAIN_FIELDS.contains(&plain) && length <= PLAIN_LENGTH,
    }
}

fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@') else { return false };
    !local.is_empty()
        && !domain.contains('@')
        && domain.split('.').count() > 1
        && domain.split('.').all(|label| !label.is_empty())
        && text.chars().all(|c| !c.is_whitespace() && !c.is_control() && !"<>()[],;:\\\"".contains(c))
}

fn custom_answers(value: &Value) -> Result<Vec<CustomAnswer>, String> {
    let answers: Vec<CustomAnswer> =
        serde_json::from_value(value.clone()).map_err(|_| "custom_questions".to_owned())?;
    match answers.iter().position(|answer| answer.value.chars().count() > ANSWER_LENGTH) {
        Some(place) => Err(format!("custom_questions[{place}].value")),
        None => Ok(answers),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn error_names_the_invalid_field() {
        for (body, field) in [
            (json!({"first_name": "Bo"}), "email"),
            (json!({"email": "bo@x.com"}), "first_name"),
            (json!({"email": "bo", "first_name": "Bo"}), "email"),
            (json!({"email": "bo@x.com", "first_name": "B".repeat(65)}), "first_name"),
            (json!({"email": "bo@x.com", "first_name": "Bo", "company": "X"}), "company"),
            (json!({"email": "bo@x.com", "first_name": "Bo", "country": "Denmark"}), "country"),
            (json!({"email": "bo@x.com", "first_name": "Bo", "phone": 12}), "phone"),
            (json!({"email": "bo@x.com", "first_name": "Bo", "no_of_employees": "7"}), "no_of_employees"),
        ] {
            let refusal = format!("{:?}", read(&body).unwrap_err());
            assert!(refusal.contains(&format!("(\"{field}\"")), "{body} gave {refusal}");
        }
    }

    #[test]
    fn accepts_plus_addresses() {
        let registrant = read(&json!({"email": "bo+1@x.com", "first_name": "Bo"})).unwrap();
        assert_eq!(registrant.email, "bo+1@x.com");
    }
}
