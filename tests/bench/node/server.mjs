// The webhook as a Node service, as a team would write it: Fastify, undici, and a ledger in SQLite.
//
// It checks the API key, looks the address up in the ledger, adds the registrant at Zoom, records it, writes the member
// at Marketo and answers. It has no write-ahead, no retries, no questions, no daily limit and no replaceable mapping.

import { createHash, timingSafeEqual } from "node:crypto";
import Fastify from "fastify";
import { Agent, request } from "undici";

const config = JSON.parse(process.env.CONFIG);
const agent = new Agent({ connections: 64 });

/// How long before its expiry a token is no longer used, in milliseconds.
const TOKEN_MARGIN = 5_000;

/// Opens the ledger: with Node's own SQLite, or better-sqlite3 where Node has none.
async function openDatabase(file) {
  const own = await import("node:sqlite").catch(() => null);
  return own ? new own.DatabaseSync(file) : new (await import("better-sqlite3")).default(file);
}

const database = await openDatabase(config.database);
database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL");
database.exec(`CREATE TABLE IF NOT EXISTS registration (
  webinar TEXT NOT NULL, email TEXT NOT NULL, registrant TEXT NOT NULL, join_url TEXT, PRIMARY KEY (webinar, email))`);
const find = database.prepare("SELECT registrant, join_url FROM registration WHERE webinar = ? AND email = ?");
const insert = database.prepare("INSERT OR REPLACE INTO registration VALUES (?, ?, ?, ?)");

/// Sends a request and returns its JSON answer.
async function call(url, method, headers, body) {
  const answer = await request(url, { dispatcher: agent, method, headers, body });
  if (answer.statusCode >= 300) {
    await answer.body.dump();
    throw new Error(`${method} ${new URL(url).pathname} answered ${answer.statusCode}`);
  }
  return answer.body.json();
}

/// Returns a function that returns the current token. Requests that need a new one share it.
function cached(fetchToken) {
  let token = null;
  return async () => {
    if (token && Date.now() + TOKEN_MARGIN < (await token).expiresAt) return (await token).text;
    token = fetchToken();
    token.catch(() => (token = null));
    return (await token).text;
  };
}

const received = (answer) => ({ text: answer.access_token, expiresAt: Date.now() + answer.expires_in * 1000 });

let refreshToken = config.zoom.refreshToken;
const zoomToken = cached(async () => {
  const credentials = Buffer.from(`${config.zoom.clientId}:${config.zoom.clientSecret}`).toString("base64");
  const form = new URLSearchParams({ grant_type: "refresh_token", refresh_token: refreshToken });
  const headers = { authorization: `Basic ${credentials}`, "content-type": "application/x-www-form-urlencoded" };
  const answer = await call(`${config.zoom.url}/oauth/token`, "POST", headers, form.toString());
  refreshToken = answer.refresh_token;
  return received(answer);
});

const marketoToken = cached(async () => {
  const query = new URLSearchParams({
    grant_type: "client_credentials",
    client_id: config.marketo.clientId,
    client_secret: config.marketo.clientSecret,
  });
  return received(await call(`${config.marketo.url}/identity/oauth/token?${query}`, "GET"));
});

async function register(lead) {
  const email = lead.email.trim().toLowerCase();
  const known = find.get(config.webinar, email);
  const registered = known ?? (await addRegistrant(lead));
  if (!known) insert.run(config.webinar, email, registered.registrant, registered.join_url);
  const member = {
    leadId: Number(lead.lead_id),
    webinarUrl: registered.join_url,
    registrationCode: registered.registrant,
  };
  const headers = { authorization: `Bearer ${await marketoToken()}`, "content-type": "application/json" };
  const url = `${config.marketo.url}/rest/v1/programs/${lead.program_id}/members.json`;
  const written = await call(url, "POST", headers, JSON.stringify({ input: [member] }));
  if (!written.success || written.result[0].status !== "updated") throw new Error("Marketo rejected the member");
  return { outcome: "registered", join_url: registered.join_url, registrant_id: registered.registrant };
}

async function addRegistrant(lead) {
  const registrant = {
    email: lead.email,
    first_name: lead.first_name,
    last_name: lead.last_name,
    org: lead.company,
    phone: lead.phone,
  };
  const headers = { authorization: `Bearer ${await zoomToken()}`, "content-type": "application/json" };
  const url = `${config.zoom.url}/v2/webinars/${config.webinar}/registrants`;
  const added = await call(url, "POST", headers, JSON.stringify(registrant));
  return { registrant: added.registrant_id, join_url: added.join_url };
}

const digest = (text) => createHash("sha256").update(text).digest();
const expectedKey = digest(config.apiKey);

const text = { type: "string" };
const body = {
  type: "object",
  required: ["program_id", "lead_id", "email", "first_name", "last_name"],
  properties: {
    program_id: text, lead_id: text, email: text, first_name: text, last_name: text, company: text, phone: text, status: text,
  },
};

const app = Fastify();
app.addHook("onRequest", async (incoming, reply) => {
  if (!timingSafeEqual(digest(incoming.headers["x-api-key"] ?? ""), expectedKey)) {
    return reply.code(401).send({ code: "UNAUTHENTICATED" });
  }
});
app.post("/registration/webhook", { schema: { body } }, async (incoming) => {
  const lead = incoming.body;
  if (lead.status !== "Registered") return { outcome: "skipped" };
  try {
    return await register(lead);
  } catch (error) {
    return { outcome: "failed", detail: error.message };
  }
});

// The benchmark reads the address from the first line.
console.log(await app.listen({ host: "127.0.0.1", port: 0 }));
