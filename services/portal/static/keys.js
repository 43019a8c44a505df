// Make a key pair for a technical client in this browser, or read a public key from a file.
// The private key goes into a download of this browser only; the form has the public part.
"use strict";

const generator = document.getElementById("generator");
if (generator && window.crypto && window.crypto.subtle) {
  const key = document.getElementById("key");
  const status = document.getElementById("generated");
  generator.hidden = false;

  const say = (name) => { status.textContent = status.dataset[name]; };

  const pem = (raw) => {
    const base64 = btoa(String.fromCharCode(...new Uint8Array(raw)));
    return `-----BEGIN PRIVATE KEY-----\n${base64.match(/.{1,64}/g).join("\n")}\n-----END PRIVATE KEY-----\n`;
  };

  const download = (name, text) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type: "application/x-pem-file" }));
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  };

  document.getElementById("generate").addEventListener("click", async (event) => {
    try {
      const made = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, ["sign", "verify"]);
      download(event.target.dataset.file, pem(await crypto.subtle.exportKey("pkcs8", made.privateKey)));
      const { kty, crv, x, y } = await crypto.subtle.exportKey("jwk", made.publicKey);
      key.value = JSON.stringify({ kty, crv, x, y });
      say("done");
    } catch {
      say("failed");
    }
  });

  document.getElementById("key-file").addEventListener("change", async (event) => {
    const file = event.target.files[0];
    if (!file) return;
    const text = file.size > 16384 ? "" : await file.text();
    event.target.value = "";
    if (text.includes("PRIVATE") || /"d"\s*:/.test(text)) {
      say("private");
    } else if (text) {
      key.value = text;
      status.textContent = "";
    } else {
      say("failed");
    }
  });
}
