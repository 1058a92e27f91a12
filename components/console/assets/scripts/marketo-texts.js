// Texts to paste into Marketo. Marketo adds quotation marks around string tokens of a JSON payload, so the template has
// none.

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

// Rows: field of the flow step, field of Marketo, remark.
export const OUTGOING = [
  ["email", "Email Address", "required"],
  ["firstName", "First Name", "required"],
  ["lastName", "Last Name", "required"],
  ["company", "Company Name", "optional, sent when present"],
  ["phone", "Phone Number", "optional, sent when present"],
  ["others", "any field", "optional: Zoom takes title, industry, address, city, state, postalCode, country, numberOfEmployees, purchasingTimeFrame, roleInPurchaseProcess, comments; a field named like a question of the webinar answers it"],
];

// Rows: response attribute of the webhook, its content, a suitable field of Marketo.
export const RESPONSE = [
  ["outcome", "registered, pending, failed or skipped", "a String field of your own"],
  ["join_url", "the person's own join link", "a Text Area field of your own: a link can be too long for a String"],
  ["code", "what went wrong, for filters", "a String field of your own"],
  ["detail", "what went wrong and what to do", "a Text Area field of your own"],
];
