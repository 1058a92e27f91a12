// What an admin sets up in Marketo, once: each text with a button that copies it.

import { read } from "./api.js";
import { copyable } from "./copy.js";
import { h, replace, section, table } from "./dom.js";
import { OUTGOING, RESPONSE, textsFor } from "./marketo-texts.js";
import { heading, part } from "./views.js";

export async function setUp(root, signal) {
  const body = h("div", { class: "stack" });
  root.append(
    heading("Set up Marketo"),
    h("p", { class: "lead" }, "Once for the Marketo instance: the flow step, or the webhook where there are no flow step services. Then a smart campaign in each program."),
    body);
  await part(body, async () => {
    const { public_url: address } = await read("/console/settings", signal);
    const texts = textsFor(address);
    replace(body,
      address !== location.origin && h("p", { class: "problem" }, `This page was opened at ${location.origin}, but the application's public address is ${address}. Changes are taken from the console at the public address only.`),
      flowStep(texts), campaign(texts), email(texts), webhook(texts));
  });
}

const KEY = "The value is the API key: the variable marketo_api_key. Whoever deployed the application has it; this page does not.";

function flowStep(texts) {
  return section("flow-step", "Flow step service",
    h("p", null, "In Marketo: ", h("strong", null, "Admin, Service Providers, Add New Service"), "."),
    h("ol", { class: "steps" },
      h("li", null, "Paste the service URL.", copyable("service-url", "Service URL", texts.flowStepUrl)),
      h("li", null, "As credentials, give the API key; it is sent in this header. ", KEY, copyable("header-name", "Header name", texts.header)),
      h("li", null, "Map the outgoing fields:", table("Outgoing fields", ["Flow step", "Marketo", ""], OUTGOING)),
      h("li", null, "No incoming field is needed. The join link goes into the program membership; map ", h("code", null, "joinUrl"), " to a Text Area field only if you want it on the person too.")));
}

function campaign(texts) {
  return section("campaign", "Smart campaign",
    h("p", null, "A local asset of the program: only then is it known which program is meant. Its flow, in this order:"),
    h("ol", { class: "steps" },
      h("li", null, h("strong", null, "Change Program Status"), ": New Status ", h("em", null, "Registered"), ". Nobody in another status is sent to Zoom."),
      h("li", null, h("strong", null, "Register for Zoom Webinar"), ": leave the webinar at ", h("em", null, "The program's connected webinar"), "."),
      h("li", null, h("strong", null, "Send Email"), ": the confirmation with the join link. Add a choice: if Program Status is Registered, send it; by default, do nothing. Then nobody gets an e-mail without a link.")),
    h("p", { class: "hint" }, "Marketo waits for the second step, so the link is there in the third. Where the host approves people by hand there is no link yet: leave out the third step, and send the e-mail from a second campaign."));
}

function email(texts) {
  return section("email-token", "E-mail",
    h("p", null, "A local asset of the program, set to Operational, so that people who unsubscribed get their link. The link of each person:"),
    copyable("token", "E-mail token", texts.emailToken));
}

function webhook(texts) {
  return section("webhook", "Webhook",
    h("p", null, "Instead of the flow step, where Marketo has no flow step services. One person at a time, in trigger campaigns only. In Marketo: ", h("strong", null, "Admin, Webhooks, New Webhook"), "."),
    h("ol", { class: "steps" },
      h("li", null, "The URL; request type POST, request token encoding JSON, response type JSON.", copyable("webhook-url", "Webhook URL", texts.webhookUrl)),
      h("li", null, "The payload template. Marketo adds the quotation marks around its tokens.", copyable("payload", "Payload template", texts.payload)),
      h("li", null, "Set Custom Header: this name, with the API key. ", KEY, copyable("webhook-header", "Webhook header name", texts.header)),
      h("li", null, "Response mappings, as far as you want the answer on the person:", table("Response mappings", ["Response attribute", "Holds", "Marketo field"], RESPONSE)),
      h("li", null, "The campaign's flow: ", h("strong", null, "Change Program Status"), " to Registered, then ", h("strong", null, "Call Webhook"), ". The e-mail goes out from a second campaign of the program, whose trigger is ", h("strong", null, "Webhook is Called"), " with the constraint that Response contains:", copyable("response", "Response text", texts.registered))));
}
