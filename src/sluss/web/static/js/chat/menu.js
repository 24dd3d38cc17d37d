// What is seldom wanted: sound, name and address, the text by mail, an end. In: presses. Out: dialogs, one at a time.
import { element, say, text } from "../text.js";
import { post } from "./net.js";
import { begun, isProven, keepSound, soundIsOn } from "./store.js";

const dialog = document.getElementById("dialog");
const sound = document.getElementById("sound");
const badge = document.getElementById("person");
const mailToo = document.getElementById("mail-too");
let known = { name: "", email: "" };
let met = false;

// `end()` ends the conversation in this browser.
export function startMenu(end) {
  const press = (id, run) => {
    document.getElementById(id).onclick = () => {
      document.getElementById("menu").hidePopover();
      run();
    };
  };
  sound.setAttribute("aria-pressed", String(soundIsOn()));
  sound.onclick = () => {
    keepSound(!soundIsOn());
    sound.setAttribute("aria-pressed", String(soundIsOn()));
  };
  press("ask-details", askDetails);
  mailToo.firstElementChild.onclick = askDetails;
  press("ask-transcript", () => (begun() ? askTranscript() : say(text("first"))));
  press("ask-end", () => askEnd(end));
  fitMenu();
}

export function knowPerson(person) {
  [known, met] = [person, begun()];
  fitMenu();
}

// What makes no sense yet is not offered.
export function fitMenu() {
  const asks = document.body.dataset;
  document.getElementById("ask-details").hidden = isProven() || !begun() || (asks.askName === "no" && asks.askEmail === "no" && asks.mail !== "true");
  document.getElementById("ask-transcript").hidden = !begun();
  document.getElementById("ask-end").hidden = !begun() || isProven();
  // Said once the server has said that it knows no address.
  mailToo.hidden = asks.mail !== "true" || !met || !begun() || isProven() || Boolean(known.email);
  badge.hidden = !isProven();
  badge.textContent = isProven() ? text("signed-in", { name: known.name || known.email }) : "";
}

export function ask(title, parts, act, run) {
  const form = element("form", { method: "dialog" });
  const fault = element("p", { class: "fault", role: "alert", hidden: true });
  const done = element("button", { class: "main" }, act);
  const cancel = element("button", { type: "button", class: "quiet" }, text("cancel"));
  cancel.onclick = () => dialog.close();
  form.append(element("h2", { id: "dialog-title" }, title), ...parts, fault, element("div", { class: "acts" }, cancel, done));
  form.onsubmit = async (event) => {
    event.preventDefault();
    done.disabled = true;
    try {
      await run(form);
    } catch (failure) {
      fault.textContent = Object.values(failure.fields ?? {})[0] || failure.message || text("failure");
      fault.hidden = false;
    }
    done.disabled = false;
  };
  dialog.replaceChildren(form);
  if (!dialog.open) dialog.showModal();
  (form.querySelector("input") ?? done).focus();
}

export function labelled(name, type, value = "", more = {}) {
  return element("label", {}, text(name), element("input", { name, type, value, autocomplete: name, ...more }));
}

export function finish(sentence) {
  const form = element("form", { method: "dialog" }, element("h2", { id: "dialog-title" }, sentence), element("div", { class: "acts" }, element("button", { class: "main" }, "OK")));
  dialog.replaceChildren(form);
  form.querySelector("button").focus();
}

function askDetails() {
  const parts = [element("p", {}, text("details-why")), labelled("name", "text", known.name, { maxlength: 80 }), labelled("email", "email", known.email, { maxlength: 254 })];
  ask(text("details-title"), parts, text("save"), async (form) => {
    const told = { name: form.elements.name.value.trim(), email: form.elements.email.value.trim() };
    await post("/profile", told);
    knowPerson({ name: told.name || known.name, email: told.email || known.email });
    finish(text("saved"));
  });
}

function askTranscript() {
  const parts = [element("p", {}, text("transcript-why")), labelled("email", "email", known.email, { required: true, maxlength: 254 })];
  ask(text("transcript-title"), parts, text("transcript-send"), async (form) => {
    const email = form.elements.email.value.trim();
    const answer = await post("/transcript", { email });
    if (answer.code) askCode(email);
    else finish(text("transcript-sent"));
  });
}

function askCode(email) {
  const parts = [element("p", {}, text("code-why", { email })), labelled("code", "text", "", { inputmode: "numeric", autocomplete: "one-time-code", maxlength: 10, required: true })];
  ask(text("transcript-title"), parts, text("transcript-send"), async (form) => {
    await post("/transcript/code", { code: form.elements.code.value.replace(/\D/g, "") });
    finish(text("transcript-sent"));
  });
}

function askEnd(end) {
  ask(text("end-title"), [element("p", {}, text("end-why"))], text("end"), () => {
    end();
    finish(text("ended"));
  });
}
