//! The mapping extension on Spin: the component that `spin.toml` composes into this one.

use crate::mapping::{FieldPairs, MappedRegistrant, Mapping, RegistrationForm};
use domain::Sensitive;
use spin_sdk::wit_bindgen;

wit_bindgen::generate!({
    path: "../../wit",
    world: "registration",
    runtime_path: "spin_sdk::wit_bindgen::rt",
});

use zoom_for_marketo::extension::registrant_mapping::{Field, Question, Webinar, to_registrant};

/// Calls the composed component.
pub(crate) struct Extension;

impl Mapping for Extension {
    fn to_registrant(&self, lead: &FieldPairs, form: &RegistrationForm) -> Result<MappedRegistrant, String> {
        let field = |(name, value): &(String, String)| Field { name: name.clone(), value: value.clone() };
        let lead: Vec<_> = lead.expose().iter().map(field).collect();
        let questions = form.questions.custom_questions.iter().map(|question| Question {
            title: question.title.clone(),
            kind: question.kind.clone(),
            required: question.required,
            choices: question.answers.clone(),
        });
        let required = form.questions.questions.iter().filter(|question| question.required);
        let webinar = Webinar {
            id: form.webinar.clone(),
            topic: form.topic.clone(),
            required_fields: required.map(|question| question.field_name.clone()).collect(),
            questions: questions.collect(),
        };
        let registrant = to_registrant(&lead, &webinar)?;
        let more = registrant.more.into_iter().map(|field| (field.name, field.value));
        let answers = registrant.answers.into_iter().map(|answer| (answer.title, answer.value));
        Ok(MappedRegistrant {
            email: registrant.email.into(),
            first_name: registrant.first_name.into(),
            last_name: registrant.last_name.into(),
            more: Sensitive::new(more.collect()),
            answers: Sensitive::new(answers.collect()),
        })
    }
}
