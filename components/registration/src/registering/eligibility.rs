//! Which leads are registered: those with the status Registered (R7) and with the fields that Zoom requires (R8). Pure.

use crate::mapping::FieldPairs;
use crate::outcome::LeadOutcome;
use domain::records::OutboxLead;
use domain::status::StandardStatus;
use domain::{Email, ErrorCode, LeadId, Problem, Sensitive};

/// A lead that is eligible.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// The lead.
    pub lead: LeadId,
    /// Its e-mail address.
    pub email: Email,
    /// All its fields, for the mapping extension.
    pub fields: FieldPairs,
}

/// Returns a person's fields under the names of the flow step.
pub fn person_fields(
    email: Option<Sensitive>,
    first_name: Option<Sensitive>,
    last_name: Option<Sensitive>,
    company: Option<Sensitive>,
    phone: Option<Sensitive>,
) -> FieldPairs {
    let fields =
        [("email", email), ("firstName", first_name), ("lastName", last_name), ("company", company), ("phone", phone)];
    let known = fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?.into_inner())));
    Sensitive::new(known.collect())
}

/// Returns whether a status is the one that registers a lead (R7).
pub fn is_registered_status(status: Option<&str>) -> bool {
    status.is_some_and(|status| StandardStatus::Registered.is(status))
}

/// Checks a lead. `status`: its status in the program, or `None` if it is not a member.
///
/// # Errors
/// The outcome of a lead that is not eligible: skipped for its status (R7), or failed for a missing or invalid field
/// (R8).
pub fn check(lead: &OutboxLead, status: Option<&str>) -> Result<Candidate, LeadOutcome> {
    if !is_registered_status(status) {
        return Err(LeadOutcome::Skipped { problem: Problem::of(ErrorCode::StatusNotRegistered), join_url: None });
    }
    let find = |name: &str| {
        let fields = lead.fields.expose().iter();
        fields.map(|(field, value)| (field, value.trim())).find(|(field, _)| *field == name).map(|(_, value)| value)
    };
    let mut email = "";
    for (name, label) in [("firstName", "First name"), ("lastName", "Last name"), ("email", "E-mail address")] {
        match find(name) {
            None | Some("") => {
                let problem = Problem::because(ErrorCode::MissingField, format_args!("{label} is missing."));
                return Err(LeadOutcome::Failed(problem));
            }
            Some(value) => email = value,
        }
    }
    let Some(email) = Email::parse(email) else {
        return Err(LeadOutcome::Failed(Problem::because(ErrorCode::InvalidField, "The e-mail address is not valid.")));
    };
    Ok(Candidate { lead: lead.id, email, fields: lead.fields.clone() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::Sensitive;
    use proptest::prelude::*;

    fn lead(fields: &[(&str, &str)]) -> OutboxLead {
        let fields = fields.iter().map(|&(name, value)| (name.to_owned(), value.to_owned()));
        OutboxLead { id: 1.into(), fields: Sensitive::new(fields.collect()), choice: None, status: None }
    }

    const ADA: &[(&str, &str)] = &[("email", "ada@example.com"), ("firstName", "Ada"), ("lastName", "Lovelace")];

    #[test]
    fn r7_only_the_status_registered_is_eligible() {
        assert!(check(&lead(ADA), Some("registered ")).is_ok());
        for status in [None, Some("Invited"), Some("Registering"), Some("Attended"), Some("")] {
            let outcome = check(&lead(ADA), status).unwrap_err();
            assert_eq!(outcome.problem().unwrap().code, ErrorCode::StatusNotRegistered, "{status:?}");
            assert_eq!(outcome.name(), "skipped");
        }
    }

    #[test]
    fn r8_rejects_missing_and_invalid_fields() {
        for missing in 0..3 {
            let mut fields = ADA.to_vec();
            fields[missing].1 = "  ";
            let problem = check(&lead(&fields), Some("Registered")).unwrap_err().problem().unwrap().clone();
            assert_eq!(problem.code, ErrorCode::MissingField);
            fields.remove(missing);
            assert!(check(&lead(&fields), Some("Registered")).is_err());
        }
        let odd = [("email", "not an address"), ADA[1], ADA[2]];
        let outcome = check(&lead(&odd), Some("Registered")).unwrap_err();
        assert_eq!(outcome.problem().unwrap().code, ErrorCode::InvalidField);
        assert!(!outcome.problem().unwrap().detail.contains("not an address"));
    }

    proptest! {
        #[test]
        fn never_panics(email in any::<String>(), name in any::<String>()) {
            let _ = check(&lead(&[("email", &email), ("firstName", &name), ("lastName", &name)]), Some("Registered"));
        }
    }
}
