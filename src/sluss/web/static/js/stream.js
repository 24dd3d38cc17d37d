// One event stream per browser. The leader tab (Web Locks) holds it and passes events to the others (BroadcastChannel);
// where locks are missing (plain HTTP on a LAN) each tab has its own.
//
// The server's side: GET /live?after={position}, text/event-stream. Every event has an `id:` (a position, growing) and a name:
//   row      {"case", "no", "views": ["mine", "inbox:7"], "html": "<li …>", "sort": {"oldest": 7, …}}   a row, and where it stands in each order
//   counts   {"mine": 9, "unassigned": 14}          only those that changed
//   touched  {"case", "no"}                          something in this case changed: who shows it asks for it again
//   deed     {"deed", "text", "over"}                how far a deed to many cases is
//   banners  {"html"}                                the lines under the top bar, all of them
//   toast    {"text", "kind"}
//   resync   {}                                      too long away: read list and case again
//   presence {"here": {"case": [["agent", "name", "reading"], …]}, "whole": true}   who is at which cases; without an id, and whole when the stream opens
//            a customer at a live channel is ["", "writing" | "here" | "gone", since, "what they type", "page title", "page address"]
//   bell     {"unread": 2, "quiet": false, "rings": [{"id", "no", "title", "text", "desktop", "sound"}], "how": {…}}   to one agent alone
//   beat     {}                                      each 20 s
//   bye      {"wait": 1500}                          the server stops; come back after about that many ms
const SILENCE = 30000;
const ATTEMPT = 10000;
const KEPT = 300;
const names = ["row", "counts", "touched", "deed", "banners", "toast", "resync", "presence", "bell", "beat", "bye"];

export class Stream {
  constructor(url, after, heard) {
    Object.assign(this, { url, after: Number(after) || 0, heard, tries: 0, downSince: 0, kept: [], here: {}, leading: false });
    this.channel = "BroadcastChannel" in self ? new BroadcastChannel("sluss-live") : null;
  }

  start() {
    if (this.channel) this.channel.onmessage = ({ data }) => this.fromTab(data);
    if (navigator.locks && this.channel) {
      this.channel.postMessage({ hello: this.after });
      navigator.locks.request("sluss-live", () => new Promise((release) => { this.release = release; this.lead(); }));
    } else this.lead();
    addEventListener("online", () => this.leading && this.connect());
    document.addEventListener("visibilitychange", () => !document.hidden && this.leading && Date.now() - this.last > SILENCE && this.connect());
    addEventListener("pagehide", () => this.close());
    addEventListener("pageshow", (event) => event.persisted && location.reload());
  }

  lead() {
    this.leading = true;
    this.watch = setInterval(() => this.source && Date.now() - this.last > (this.opened ? SILENCE : ATTEMPT) && this.lost(), 2000);
    this.connect();
  }

  connect() {
    clearTimeout(this.timer);
    this.source?.close();
    this.last = Date.now();
    this.opened = false;
    const source = new EventSource(`${this.url}?after=${this.after}`);
    this.source = source;
    source.onopen = () => { this.opened = true; this.last = Date.now(); this.tries = 0; this.line(true); };
    source.onerror = () => this.source === source && this.lost();
    for (const name of names) source.addEventListener(name, (event) => this.source === source && this.take({ id: Number(event.lastEventId) || 0, name, data: JSON.parse(event.data || "{}") }));
  }

  // First retry at once, then growing waits with jitter, so that a thousand browsers do not come back together.
  lost(wait) {
    this.source?.close();
    this.source = null;
    this.line(false);
    const delay = wait ?? (this.tries === 0 ? 0 : Math.min(30000, 500 * 2 ** this.tries));
    if (this.tries++ === 1) this.probe();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.connect(), delay * (0.5 + Math.random()));
  }

  // EventSource hides the status; a short question tells a sign-out from an outage.
  async probe() {
    try {
      if ((await fetch(`${this.url}/ping`, { signal: AbortSignal.timeout(5000) })).status === 401) this.deliver({ id: 0, name: "signed-out", data: {} }, true);
    } catch { /* the line is down; the timer goes on */ }
  }

  take(event) {
    this.last = Date.now();
    // A beat says how far the log is, so that a quiet desk does not seem to have missed what never concerned it.
    if (event.name === "beat") return void (this.after = Math.max(this.after, event.id));
    if (event.name === "bye") return this.lost(event.data.wait ?? 1500);
    if (event.name === "presence") return this.gather(event.data, true);
    this.deliver(event, true);
  }

  // Who is where now: in no log, so never asked for again; whoever joins late is told the whole of it.
  gather({ here, whole }, tell) {
    this.here = whole ? here : { ...this.here, ...here };
    for (const id of Object.keys(this.here)) if (!this.here[id].length) delete this.here[id];
    if (tell) this.channel?.postMessage({ presence: { here, whole } });
    this.heard({ name: "presence", data: this.here });
  }

  deliver(event, tell) {
    if (event.id && event.id <= this.after && event.name !== "resync") return;
    if (event.id) this.after = Math.max(this.after, event.id);
    if (tell) {
      this.kept.push(event);
      if (this.kept.length > KEPT) this.kept.shift();
      this.channel?.postMessage({ event });
    }
    this.heard(event);
  }

  // A tab that joins late is given what it missed, or told to read everything again.
  fromTab({ event, hello, replay, line, presence }) {
    if (event) this.deliver(event, false);
    else if (presence) this.gather(presence, false);
    else if (replay) for (const one of replay) this.deliver(one, false);
    else if (line !== undefined) this.heard({ name: "line", data: line });
    else if (hello !== undefined && this.leading) this.catchUp(hello);
  }

  catchUp(after) {
    const complete = this.kept.length < KEPT || (this.kept[0].id || 0) <= after;
    this.channel.postMessage({ replay: complete ? this.kept.filter((one) => one.id > after) : [{ id: this.after, name: "resync", data: {} }] });
    this.channel.postMessage({ presence: { here: this.here, whole: true } });
    this.channel.postMessage({ line: { up: !this.downSince, since: this.downSince } });
  }

  line(up) {
    if (up === !this.downSince) return;
    this.downSince = up ? 0 : Date.now();
    this.heard({ name: "line", data: { up, since: this.downSince } });
    this.channel?.postMessage({ line: { up, since: this.downSince } });
  }

  close() {
    this.source?.close();
    clearInterval(this.watch);
    this.release?.();
    this.channel?.close();
  }
}
