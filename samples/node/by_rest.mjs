// Declare over REST that a worker begins today, and print the result: node by_rest.mjs EMPLOYER NISS
// Node 20 or newer, no package. The addresses and the key come from the environment: see samples/README.md.
import { createPrivateKey, randomUUID, sign } from "node:crypto";
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

const { DIMONA_CLIENT_ID: id, DIMONA_CLIENT_PRIVATE_KEY: keyFile } = process.env;
const { DIMONA_CLIENT_TOKEN_URL: tokenUrl, DIMONA_CLIENT_REST_URL: restUrl } = process.env;
const [employer, niss] = process.argv.slice(2);

async function token() {
  const now = Math.floor(Date.now() / 1000);
  const claims = { iss: id, sub: id, aud: tokenUrl, jti: randomUUID(), iat: now, exp: now + 300 };
  const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const text = `${part({ alg: "RS256", typ: "JWT" })}.${part(claims)}`;
  const signature = sign("sha256", Buffer.from(text), createPrivateKey(readFileSync(keyFile)));
  const form = new URLSearchParams({
    grant_type: "client_credentials",
    client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
    client_assertion: `${text}.${signature.toString("base64url")}`,
  });
  const answer = await fetch(tokenUrl, { method: "POST", body: form });
  if (!answer.ok) throw new Error(await answer.text());
  return (await answer.json()).access_token; // good for 600 seconds: keep it, and ask again in time
}

const declaration = {
  employer: { enterpriseNumber: employer },
  worker: { ssin: niss },
  dimonaIn: {
    startDate: new Date().toLocaleDateString("sv-SE", { timeZone: "Europe/Brussels" }), // YYYY-MM-DD
    features: { jointCommissionNumber: "XXX", workerType: "OTH" },
  },
};
const headers = { Authorization: `Bearer ${await token()}`, "Content-Type": "application/json" };
const received = await fetch(`${restUrl}/declarations`, {
  method: "POST",
  headers: { ...headers, "Idempotency-Key": `"${randomUUID()}"` }, // store it: the same key may be sent again
  body: JSON.stringify(declaration),
});
if (received.status !== 201) throw new Error(`${received.status} ${await received.text()}`);
const location = received.headers.get("location");
console.log("received", location);

for (let polls = 0; polls < 30; polls++) {
  await sleep(polls ? 1000 : 2000);
  const answer = await fetch(location, { headers });
  if (answer.status !== 200) continue; // 404: not yet
  const body = await answer.json();
  if (!["A", "W", "B"].includes(body.declarationStatus.result)) continue; // S: being identified
  console.log("answer", JSON.stringify(body));
  process.exit();
}
console.log(`no final answer yet; ask by hand: ${location}`);
