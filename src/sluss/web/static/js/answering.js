// Answering on a network: how much room is left, how it would be sent, what pictures show, what a template says; the sluice's sentence.
import { element, icon } from "./text.js";
import { post } from "./http.js";
import { measure } from "./counting.js";

const WAIT = 700;
let looking = 0;

function counted(field) {
  const { max, counts, reserved } = field.dataset;
  const most = Number(max) - Number(reserved ?? 0);
  const length = measure(field.value, counts ?? "characters");
  const shown = field.form?.querySelector("[data-length]");
  if (shown) {
    shown.textContent = `${length} / ${most}`;
    shown.classList.toggle("bad", length > most);
  }
  return length > most;
}

// How the server would cut it, and what of it is personal: asked for when it is too long, or when everybody would read it.
async function foreseen(form) {
  const place = form.querySelector("[data-parts]");
  if (!place?.isConnected) return;
  const long = form.elements.body.dataset.max && counted(form.elements.body);
  if (!form.elements.body.value.trim() || !(long || form.querySelector(".sheetlet.open"))) return place.replaceChildren();
  const data = new FormData();
  for (const name of ["csrf", "body", "conversation_id", "spoiler"]) if (form.elements[name]) data.set(name, form.elements[name].value);
  const answer = await post(form.action.replace(/reply$/, "parts"), data).catch(() => null);
  if (answer?.ok && answer.headers.get("Content-Type")?.includes("json")) drawn(place, await answer.json());
}

function drawn(place, { parts, found, error }) {
  const warning = found.length ? [element("p", { class: "personal" }, icon("shield-alert", "i-14"), place.dataset.personal, ...found.map((one) => element("mark", { dir: "auto", title: one.kind }, one.text)))] : [];
  const told = error ? [element("p", { class: "personal" }, error)] : [];
  const list = parts.length ? [element("p", { class: "quiet" }, place.dataset.words.replace("{n}", parts.length)), element("ol", {}, ...parts.map((one) => element("li", { dir: "auto" }, one)))] : [];
  place.replaceChildren(...warning, ...told, ...list);
}

function later(form) {
  clearTimeout(looking);
  looking = setTimeout(() => foreseen(form), WAIT);
}

// Pictures that were added or taken away since the page was made.
function describe(form) {
  const alts = form.querySelector("[data-alts]");
  if (!alts) return;
  const there = new Map([...form.querySelectorAll('.attached .file input[name="file"]')].map((one) => [one.value, one.closest(".file").querySelector(".name").textContent]));
  for (const line of alts.querySelectorAll("[data-of]")) if (!there.has(line.dataset.of)) line.remove();
  for (const [id, name] of there) {
    if (alts.querySelector(`[data-of="${CSS.escape(id)}"]`) || !/\.(png|jpe?g|gif|webp)$/i.test(name)) continue;
    const label = element("label", { for: `f-alt-${id}` }, alts.dataset.label.replace("{name}", name));
    const field = element("input", { id: `f-alt-${id}`, name: "alt", type: "text", maxlength: 1000, autocomplete: "off", placeholder: alts.dataset.hint });
    alts.append(element("div", { class: "cc-line", "data-of": id }, element("input", { type: "hidden", name: "described", value: id }), label, field));
  }
}

function previewed(field) {
  const shown = field.closest(".filling").querySelector("[data-template]");
  const values = new Map([...field.closest(".filling").querySelectorAll("[data-place]")].map((one) => [one.dataset.place, one.value]));
  shown.textContent = shown.dataset.template.replace(/\{\{\s*(\w+)\s*\}\}/g, (whole, name) => values.get(name) || whole);
}

function begin() {
  for (const field of document.querySelectorAll("textarea[data-max]")) counted(field);
  for (const form of document.querySelectorAll('form[data-kind="reply"]:has([data-parts])')) {
    if (form.foreseen) continue;
    form.foreseen = new MutationObserver(() => describe(form));
    form.foreseen.observe(form.querySelector(".attached"), { childList: true, subtree: true });
    describe(form);
    if (form.elements.body.value.trim()) later(form);
  }
}

// The sentence for everybody follows the way, as long as nobody has changed it.
function followed(choice) {
  const said = choice.form.elements.said;
  const known = [...choice.form.querySelectorAll("[data-said]")].some((one) => one.dataset.said === said.value.trim());
  if (known || !said.value.trim()) said.value = choice.dataset.said;
}

document.addEventListener("input", ({ target }) => {
  if (target.matches?.("textarea[data-max]")) counted(target);
  if (target.matches?.("[data-place]")) previewed(target);
  if (target.matches?.('textarea[name="body"], [name="spoiler"]') && target.form?.querySelector("[data-parts]")) later(target.form);
});
document.addEventListener("change", ({ target }) => target.matches?.("[data-said]") && followed(target));
document.addEventListener("htmx:after:swap", begin);
begin();
