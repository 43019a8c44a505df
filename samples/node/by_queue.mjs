// Declare by queue that a worker begins tomorrow, and print the answers: npm install; node by_queue.mjs EMPLOYER NISS
// DIMONA_CLIENT_AMQP_URL is amqps://user:…@host:5671/dimona.public: see samples/README.md.
import { randomUUID } from "node:crypto";
import amqp from "amqplib";

const CREATE = "be.nsso.dimona.v1.declarations.create";
const [employer, niss] = process.argv.slice(2);
const address = new URL(process.env.DIMONA_CLIENT_AMQP_URL);
const client = decodeURIComponent(address.username);

const tomorrow = new Date(Date.now() + 24 * 3600 * 1000);
const event = {
  specversion: "1.0",
  id: randomUUID(), // store it before you send: a repeat with this id has no second effect
  source: `urn:async-source:enterpriseNumber:${employer}:example`,
  type: CREATE,
  service: "be.nsso.dimona.v1",
  data: {
    employer: { enterpriseNumber: employer },
    worker: { ssin: niss },
    dimonaIn: {
      startDate: tomorrow.toLocaleDateString("sv-SE", { timeZone: "Europe/Brussels" }), // YYYY-MM-DD
      features: { jointCommissionNumber: "XXX", workerType: "OTH" },
    },
  },
};

const connection = await amqp.connect(address.href);
const publishing = await connection.createConfirmChannel(); // a channel of its own: its errors close it
const reading = await connection.createChannel(); // nothing is declared: all queues exist

const finished = new Promise((resolve, reject) => {
  publishing.on("return", () => reject(new Error("the client has no queue: run dimona doctor")));
  reading.consume(`reply.${client}`, (message) => {
    if (message === null) return reject(new Error("the broker ended the consumer: connect again"));
    const body = JSON.parse(message.content.toString());
    for (const answer of Array.isArray(body) ? body : [body]) { // an array if you asked for batches
      console.log(answer.type.replace(`${CREATE}.`, ""), JSON.stringify(answer.data));
      const last = [`${CREATE}.reply`, `${CREATE}.problemReply`].includes(answer.type);
      if (last && answer.relatedto === event.id) resolve();
    }
    reading.ack(message); // a real program stores the events first, by their ids
  }).catch(reject);
});

publishing.publish("dimona.in", `${CREATE}.${client}`, Buffer.from(JSON.stringify(event)), {
  contentType: "application/cloudevents+json",
  messageId: event.id,
  userId: client, // the broker verifies it
  persistent: true,
  mandatory: true,
});
await publishing.waitForConfirms(); // the broker has it on disk
await finished;
await reading.close(); // sends the last acknowledgement before the connection ends
await connection.close();
