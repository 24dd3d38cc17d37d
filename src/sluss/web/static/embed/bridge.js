// The frame and the one port to it. In: orders of the page. Out: what the frame tells. Nothing is heard that does not come over the port.
import { language, pageNow, site } from "./site.js";
import { panel, tellTrouble } from "./launcher.js";

export const wish = { open: false, jwt: "" };
let frame = null;
let port = null;
let ready = false;
let waiting = [];
let timer = 0;

export function load(settings, hear) {
  if (frame) return frame;
  frame = document.createElement("iframe");
  frame.title = settings.texts.title;
  frame.allow = "autoplay; clipboard-write";
  frame.src = `${site.home}${settings.frame}?lang=${language()}&theme=${site.theme || settings.theme}`;
  // Once for each time that it loads: also after somebody moved it about in the page.
  frame.addEventListener("load", () => greet(settings, hear));
  timer = setTimeout(() => giveUp(settings, hear), 15000);
  panel.replaceChildren(frame);
  return frame;
}

export function unload() {
  clearTimeout(timer);
  if (port) port.close();
  panel.replaceChildren();
  frame = port = null;
  ready = false;
}

// Orders wait until a frame that loads has said that it is there; what a later one would learn anyway is not kept for it.
export function order(what, more, keep) {
  if (ready) port.postMessage({ do: what, ...more });
  else if (frame || keep) waiting.push([what, more]);
}

export function identify(jwt) {
  wish.jwt = jwt;
  if (ready) order("identify", { jwt });
}

function greet(settings, hear) {
  const line = new MessageChannel();
  if (port) port.close();
  ready = false;
  port = line.port1;
  port.onmessage = ({ data }) => {
    if (data.tell === "ready") begin();
    hear(data);
  };
  frame.contentWindow.postMessage({ sluss: "hello", page: pageNow(), open: wish.open }, site.home, [line.port2]);
}

function begin() {
  const orders = waiting;
  clearTimeout(timer);
  ready = true;
  waiting = [];
  if (wish.jwt) identify(wish.jwt);
  for (const [what, more] of orders) order(what, more);
}

function giveUp(settings, hear) {
  unload();
  tellTrouble(() => {
    load(settings, hear).focus();
  });
}
