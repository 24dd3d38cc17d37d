// Passkeys: asks the browser's authenticator what the form holds in data-passkey, and sends the answer with that form.
import { text } from "./text.js";

const bytes = (word) => Uint8Array.from(atob(word.replace(/-/g, "+").replace(/_/g, "/")), (letter) => letter.charCodeAt(0));
const word = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
const troubles = { SecurityError: "passkeyAt", InvalidStateError: "passkeyKnown" };
let ceremony;

function wanted(form) {
  const options = JSON.parse(form.dataset.passkey);
  options.challenge = bytes(options.challenge);
  if (options.user) options.user.id = bytes(options.user.id);
  for (const one of [...(options.allowCredentials ?? []), ...(options.excludeCredentials ?? [])]) one.id = bytes(one.id);
  return options;
}

function told({ id, rawId, type, response }) {
  const said = { transports: response.getTransports?.() ?? [] };
  for (const part of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) if (response[part]) said[part] = word(response[part]);
  return JSON.stringify({ id, rawId: word(rawId), type, response: said, clientExtensionResults: {} });
}

async function ask(form, mediation) {
  ceremony?.abort();
  const { signal } = (ceremony = new AbortController());
  const publicKey = wanted(form);
  const made = await (publicKey.user ? navigator.credentials.create({ publicKey, signal }) : navigator.credentials.get({ publicKey, mediation, signal }));
  form.elements.answer.value = told(made);
  form.noValidate = true;
  form.requestSubmit();
}

function complain(form, error) {
  if (error.name === "AbortError") return;
  const place = form.querySelector("[data-passkey-fault]");
  place.textContent = text(troubles[error.name] ?? "passkeyNone", { at: form.dataset.at });
  place.hidden = false;
}

if (window.PublicKeyCredential) {
  document.documentElement.dataset.passkeys = "on";
  const quiet = document.querySelector("form[data-autofill]");
  // The browser offers passkeys among the addresses it fills in; whoever types a password hears nothing of it.
  if (quiet) PublicKeyCredential.isConditionalMediationAvailable?.().then((may) => may && ask(quiet, "conditional")).catch(() => {});
}

document.addEventListener("click", (event) => {
  const form = event.target.closest?.("[data-passkey-ask]")?.form;
  if (!form) return;
  form.querySelector("[data-passkey-fault]").hidden = true;
  ask(form, "optional").catch((error) => complain(form, error));
});
addEventListener("pageshow", () => { for (const form of document.querySelectorAll("form[data-passkey]")) form.elements.answer.value = ""; });
