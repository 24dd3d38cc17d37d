// Small manners of forms: focus goes to what is wrong, a password can be shown, a link is copied, nothing is sent twice.
import { text } from "./text.js";
import { toast } from "./toast.js";

function polish(within) {
  for (const button of within.querySelectorAll("[data-reveal], [data-copy-from], [data-cc], [data-print], [data-colour-of]")) button.hidden = false;
  within.querySelector("[data-focus-first]")?.focus();
  within.querySelector("[data-resume]")?.requestSubmit();
}

function reveal(button) {
  const field = document.getElementById(button.dataset.reveal);
  const shown = field.type === "password";
  field.type = shown ? "text" : "password";
  button.setAttribute("aria-pressed", String(shown));
  button.setAttribute("aria-label", text(shown ? "hide" : "show"));
}

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-reveal], [data-copy-from], [data-print]");
  if (button?.dataset.reveal) reveal(button);
  else if (button?.hasAttribute("data-print")) print();
  else if (button) navigator.clipboard?.writeText(document.getElementById(button.dataset.copyFrom).value).then(() => toast(text("copied")));
});

// A colour is written or chosen: each field follows the other.
document.addEventListener("input", (event) => {
  const written = document.getElementById(event.target.dataset?.colourOf ?? "");
  if (written) written.value = event.target.value;
  const swatch = document.querySelector(`[data-colour-of="${event.target.id}"]`);
  if (event.target.id && swatch && /^#[0-9a-f]{6}$/i.test(event.target.value)) swatch.value = event.target.value;
});

// A plain form that is already on its way stays so until the page changes.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.hasAttribute("hx-post") || form.method === "get") return;
  if (form.dataset.sent) return event.preventDefault();
  form.dataset.sent = "1";
  event.submitter?.classList.add("busy");
});
addEventListener("pageshow", () => { for (const form of document.querySelectorAll("form[data-sent]")) { delete form.dataset.sent; form.querySelector(".busy")?.classList.remove("busy"); } });

// Choosing how mail comes in, and how Sluss signs in, shows only the fields of that way; `data-when="field=value"` says it of any choice.
function ways() {
  for (const part of document.querySelectorAll("[data-when]")) {
    const [name, value] = part.dataset.when.split("=");
    const now = part.closest("form").elements.namedItem(name)?.value;
    part.hidden = now !== undefined && now !== value && !part.querySelector(".error");
  }
  const chosen = (name, value) => document.querySelector(`input[name="${name}"][value="${value}"]`)?.checked;
  for (const part of document.querySelectorAll("[data-way]")) part.hidden = !chosen("ways", part.dataset.way);
  for (const part of document.querySelectorAll("[data-auth]")) part.hidden = !chosen("auth", part.dataset.auth);
}
document.addEventListener("change", (event) => {
  if (event.target.matches?.("[type=radio], select")) ways();
  if (event.target.matches?.("[data-go]")) location.assign(event.target.value);
});
ways();
document.querySelector(".settings > .views [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
polish(document);
document.addEventListener("htmx:after:swap", () => polish(document));
