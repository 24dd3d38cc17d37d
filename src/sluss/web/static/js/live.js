// <sluss-live data-url="/live">: what the stream says becomes what the page shows. Focus is never moved by it.
import { number, text } from "./text.js";
import { clock } from "./clock.js";
import { Stream } from "./stream.js";
import { toast } from "./toast.js";

const doc = document.documentElement;

function counts(changed) {
  for (const [view, count] of Object.entries(changed)) {
    for (const node of document.querySelectorAll(`.view[data-view="${CSS.escape(view)}"] .n, [data-count="${CSS.escape(view)}"], #total[data-view="${CSS.escape(view)}"]`)) node.textContent = number(count);
  }
  if (!("unread" in changed)) return;
  const dot = document.getElementById("unread");
  if (dot) { dot.hidden = !changed.unread; dot.textContent = changed.unread; }
}

// Who is at which case, as far as this tab was told; presence.js comes later than the first word of it.
export const whereabouts = { now: null };

let bannerTimer = 0;
function line({ up, since }) {
  clearTimeout(bannerTimer);
  if (up) return delete doc.dataset.line;
  heard.presence({});
  bannerTimer = setTimeout(() => {
    for (const node of document.querySelectorAll(".offline [data-since]")) node.textContent = clock(since);
    doc.dataset.line = "down";
  }, Math.max(0, since + 3000 - Date.now()));
}

// What the bell was told before its own module was there.
export const bellsBefore = [];

const heard = {
  row: (data) => document.querySelector("sluss-list")?.push(data),
  counts,
  deed: (data) => document.dispatchEvent(new CustomEvent("sluss:deed", { detail: data })),
  touched: (data) => document.dispatchEvent(new CustomEvent("sluss:touched", { detail: data })),
  banners: (data) => { document.getElementById("banners").innerHTML = data.html; },
  resync: () => document.dispatchEvent(new CustomEvent("sluss:resync")),
  bell: (data) => {
    const detail = { ...data, leading: document.querySelector("sluss-live").stream.leading };
    if (document.dispatchEvent(new CustomEvent("sluss:bell", { detail, cancelable: true }))) bellsBefore.push(detail);
  },
  presence: (data) => { whereabouts.now = data; document.dispatchEvent(new CustomEvent("sluss:presence")); },
  toast: (data) => toast(data.text, data.kind),
  "signed-out": () => document.dispatchEvent(new CustomEvent("sluss:signed-out")),
  line,
};

class SlussLive extends HTMLElement {
  connectedCallback() {
    if (this.stream || !doc.dataset.liveAfter) return;
    this.stream = new Stream(this.dataset.url, doc.dataset.liveAfter, ({ name, data }) => heard[name]?.(data));
    this.stream.start();
    const again = () => this.stream.leading && this.stream.connect();
    document.addEventListener("sluss:signed-in", again);
    document.addEventListener("click", (event) => event.target.closest('[data-action="reconnect"]') && again());
  }
}
customElements.define("sluss-live", SlussLive);
