// The view of the setup in Marketo: each text with a copy button.

import { get } from "./api.js";
import { copyable } from "./copy.js";
import { h, replace, section, table } from "./dom.js";
import { OUTGOING, RESPONSE, textsFor } from "./marketo-texts.js";
import { heading, loadPart } from "./views.js";

export async function setUp(root, signal) {
  const body = h("div", { class: "stack" });
  root.append(
    heading("Set up Marketo"),
    h("p", { class: "lead" }, "Set up the flow step once for the Marketo instance, or the webhook if your Marketo has no flow step services. Then create a smart campaign in each program."),
    body);
  await loadPart(body, async () => {
    const { public_url: address } = await get("/console/settings", signal);
    const texts = textsFor(address);
    replace(body,
      address !== location.origin && h("p", { class: "problem" }, `This page was opened at ${location.origin}, but the application's public address is ${address}. Open the console there to change anything.`),
      flowStep(texts), campaign(texts), email(texts), webhook(texts));
  });
}

const KEY = "Its value is the API key, the variable marketo_api_key. This page does not show it; ask the person who deployed the application.";

function flowStep(texts) {
  return section("flow-step", "Flow step service",
    h("p", null, "In Marketo: ", h("strong", null, "Admin, Service Providers, Add New Service"), "."),
    h("ol", { class: "steps" },
      h("li", null, "Paste the service URL.", copyable("service-url", "Service URL", texts.flowStepUrl)),
      h("li", null, "As credentials, enter the API key, which Marketo sends in this header. ", KEY, copyable("header-name", "Header name", texts.header)),
      h("li", null, "Map the outgoing fields:", table("Outgoing fields", ["Flow step", "Marketo", ""], OUTGOING)),
      h("li", null, "No incoming field is required. The join link is written to the program membership; map ", h("code", null, "joinUrl"), " to a Text Area field only if you want it on the person too.")));
}

function campaign(texts) {
  return section("campaign", "Smart campaign",
    h("p", null, "Create it as a local asset of the program; otherwise the flow step does not know the program. Its flow, in this order:"),
    h("ol", { class: "steps" },
      h("li", null, h("strong", null, "Change Program Status"), ": New Status ", h("em", null, "Registered"), ". People in any other status are not registered in Zoom."),
      h("li", null, h("strong", null, "Register for Zoom Webinar"), ": leave the webinar at ", h("em", null, "The program's connected webinar"), "."),
      h("li", null, h("strong", null, "Send Email"), ": the confirmation with the join link. Add a choice: if Program Status is Registered, send it; by default, do nothing. Then people rejected by Zoom get no e-mail.")),
    h("p", { class: "hint" }, "Marketo waits for the second step, so the link exists in the third. If the host approves people by hand, there is no link yet: leave out the third step, and send the e-mail from a second campaign."),
    h("p", null, "Without the flow step, setting the status is enough: the application notices it and registers the person within about two minutes. The flow is then ", h("strong", null, "Change Program Status"), " to Registered, ", h("strong", null, "Wait"), " 5 minutes, ", h("strong", null, "Send Email"), ". Whoever is set to the status that means cancelled is cancelled in Zoom, with either flow."));
}

function email(texts) {
  return section("email-token", "E-mail",
    h("p", null, "Create it as a local asset of the program, and set it to Operational, so that people who unsubscribed get their link. This token is the link of each person:"),
    copyable("token", "E-mail token", texts.emailToken));
}

function webhook(texts) {
  return section("webhook", "Webhook",
    h("p", null, "Use it instead of the flow step if your Marketo has no flow step services. It works for one person at a time, in trigger campaigns only. In Marketo: ", h("strong", null, "Admin, Webhooks, New Webhook"), "."),
    h("ol", { class: "steps" },
      h("li", null, "Paste the URL. Set the request type to POST, the request token encoding to JSON, and the response type to JSON.", copyable("webhook-url", "Webhook URL", texts.webhookUrl)),
      h("li", null, "Paste the payload template. Marketo adds the quotation marks around its tokens.", copyable("payload", "Payload template", texts.payload)),
      h("li", null, "Set a custom header with this name. ", KEY, copyable("webhook-header", "Webhook header name", texts.header)),
      h("li", null, "If you want the answer on the person, add response mappings:", table("Response mappings", ["Response attribute", "Holds", "Marketo field"], RESPONSE)),
      h("li", null, "Build the campaign's flow: ", h("strong", null, "Change Program Status"), " to Registered, then ", h("strong", null, "Call Webhook"), ". Send the e-mail from a second campaign of the program, whose trigger is ", h("strong", null, "Webhook is Called"), " with the constraint that Response contains:", copyable("response", "Response text", texts.registered))));
}
