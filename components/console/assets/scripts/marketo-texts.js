// What has to be pasted into Marketo, from the application's public address. Marketo puts quotation marks around string
// tokens of a JSON payload itself, so the template has none.

export function textsFor(address) {
  return {
    flowStepUrl: `${address}/flow-step/openapi.json`,
    webhookUrl: `${address}/registration/webhook`,
    header: "x-api-key",
    emailToken: "{{member.webinar url}}",
    payload: `{
  "program_id": {{program.id}},
  "lead_id": {{lead.Id}},
  "email": {{lead.Email Address}},
  "first_name": {{lead.First Name}},
  "last_name": {{lead.Last Name}},
  "company": {{company.Company Name}},
  "phone": {{lead.Phone Number}}
}`,
    registered: "\"outcome\":\"registered\"",
  };
}

// Field of the flow step, field of Marketo, remark.
export const OUTGOING = [
  ["email", "Email Address", "needed"],
  ["firstName", "First Name", "needed"],
  ["lastName", "Last Name", "needed"],
  ["company", "Company Name", "sent when there is one"],
  ["phone", "Phone Number", "sent when there is one"],
];

// Response attribute of the webhook, what it holds, a field of Marketo that fits.
export const RESPONSE = [
  ["outcome", "registered, pending, failed or skipped", "a String field of your own"],
  ["join_url", "the person's own join link", "a Text Area field of your own: links can be longer than a String holds"],
  ["code", "what went wrong, for filters", "a String field of your own"],
  ["detail", "what went wrong and what to do", "a Text Area field of your own"],
];
