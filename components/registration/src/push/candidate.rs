//! Who may be pushed: a lead that is Registered (R7) and has what Zoom requires (R8). Pure.

use super::outcome::Outcome;
use crate::mapping::Pairs;
use domain::records::Lead;
use domain::status::Known;
use domain::{Code, Email, LeadId, Problem, Sensitive};

/// A lead that may be pushed.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// Who.
    pub lead: LeadId,
    /// The address, as given.
    pub email: Email,
    /// All fields, for the extension.
    pub fields: Pairs,
}

/// The fields of a person who does not come from the flow step, under the flow step's names for them.
pub fn person(
    email: Option<Sensitive>,
    first_name: Option<Sensitive>,
    last_name: Option<Sensitive>,
    company: Option<Sensitive>,
    phone: Option<Sensitive>,
) -> Pairs {
    let fields =
        [("email", email), ("firstName", first_name), ("lastName", last_name), ("company", company), ("phone", phone)];
    let known = fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?.into_inner())));
    Sensitive::new(known.collect())
}

/// Whether a status, if there is one, is the one that pushes (R7).
pub fn is_registered(status: Option<&str>) -> bool {
    status.is_some_and(|status| Known::Registered.is(status))
}

/// Checks a lead. `status` is its progression status in the program, or `None` when it is no member.
///
/// # Errors
/// The outcome of a lead that is not pushed: skipped by its status (R7), failed for a missing field (R8).
pub fn check(lead: &Lead, status: Option<&str>) -> Result<Candidate, Outcome> {
    if !is_registered(status) {
        return Err(Outcome::Skipped { problem: Problem::of(Code::StatusNotRegistered), join_url: None });
    }
    let find = |name: &str| {
        let fields = lead.fields.expose().iter();
        fields.map(|(field, value)| (field, value.trim())).find(|(field, _)| *field == name).map(|(_, value)| value)
    };
    let mut email = "";
    for (name, label) in [("firstName", "First name"), ("lastName", "Last name"), ("email", "E-mail address")] {
        match find(name) {
            None | Some("") => {
                let problem = Problem::because(Code::MissingField, format_args!("{label} is missing."));
                return Err(Outcome::Failed(problem));
            }
            Some(value) => email = value,
        }
    }
    let Some(email) = Email::parse(email) else {
        return Err(Outcome::Failed(Problem::because(Code::InvalidField, "The e-mail address is not valid.")));
    };
    Ok(Candidate { lead: lead.id, email, fields: lead.fields.clone() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::Sensitive;
    use proptest::prelude::*;

    fn lead(fields: &[(&str, &str)]) -> Lead {
        let fields = fields.iter().map(|&(name, value)| (name.to_owned(), value.to_owned()));
        Lead { id: 1.into(), fields: Sensitive::new(fields.collect()), choice: None, status: None }
    }

    const ADA: &[(&str, &str)] = &[("email", "ada@example.com"), ("firstName", "Ada"), ("lastName", "Lovelace")];

    #[test]
    fn r7_only_registered_pushes() {
        assert!(check(&lead(ADA), Some("registered ")).is_ok());
        for status in [None, Some("Invited"), Some("Registering"), Some("Attended"), Some("")] {
            let outcome = check(&lead(ADA), status).unwrap_err();
            assert_eq!(outcome.problem().unwrap().code, Code::StatusNotRegistered, "{status:?}");
            assert_eq!(outcome.name(), "skipped");
        }
    }

    #[test]
    fn r8_missing_field_and_invalid_field() {
        for missing in 0..3 {
            let mut fields = ADA.to_vec();
            fields[missing].1 = "  ";
            let problem = check(&lead(&fields), Some("Registered")).unwrap_err().problem().unwrap().clone();
            assert_eq!(problem.code, Code::MissingField);
            fields.remove(missing);
            assert!(check(&lead(&fields), Some("Registered")).is_err());
        }
        let odd = [("email", "not an address"), ADA[1], ADA[2]];
        let outcome = check(&lead(&odd), Some("Registered")).unwrap_err();
        assert_eq!(outcome.problem().unwrap().code, Code::InvalidField);
        assert!(!outcome.problem().unwrap().detail.contains("not an address"));
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(email in any::<String>(), name in any::<String>()) {
            let _ = check(&lead(&[("email", &email), ("firstName", &name), ("lastName", &name)]), Some("Registered"));
        }
    }
}
