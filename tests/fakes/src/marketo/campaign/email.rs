//! The confirmation e-mail: a template whose tokens the step Send Email renders for each lead.

use crate::marketo::subscription::lead::Lead;
use crate::marketo::subscription::member::Member;
use crate::marketo::subscription::program::Program;

/// Template of the subject line.
pub const SUBJECT: &str = "You are registered: {{my.Webinar Topic}}";

/// Template of the text.
pub const TEXT: &str = "Hello {{lead.First Name}},

you are registered for {{my.Webinar Topic}}.

When: {{my.Webinar Start Date}}, {{my.Webinar Start Time}} to {{my.Webinar End Time}}, {{my.Webinar Time Zone}}

Your own link to join:
{{member.webinar url}}

Until then!
";

/// Renders the tokens of a template. `program` and `member` are none if the campaign is outside the program; their
/// tokens are then blank. As at Marketo, an unknown My Token is left as it is.
pub(super) fn rendered(template: &str, lead: &Lead, program: Option<&Program>, member: Option<&Member>) -> String {
    let mut text = String::new();
    let mut rest = template;
    while let Some((before, from_token)) = rest.split_once("{{") {
        text.push_str(before);
        let Some((token, after)) = from_token.split_once("}}") else {
            rest = from_token;
            break;
        };
        match token {
            "lead.First Name" => text.push_str(lead.text("firstName")),
            "member.webinar url" => text.push_str(member.map(|member| member.text("webinarUrl")).unwrap_or_default()),
            _ => match my_token(token, program) {
                Some(value) => text.push_str(value),
                None => {
                    text.push_str("{{");
                    text.push_str(token);
                    text.push_str("}}");
                }
            },
        }
        rest = after;
    }
    text.push_str(rest);
    text
}

fn my_token<'p>(token: &str, program: Option<&'p Program>) -> Option<&'p str> {
    let name = token.strip_prefix("my.")?;
    Some(program?.my_tokens.get(name)?.value.as_str())
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use serde_json::json;

    use super::*;
    use crate::marketo::subscription::contents::Subscription;
    use crate::marketo::subscription::member::ChangedBy;
    use crate::marketo::subscription::program::MyToken;
    use crate::marketo::subscription::program::MyTokenType;
    use crate::marketo::subscription::seed::WEBINAR_PROGRAM;

    #[test]
    fn renders_tokens_once() {
        let now = Timestamp::UNIX_EPOCH;
        let mut subscription = Subscription::seeded(now);
        // A value that looks like a token is not rendered again.
        let fields = json!({"firstName": "{{member.webinar url}}"}).as_object().cloned().unwrap();
        let id = subscription.leads.insert(fields, now);
        subscription.change_status(WEBINAR_PROGRAM, id, "Registered", ChangedBy::Seed, now);
        let data = json!({"webinarUrl": "https://zoom.example/w/1?tk=x"}).as_object().cloned().unwrap();
        subscription.write_member(WEBINAR_PROGRAM, id, data, now).unwrap();
        let topic = MyToken { kind: MyTokenType::Text, value: "Launch".to_owned() };
        subscription.programs.get_mut(&WEBINAR_PROGRAM).unwrap().my_tokens.insert("Webinar Topic".to_owned(), topic);

        let (lead, program) = (&subscription.leads.by_id[&id], subscription.programs.get(&WEBINAR_PROGRAM));
        let member = subscription.members.get(&(WEBINAR_PROGRAM, id));
        let template = "{{lead.First Name}}: {{my.Webinar Topic}} {{my.None}} {{member.webinar url}} {{";
        let inside = "{{member.webinar url}}: Launch {{my.None}} https://zoom.example/w/1?tk=x ";
        assert_eq!(rendered(template, lead, program, member), inside);
        assert_eq!(rendered("<{{member.webinar url}}>", lead, None, None), "<>");
    }
}
