//! Which leads are registered: those with the status that the connection maps to registered (R7, R21) and with the fields
//! that Zoom requires (R8); and whose registrations are cancelled (R18). Pure.

use crate::mapping::FieldPairs;
use crate::outcome::LeadOutcome;
use domain::records::{OutboxLead, ProgramConnection};
use domain::status::{Meaning, ProgressionStatus, guess, is_same_name};
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
pub fn is_registered(connection: Option<&ProgramConnection>, status: Option<&str>) -> bool {
    has_meaning(connection, status, Meaning::Registered)
}

/// Returns whether a member's status has a meaning (R21): by the connection's mapping or, if the program is not connected,
/// by its name.
pub fn has_meaning(connection: Option<&ProgramConnection>, status: Option<&str>, meaning: Meaning) -> bool {
    status.is_some_and(|status| match connection {
        Some(connection) => connection.is_status(meaning, status),
        None => guess::guess(status).is_some_and(|guess| guess.meaning == meaning),
    })
}

/// Returns why a lead with another status is not registered, with the name that the program's channel has for registered.
fn status_not_registered(connection: &ProgramConnection) -> Problem {
    let code = ErrorCode::StatusNotRegistered;
    match connection.status_for(Meaning::Registered) {
        Some(status) if is_same_name(&status.name, Meaning::Registered.default_name()) => Problem::of(code),
        Some(ProgressionStatus { name, .. }) => {
            let detail = format!(
                "Only people whose program status is \u{201c}{name}\u{201d} are registered in Zoom; set the status to \
                 \u{201c}{name}\u{201d} before this step."
            );
            Problem { code, detail }
        }
        None => {
            let detail = "No status of the program's channel is mapped to registered, so no one is registered in Zoom; choose \
                          the status in the program's settings in the console.";
            Problem { code, detail: detail.to_owned() }
        }
    }
}

/// Returns the address of a lead whose registration is to be cancelled in Zoom: its program status is the one that the
/// connection maps to cancelled.
pub fn to_cancel(lead: &OutboxLead, connection: &ProgramConnection, status: Option<&str>) -> Option<Email> {
    let is_cancelled = has_meaning(Some(connection), status, Meaning::Cancelled);
    email(lead).filter(|_| is_cancelled)
}

/// Returns the address of a lead, if it has a valid one.
pub fn email(lead: &OutboxLead) -> Option<Email> {
    let find = |name| lead.fields.expose().iter().filter(move |(field, _)| is_named(field, name));
    find("email").chain(find("emailaddress")).find_map(|(_, value)| Email::parse(value))
}

/// Returns whether a field has a name, of lower-case letters, ignoring case and everything but letters and digits.
///
/// The admin of Marketo's service chooses the fields of the flow step, and their names with them.
pub fn is_named(field: &str, name: &str) -> bool {
    field.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).eq(name.chars())
}

/// Checks a lead. `status`: its status in the program, or `None` if it is not a member.
///
/// # Errors
/// The outcome of a lead that is not eligible: skipped for its status (R7), or failed for a missing or invalid field
/// (R8).
pub fn check(
    lead: &OutboxLead,
    connection: &ProgramConnection,
    status: Option<&str>,
) -> Result<Candidate, LeadOutcome> {
    if !is_registered(Some(connection), status) {
        return Err(LeadOutcome::Skipped { problem: status_not_registered(connection), join_url: None });
    }
    let find = |names: &[&str]| {
        let fields = || lead.fields.expose().iter().map(|(field, value)| (field, value.trim()));
        let value_of = |name: &&str| fields().find(|(field, value)| is_named(field, name) && !value.is_empty());
        names.iter().find_map(value_of).map(|(_, value)| value)
    };
    let mut email = "";
    for (names, label) in [
        (["firstname"].as_slice(), "First name"),
        (&["lastname"], "Last name"),
        (&["email", "emailaddress"], "E-mail address"),
    ] {
        let Some(value) = find(names) else {
            let problem = Problem::because(ErrorCode::MissingField, format_args!("{label} is missing."));
            return Err(LeadOutcome::Failed(problem));
        };
        email = value;
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
        let fields = Sensitive::new(fields.collect());
        OutboxLead { id: 1.into(), fields, choice: None, status: None, is_forgotten: false }
    }

    fn connection(statuses: &[&str]) -> ProgramConnection {
        let statuses: Vec<_> = statuses.iter().map(|name| (*name, 10)).collect();
        domain::testing::connection(&statuses)
    }

    fn check(lead: &OutboxLead, status: Option<&str>) -> Result<Candidate, LeadOutcome> {
        super::check(lead, &connection(&["Invited", "Registered", "Attended"]), status)
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
    fn r21_the_connections_own_status_registers_and_no_other() {
        let mut connection = connection(&["Eingeladen", "2 Registriert", "Registered by sales", "Nicht registriert"]);
        connection.statuses.refresh(&connection.channel);
        let check = |connection: &ProgramConnection, status: &str| {
            super::check(&lead(ADA), connection, Some(status))
                .map(drop)
                .map_err(|outcome| outcome.problem().unwrap().clone())
        };
        assert_eq!(check(&connection, " 2  registriert"), Ok(()));
        for status in ["Registered by sales", "Registered", "Nicht registriert", "Eingeladen"] {
            let problem = check(&connection, status).unwrap_err();
            assert_eq!(problem.code, ErrorCode::StatusNotRegistered, "{status}");
            assert!(problem.detail.contains("\u{201c}2 Registriert\u{201d}"), "{}", problem.detail);
        }
        connection.statuses.choose(Meaning::Registered, Some("Registered by sales".into()));
        assert_eq!(check(&connection, "registered BY sales"), Ok(()));
        assert!(check(&connection, "2 Registriert").is_err());
        connection.statuses.choose(Meaning::Registered, None);
        assert!(check(&connection, "2 Registriert").unwrap_err().detail.contains("mapped"));
    }

    #[test]
    fn r8_names_are_found_in_each_spelling() {
        for fields in [
            [("Email Address", "ada@example.com"), ("First Name", "Ada"), ("Last Name", "Lovelace")],
            [("EMAIL", "ada@example.com"), ("first_name", "Ada"), ("last_name", "Lovelace")],
        ] {
            assert!(check(&lead(&fields), Some("Registered")).is_ok(), "{fields:?}");
        }
        // An empty field does not hide another one of the same name.
        let fields = [("email", " "), ("Email", "ada@example.com"), ADA[1], ADA[2]];
        assert!(check(&lead(&fields), Some("Registered")).is_ok());
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
