//! The confirmation e-mail: a text with tokens, which the step Send Email fills in for each lead.

use crate::marketo::world::{Lead, Member, Program};

/// Its subject line, as a marketer wrote it.
pub const SUBJECT: &str = "You are registered: {{my.Webinar Topic}}";

/// Its text, as a marketer wrote it.
pub const TEXT: &str = "Hello {{lead.First Name}},

you are registered for {{my.Webinar Topic}}.

When: {{my.Webinar Start Date}}, {{my.Webinar Start Time}} to {{my.Webinar End Time}}, {{my.Webinar Time Zone}}

Your own link to join:
{{member.webinar url}}

Until then!
";

/// A text with its tokens filled in. Program and member are none in a campaign outside the program: their tokens are
/// blank then. A My Token that the program does not have stays as it is, as in Marketo.
pub(super) fn filled(template: &str, lead: &Lead, program: Option<&Program>, member: Option<&Member>) -> String {
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
    use crate::marketo::world::{ChangedBy, MyToken, MyTokenType, WEBINAR_PROGRAM, World};

    #[test]
    fn tokens_are_filled_in_once() {
        let now = Timestamp::UNIX_EPOCH;
        let mut world = World::seeded(now);
        // A value that looks like a token is a value.
        let fields = json!({"firstName": "{{member.webinar url}}"}).as_object().cloned().unwrap();
        let id = world.leads.insert(fields, now);
        world.change_status(WEBINAR_PROGRAM, id, "Registered", ChangedBy::Seed, now);
        let data = json!({"webinarUrl": "https://zoom.example/w/1?tk=x"}).as_object().cloned().unwrap();
        world.write_member(WEBINAR_PROGRAM, id, data, now).unwrap();
        let topic = MyToken { kind: MyTokenType::Text, value: "Launch".to_owned() };
        world.programs.get_mut(&WEBINAR_PROGRAM).unwrap().my_tokens.insert("Webinar Topic".to_owned(), topic);

        let (lead, program) = (&world.leads.by_id[&id], world.programs.get(&WEBINAR_PROGRAM));
        let member = world.members.get(&(WEBINAR_PROGRAM, id));
        let template = "{{lead.First Name}}: {{my.Webinar Topic}} {{my.None}} {{member.webinar url}} {{";
        let inside = "{{member.webinar url}}: Launch {{my.None}} https://zoom.example/w/1?tk=x ";
        assert_eq!(filled(template, lead, program, member), inside);
        assert_eq!(filled("<{{member.webinar url}}>", lead, None, None), "<>");
    }
}
