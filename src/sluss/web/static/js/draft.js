// One unsent text: on the server a second after the last letter, in this tab until the server has it. Never lost.
import { element, icon, text } from "./text.js";
import { post } from "./http.js";
import { clock } from "./clock.js";

const IDLE = 1000;
const AGAIN = 5000;
const FIELDS = ["cc", "bcc", "to", "about", "thread", "conversation_id"];

export class Draft {
  constructor(form, no) {
    Object.assign(this, { form, no, saving: false, stuck: false, over: false });
    this.clean = this.state();
    const kept = sessionStorage.getItem(this.place());
    const field = form.elements.body;
    if (kept?.trim() && kept !== field.value) { field.value = kept; this.edited(); }
  }

  place() {
    return `draft:${this.no}:${this.form.dataset.kind}`;
  }

  files() {
    return [...this.form.querySelectorAll('.attached input[name="file"]')].map((one) => one.value);
  }

  state() {
    return JSON.stringify([this.form.elements.body.value, ...FIELDS.map((name) => this.form.elements[name]?.value ?? ""), ...this.chosen("quote"), ...this.chosen("passed"), ...this.files()]);
  }

  // Ticked, or kept from before.
  chosen(name) {
    return [...this.form.querySelectorAll(`input[name="${name}"]:checked, input[name="${name}"][type="hidden"]`)].map((one) => one.value);
  }

  dirty() {
    return !this.over && this.state() !== this.clean;
  }

  edited() {
    sessionStorage.setItem(this.place(), this.form.elements.body.value);
    this.later(IDLE);
  }

  later(wait) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.save(), wait);
  }

  data() {
    const data = new FormData();
    data.set("kind", this.form.dataset.kind);
    for (const name of ["csrf", "body", "revision", ...FIELDS]) if (this.form.elements[name]) data.set(name, this.form.elements[name].value);
    for (const name of ["quote", "passed"]) for (const id of this.chosen(name)) data.append(name, id);
    for (const id of this.files()) data.append("file", id);
    // By its form's key a save that comes late is known to belong to what was sent.
    data.set("sheet", this.form.elements.op.value);
    return data;
  }

  async save() {
    if (this.saving || this.stuck || !this.dirty()) return;
    const state = this.state();
    this.saving = true;
    this.leaving = new AbortController();
    try {
      const answer = await post(`/cases/${this.no}/draft`, this.data(), { signal: AbortSignal.any([this.leaving.signal, AbortSignal.timeout(15000)]) });
      const draft = answer.headers.get("Content-Type")?.includes("json") ? await answer.json() : {};
      if (answer.status === 409) return this.conflict(draft);
      if (!answer.ok) throw new Error(String(answer.status));
      this.clean = state;
      this.form.elements.revision.value = draft.revision;
      if (!this.dirty()) sessionStorage.removeItem(this.place());
      this.tell("check", text("saved"), clock(Date.parse(draft.saved_at) || Date.now()));
      if (this.dirty()) this.later(IDLE);
    } catch {
      if (this.over) return;
      this.tell("circle-alert", text("unsaved"), "", true);
      this.later(AGAIN);
    } finally {
      this.saving = false;
    }
  }

  // The page is going away: one last save that the browser finishes without it.
  flush() {
    if (!this.stuck && this.dirty() && navigator.sendBeacon(`/cases/${this.no}/draft`, this.data())) this.clean = this.state();
  }

  // Sent: nothing is saved any more, whatever is still under way.
  end() {
    this.over = true;
    this.leaving?.abort();
    clearTimeout(this.timer);
    sessionStorage.removeItem(this.place());
  }

  again() {
    this.over = false;
    this.edited();
  }

  conflict({ revision, body, sent }) {
    if (sent) { this.end(); return this.tell("check", text("sent-already")); }
    this.stuck = true;
    const choice = (key, run) => {
      const button = element("button", { class: "link", type: "button" }, text(key));
      button.addEventListener("click", () => { this.stuck = false; this.form.elements.revision.value = revision; run(); this.edited(); });
      return button;
    };
    this.tell("circle-alert", text("conflict"), "", true);
    this.form.querySelector("[data-state]").append(choice("use-mine", () => {}), choice("use-theirs", () => { this.form.elements.body.value = body; }));
  }

  tell(name, words, when, bad = false) {
    const state = this.form.querySelector("[data-state]");
    state.classList.toggle("bad", bad);
    state.replaceChildren(icon(name, "i-14"), element("span", { class: "words" }, words), " ", when);
  }
}
