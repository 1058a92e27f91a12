//! An example of a customer's extension. It answers the question "Employer" with the lead's company, and rejects
//! private e-mail addresses with a reason that the marketer reads.

#[cfg(target_arch = "wasm32")]
mod extension {
    #![expect(unsafe_code, reason = "generated bindings")]

    wit_bindgen::generate!({ path: "../../wit", world: "mapping" });

    use exports::zoom_for_marketo::extension::registrant_mapping::{Answer, Field, Guest, Registrant, Webinar};

    /// The title of the question that is answered with the lead's company.
    const EMPLOYER_QUESTION: &str = "Employer";

    /// The domains of private e-mail addresses.
    const PRIVATE_DOMAINS: [&str; 3] = ["gmail.com", "outlook.com", "yahoo.com"];

    struct WorkMapping;

    impl Guest for WorkMapping {
        fn to_registrant(lead: Vec<Field>, webinar: Webinar) -> Result<Registrant, String> {
            let find = |name: &str| {
                let field = lead.iter().find(|field| field.name == name);
                field.map(|field| field.value.clone()).unwrap_or_default()
            };
            let email = find("email");
            let domain = email.rsplit('@').next().unwrap_or_default().to_ascii_lowercase();
            if PRIVATE_DOMAINS.contains(&domain.as_str()) {
                return Err(format!("{domain} is for private mail; ask for a work address."));
            }
            let employer = webinar.questions.iter().find(|question| question.title == EMPLOYER_QUESTION);
            let answers = employer.map(|question| Answer { title: question.title.clone(), value: find("company") });
            Ok(Registrant {
                email,
                first_name: find("firstName"),
                last_name: find("lastName"),
                more: Vec::new(),
                answers: answers.into_iter().collect(),
            })
        }
    }

    export!(WorkMapping);
}
