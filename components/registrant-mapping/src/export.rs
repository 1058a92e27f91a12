//! Exports the mapping as a WebAssembly component of the world `mapping`.

#![expect(unsafe_code, reason = "generated bindings")]

use crate::mapping;

wit_bindgen::generate!({ path: "../../wit", world: "mapping" });

use exports::zoom_for_marketo::extension::registrant_mapping::{Answer, Field, Guest, Registrant, Webinar};

struct MappingByName;

impl Guest for MappingByName {
    fn to_registrant(lead: Vec<Field>, webinar: Webinar) -> Result<Registrant, String> {
        let lead: Vec<_> = lead.into_iter().map(|field| (field.name, field.value)).collect();
        let questions: Vec<_> = webinar
            .questions
            .into_iter()
            .map(|question| mapping::Question { title: question.title, kind: question.kind, choices: question.choices })
            .collect();
        let mapped = mapping::to_registrant(&lead, &questions)?;
        Ok(Registrant {
            email: mapped.email,
            first_name: mapped.first_name,
            last_name: mapped.last_name,
            more: mapped.more.into_iter().map(|(name, value)| Field { name, value }).collect(),
            answers: mapped.answers.into_iter().map(|(title, value)| Answer { title, value }).collect(),
        })
    }
}

export!(MappingByName);
