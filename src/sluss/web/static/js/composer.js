// <sluss-composer>: Reply and Note, attachments. What is typed is kept by draft.js, keys are in writing-keys.js.
import { Draft } from "./draft.js";
import { attach, uploading } from "./files.js";
import { invite, people } from "./people.js";

// The case whose text is on its way; the composer that replaces this one then knows that it was sent.
let departing = "";

class SlussComposer extends HTMLElement {
  connectedCallback() {
    if (this.drafts) return;
    people(this);
    this.drafts = new Map([...this.querySelectorAll("form[data-kind]")].map((form) => [form, new Draft(form, this.dataset.no)]));
    this.leave = new AbortController();
    const on = (target, name, run) => target.addEventListener(name, run, { signal: this.leave.signal });
    const draft = (event) => this.drafts.get(event.target.closest("form"));
    on(this, "input", (event) => event.target.type !== "file" && draft(event)?.edited());
    on(this, "focusout", (event) => draft(event)?.save());
    on(this, "click", (event) => this.clicked(event));
    // On a phone the composer grows when something in it has the focus, and the tab would slip from under the finger.
    on(this, "mousedown", (event) => event.target.closest('[role="tab"]') && event.preventDefault());
    on(this, "keydown", (event) => this.tabKeys(event));
    on(this, "paste", (event) => this.take(event, event.clipboardData.files));
    on(this, "dragover", (event) => this.drag(event, event.dataTransfer.types.includes("Files")));
    on(this, "dragleave", (event) => event.target.closest(".sheetlet")?.contains(event.relatedTarget) || this.drag(event, false));
    on(this, "drop", (event) => { this.drag(event, false); this.take(event, event.dataTransfer.files); });
    on(this, "change", (event) => event.target.type === "file" && this.take(event, event.target.files));
    on(document, "htmx:config:request", (event) => (this.again(event.target) ? this.departs(this.again(event.target)) : this.drafts.has(event.target) && this.sending(event)));
    on(document, "htmx:finally:request", (event) => this.drafts && this.refused(this.again(event.target) ?? event.target));
    on(document, "click", (event) => event.target.closest("[data-read-news]") && this.haveRead());
    on(document, "click", (event) => this.edited(event.target.closest('form[data-kind="again"] [data-close]')?.form));
    on(window, "pagehide", () => this.each((one) => one.flush()));
    on(document, "visibilitychange", () => document.hidden && this.each((one) => one.flush()));
    on(document, "sluss:signed-in", () => this.each((one) => one.save()));
    for (const cc of this.querySelectorAll("[data-cc]")) cc.hidden = false;
    this.welcome();
  }

  disconnectedCallback() {
    this.each((one) => { one.flush(); one.over = true; });
    this.leave.abort();
    this.drafts = null;
  }

  each(run) {
    for (const draft of this.drafts.values()) run(draft);
  }

  // After sending, the keys are free for the case, but in a talk, which goes on; what an undo gives back is at hand at once.
  welcome() {
    if (departing === this.dataset.no && !this.querySelector(".errors")) {
      if ("live" in this.dataset) this.querySelector("#f-body")?.focus();
      else setTimeout(() => document.getElementById("timeline")?.focus({ preventScroll: true }), 40);
    }
    departing = "";
    const open = this.querySelector('[role="tabpanel"]:not([hidden]) textarea');
    if (document.readyState === "complete" && document.activeElement?.matches("body, #timeline") && open?.value) setTimeout(() => open.focus(), 40);
  }

  // While a file is on its way nothing is sent; and what is being sent is not saved as a draft any more.
  sending(event) {
    const form = event.target;
    if (uploading(form)) { event.preventDefault(); form.querySelector(".attached progress").scrollIntoView({ block: "nearest" }); return; }
    this.departs(form);
  }

  departs(form) {
    this.drafts.get(form).end();
    departing = this.dataset.no;
  }

  // The dialog of a stopped send holds the same text; sent from there, it is gone here too, and what was edited there goes on here.
  again(form) {
    return form.dataset?.kind === "again" ? this.querySelector('form[data-kind="reply"]') : null;
  }

  edited(form) {
    const reply = form && this.again(form);
    if (!reply) return;
    reply.elements.body.value = form.elements.body.value;
    this.drafts.get(reply).edited();
  }

  // Still here after an answer means that it was not taken: the text goes on as a draft.
  refused(form) {
    if (!this.drafts.has(form)) return;
    departing = "";
    this.drafts.get(form).again();
  }

  // What came while this was being written has been read: the next send goes.
  haveRead() {
    const mark = document.getElementById("items").dataset.seen;
    for (const seen of document.querySelectorAll('#pane input[name="seen"]')) seen.value = mark;
    document.getElementById("news").replaceChildren();
    this.querySelector('[role="tabpanel"]:not([hidden]) textarea')?.focus();
  }

  drag(event, over) {
    if (over) event.preventDefault();
    event.target.closest(".sheetlet")?.classList.toggle("dragging", over);
  }

  take(event, files) {
    const form = event.target.closest("form");
    if (!files?.length || !form?.querySelector(".attach")) return;
    event.preventDefault();
    attach(form, files, { no: this.dataset.no, limit: Number(this.dataset.maxBytes) || 0, words: this.dataset.maxWords, place: "place" in this.dataset && form.dataset.kind === "reply" && event.target.type !== "file" });
    if (event.target.type === "file") event.target.value = "";
  }

  clicked(event) {
    const tab = event.target.closest('[role="tab"]');
    if (tab) { event.preventDefault(); this.choose(tab); }
    const cc = event.target.closest("[data-cc], [data-everybody]");
    if (!cc) return;
    const lines = this.querySelector(".cc-lines");
    lines.removeAttribute("data-empty");
    this.querySelector("[data-cc]").setAttribute("aria-expanded", "true");
    const line = lines.querySelector("[data-people]");
    if (cc.dataset.everybody) { invite(line, cc.dataset.everybody); }
    else lines.classList.add("all");
    line.querySelector("input").focus();
  }

  choose(tab) {
    for (const other of this.querySelectorAll('[role="tab"]')) {
      other.setAttribute("aria-selected", String(other === tab));
      other.tabIndex = other === tab ? 0 : -1;
      document.getElementById(other.getAttribute("aria-controls")).hidden = other !== tab;
    }
    this.querySelector(`#${tab.getAttribute("aria-controls")} textarea`)?.focus();
  }

  // Manual activation: arrows move, Enter and Space choose.
  tabKeys(event) {
    if (!event.target.matches('[role="tab"]')) return;
    const tabs = [...this.querySelectorAll('[role="tab"]')];
    if (["ArrowLeft", "ArrowRight"].includes(event.key)) tabs[(tabs.indexOf(event.target) + 1) % tabs.length].focus();
    else if (event.key === " ") { event.preventDefault(); this.choose(event.target); }
  }
}
customElements.define("sluss-composer", SlussComposer);
