// <sluss-composer>: drafts saved while writing, Reply and Note, attachments, sending by key. A draft is never lost:
// it is on the server a second after the last letter, and in this tab until the server has it.
import { element, icon, text } from "./text.js";
import { post } from "./http.js";
import { action } from "./keys.js";
import { clock } from "./clock.js";
import { attach, uploading } from "./files.js";

const IDLE = 1000;

class SlussComposer extends HTMLElement {
  connectedCallback() {
    if (this.ready) return;
    this.ready = true;
    this.timers = new Map();
    this.leave = new AbortController();
    const on = (target, name, run) => target.addEventListener(name, run, { signal: this.leave.signal });
    for (const form of this.querySelectorAll("form[data-kind]")) this.wake(form);
    on(this, "input", (event) => this.edited(event.target.closest("form")));
    on(this, "focusout", (event) => this.save(event.target.closest("form")));
    on(this, "click", (event) => this.clicked(event));
    on(this, "keydown", (event) => this.tabKeys(event));
    on(this, "paste", (event) => this.take(event.target.closest("form"), event.clipboardData.files, event));
    on(this, "dragover", (event) => event.dataTransfer.types.includes("Files") && (event.preventDefault(), event.target.closest(".sheetlet")?.classList.add("dragging")));
    on(this, "dragleave", (event) => event.target.closest(".sheetlet")?.contains(event.relatedTarget) || event.target.closest(".sheetlet")?.classList.remove("dragging"));
    on(this, "drop", (event) => { const sheet = event.target.closest(".sheetlet"); sheet?.classList.remove("dragging"); this.take(sheet?.closest("form"), event.dataTransfer.files, event); });
    on(this, "change", (event) => { if (event.target.type === "file") { this.take(event.target.closest("form"), event.target.files, event); event.target.value = ""; } });
    on(this, "submit", (event) => this.sending(event));
    on(window, "pagehide", () => this.flush());
    on(document, "visibilitychange", () => document.hidden && this.flush());
    on(document, "sluss:signed-in", () => this.forms().forEach((form) => this.save(form)));
  }

  disconnectedCallback() {
    for (const timer of this.timers.values()) clearTimeout(timer);
    if (!this.sent) this.flush();
    this.leave.abort();
    this.ready = false;
  }

  forms() {
    return [...this.querySelectorAll("form[data-kind]")];
  }

  place(form) {
    return `draft:${this.dataset.no}:${form.dataset.kind}`;
  }

  // What the server had not acknowledged when the page went away comes back.
  wake(form) {
    const kept = sessionStorage.getItem(this.place(form));
    const field = form.elements.body;
    form.cleanText = this.state(form);
    if (kept !== null && kept !== field.value && kept.trim()) { field.value = kept; this.edited(form); }
    const cc = form.querySelector("[data-cc]");
    if (cc) cc.hidden = false;
    this.counted(form);
  }

  state(form) {
    return JSON.stringify([form.elements.body.value, form.elements.cc?.value ?? "", ...[...form.querySelectorAll('input[name="file"]')].map((one) => one.value)]);
  }

  edited(form) {
    if (!form) return;
    sessionStorage.setItem(this.place(form), form.elements.body.value);
    clearTimeout(this.timers.get(form));
    this.timers.set(form, setTimeout(() => this.save(form), IDLE));
    this.counted(form);
  }

  counted(form) {
    const length = form.querySelector("[data-length]");
    if (!length) return;
    const max = Number(form.elements.body.dataset.max);
    length.textContent = `${[...form.elements.body.value].length} / ${max}`;
    length.classList.toggle("bad", [...form.elements.body.value].length > max);
  }

  data(form) {
    const data = new FormData();
    data.set("kind", form.dataset.kind);
    for (const name of ["csrf", "body", "cc", "revision"]) if (form.elements[name]) data.set(name, form.elements[name].value);
    for (const one of form.querySelectorAll('input[name="file"]')) data.append("file", one.value);
    return data;
  }

  async save(form) {
    if (!form || this.sent || form.saving || this.state(form) === form.cleanText) return;
    clearTimeout(this.timers.get(form));
    const state = this.state(form);
    form.saving = true;
    try {
      const answer = await post(`/cases/${this.dataset.no}/draft`, this.data(form));
      const draft = answer.headers.get("Content-Type")?.includes("json") ? await answer.json() : {};
      if (answer.status === 409) return this.conflict(form, draft);
      if (!answer.ok) throw new Error(String(answer.status));
      form.cleanText = state;
      form.elements.revision.value = draft.revision;
      if (this.state(form) === state) sessionStorage.removeItem(this.place(form));
      this.tell(form, "check", text("saved"), clock(Date.parse(draft.saved_at) || Date.now()));
    } catch {
      this.tell(form, "circle-alert", text("unsaved"), "", true);
      this.timers.set(form, setTimeout(() => this.save(form), 5000));
    } finally {
      form.saving = false;
      if (!this.sent && this.state(form) !== form.cleanText && !form.stuck) this.timers.set(form, setTimeout(() => this.save(form), IDLE));
    }
  }

  conflict(form, { revision, body }) {
    form.stuck = true;
    const choose = (key, run) => { const button = element("button", { class: "link", type: "button" }, text(key)); button.addEventListener("click", () => { form.stuck = false; form.elements.revision.value = revision; run(); this.edited(form); }); return button; };
    this.tell(form, "circle-alert", text("conflict"), "", true);
    form.querySelector("[data-state]").append(choose("use-mine", () => {}), choose("use-theirs", () => { form.elements.body.value = body; }));
  }

  tell(form, name, words, when, bad = false) {
    const state = form.querySelector("[data-state]");
    state.classList.toggle("bad", bad);
    state.replaceChildren(icon(name, "i-14"), element("span", { class: "words" }, words), when ?? "");
  }

  // The page is going away: one last save that the browser finishes without it.
  flush() {
    for (const form of this.forms()) {
      if (this.sent || form.stuck || this.state(form) === form.cleanText) continue;
      if (navigator.sendBeacon(`/cases/${this.dataset.no}/draft`, this.data(form))) form.cleanText = this.state(form);
    }
  }

  take(form, files, event) {
    if (!form || !files?.length || !form.querySelector(".attach")) return;
    event.preventDefault();
    attach(form, files, { no: this.dataset.no, limit: Number(this.dataset.maxBytes) || 0, words: this.dataset.maxWords });
  }

  clicked(event) {
    const tab = event.target.closest('[role="tab"]');
    if (tab) { event.preventDefault(); this.choose(tab); }
    const cc = event.target.closest("[data-cc]");
    if (cc) { const line = this.querySelector(".cc-line"); line.removeAttribute("data-empty"); cc.setAttribute("aria-expanded", "true"); line.querySelector("input").focus(); }
  }

  choose(tab) {
    for (const other of this.querySelectorAll('[role="tab"]')) {
      other.setAttribute("aria-selected", String(other === tab));
      other.tabIndex = other === tab ? 0 : -1;
      document.getElementById(other.getAttribute("aria-controls")).hidden = other !== tab;
    }
    this.querySelector(`#${tab.getAttribute("aria-controls")} textarea`)?.focus();
  }

  tabKeys(event) {
    if (!event.target.matches('[role="tab"]') || !["ArrowLeft", "ArrowRight"].includes(event.key)) return;
    const tabs = [...this.querySelectorAll('[role="tab"]')];
    tabs[(tabs.indexOf(event.target) + 1) % tabs.length].focus();
  }

  sending(event) {
    const form = event.target;
    if (uploading(form)) { event.preventDefault(); event.stopPropagation(); return form.querySelector(".attached progress").scrollIntoView(); }
    clearTimeout(this.timers.get(form));
    this.sent = true;
    const done = (end) => { if (end.target !== form) return; document.removeEventListener("htmx:finally:request", done); this.sent = !this.isConnected; if (end.detail.ctx.response?.status < 300) sessionStorage.removeItem(this.place(form)); };
    document.addEventListener("htmx:finally:request", done);
  }
}
customElements.define("sluss-composer", SlussComposer);

const sender = (selector) => () => { const button = document.activeElement.closest?.("form")?.querySelector(selector); if (button && !button.disabled) button.click(); return Boolean(button); };
action("send", "Ctrl+Enter", "writing", sender('[data-action="send"], [data-action="send-note"]'));
action("send-solve", ["Ctrl+Shift+Enter"], "writing", sender('[data-action="send-solve"]'));
action("leave", "Escape", "writing", (event) => { if (!event.target.closest("sluss-composer")) return event.target.blur(); document.querySelector("#pane h1")?.focus(); });
