//! Values that Zoom takes from a fixed list: matched leniently, or left out, because Zoom refuses any other.

use crate::names::normalize;

/// Zoom's values of `no_of_employees`, each with the largest number that it covers.
const EMPLOYEES: &[(&str, u64)] = &[
    ("1-20", 20),
    ("21-50", 50),
    ("51-100", 100),
    ("101-500", 500),
    ("500-1,000", 1_000),
    ("1,001-5,000", 5_000),
    ("5,001-10,000", 10_000),
    ("More than 10,000", u64::MAX),
];

/// Zoom's values of `purchasing_time_frame`.
const TIME_FRAMES: &[&str] = &["Within a month", "1-3 months", "4-6 months", "More than 6 months", "No timeframe"];

/// Zoom's values of `role_in_purchase_process`.
const ROLES: &[&str] = &["Decision Maker", "Evaluator/Recommender", "Influencer", "Not involved"];

/// Names of countries that forms often hold, normalized, with their codes.
const COUNTRIES: &[(&str, &str)] = &[
    ("argentina", "AR"),
    ("australia", "AU"),
    ("austria", "AT"),
    ("österreich", "AT"),
    ("belgium", "BE"),
    ("brazil", "BR"),
    ("brasil", "BR"),
    ("canada", "CA"),
    ("chile", "CL"),
    ("china", "CN"),
    ("colombia", "CO"),
    ("czechrepublic", "CZ"),
    ("czechia", "CZ"),
    ("denmark", "DK"),
    ("finland", "FI"),
    ("france", "FR"),
    ("germany", "DE"),
    ("deutschland", "DE"),
    ("greece", "GR"),
    ("hongkong", "HK"),
    ("hungary", "HU"),
    ("india", "IN"),
    ("indonesia", "ID"),
    ("ireland", "IE"),
    ("israel", "IL"),
    ("italy", "IT"),
    ("italia", "IT"),
    ("japan", "JP"),
    ("luxembourg", "LU"),
    ("malaysia", "MY"),
    ("mexico", "MX"),
    ("méxico", "MX"),
    ("netherlands", "NL"),
    ("thenetherlands", "NL"),
    ("newzealand", "NZ"),
    ("norway", "NO"),
    ("philippines", "PH"),
    ("poland", "PL"),
    ("portugal", "PT"),
    ("romania", "RO"),
    ("saudiarabia", "SA"),
    ("singapore", "SG"),
    ("southafrica", "ZA"),
    ("southkorea", "KR"),
    ("spain", "ES"),
    ("españa", "ES"),
    ("sweden", "SE"),
    ("switzerland", "CH"),
    ("schweiz", "CH"),
    ("taiwan", "TW"),
    ("thailand", "TH"),
    ("turkey", "TR"),
    ("uae", "AE"),
    ("unitedarabemirates", "AE"),
    ("uk", "GB"),
    ("greatbritain", "GB"),
    ("unitedkingdom", "GB"),
    ("usa", "US"),
    ("unitedstates", "US"),
    ("unitedstatesofamerica", "US"),
];

/// Returns Zoom's value for a field that has a fixed list, or `None` if the text is none of them.
pub(crate) fn of_field(zoom_name: &str, text: &str) -> Option<String> {
    match zoom_name {
        "country" => country(text),
        "no_of_employees" => employees(text).map(str::to_owned),
        "purchasing_time_frame" => of_list(TIME_FRAMES.iter().copied(), text).map(str::to_owned),
        "role_in_purchase_process" => of_list(ROLES.iter().copied(), text).map(str::to_owned),
        _ => Some(text.to_owned()),
    }
}

/// Returns the choice of a list that a text means, ignoring case and punctuation.
pub(crate) fn of_list<'c>(choices: impl IntoIterator<Item = &'c str>, text: &str) -> Option<&'c str> {
    let wanted = normalize(text);
    choices.into_iter().find(|choice| *choice == text || (!wanted.is_empty() && normalize(choice) == wanted))
}

/// Returns the code of a country: two letters, or a known name.
fn country(text: &str) -> Option<String> {
    let name = normalize(text);
    if let Some((_, code)) = COUNTRIES.iter().find(|(known, _)| *known == name) {
        return Some((*code).to_owned());
    }
    let is_code = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_alphabetic());
    is_code.then(|| text.to_ascii_uppercase())
}

/// Returns the range of a number of employees: one of Zoom's ranges, or a number.
fn employees(text: &str) -> Option<&'static str> {
    if let Some(range) = of_list(EMPLOYEES.iter().map(|(range, _)| *range), text) {
        return Some(range);
    }
    // Marketo's field is a number, which forms write with separators.
    let digits: String =
        text.chars().filter(|c| !matches!(c, ',' | '.' | '\'' | ' ' | '\u{a0}' | '\u{202f}')).collect();
    let number: u64 = digits.parse().ok().filter(|number| *number > 0)?;
    EMPLOYEES.iter().find(|(_, largest)| number <= *largest).map(|(range, _)| *range)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_a_fixed_list_are_matched_leniently_or_left_out() {
        for (field, text, expected) in [
            ("country", "de", Some("DE")),
            ("country", "United States", Some("US")),
            ("country", "UK", Some("GB")),
            ("country", "Österreich", Some("AT")),
            ("country", "Atlantis", None),
            ("country", "é", None),
            ("country", "12", None),
            ("no_of_employees", "7", Some("1-20")),
            ("no_of_employees", "500", Some("101-500")),
            ("no_of_employees", "501", Some("500-1,000")),
            ("no_of_employees", "12,345", Some("More than 10,000")),
            ("no_of_employees", "1001 - 5000", Some("1,001-5,000")),
            ("no_of_employees", "more than 10000", Some("More than 10,000")),
            ("no_of_employees", "0", None),
            ("no_of_employees", "many", None),
            ("purchasing_time_frame", "within a month", Some("Within a month")),
            ("purchasing_time_frame", "1–3 Months", Some("1-3 months")),
            ("purchasing_time_frame", "soon", None),
            ("role_in_purchase_process", "decision-maker", Some("Decision Maker")),
            ("role_in_purchase_process", "evaluator / recommender", Some("Evaluator/Recommender")),
            ("role_in_purchase_process", "-", None),
            ("city", "Anywhere", Some("Anywhere")),
        ] {
            assert_eq!(of_field(field, text).as_deref(), expected, "{field} {text}");
        }
    }
}
