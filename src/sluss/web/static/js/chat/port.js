// The one port to the page around us (T70). In: a greeting from the window that holds us, of a web site on the list, once. Out: its orders.
const sites = document.body.dataset.origins.split(" ").filter(Boolean);
export const standsAlone = window.parent === window;
const waiting = [];
let line = null;

// `https://*.example.com` is every host below it.
export function isListed(origin) {
  return sites.some((site) => site === origin || site.includes("://*.") && origin.startsWith(site.split("*")[0]) && origin.endsWith(site.split("*")[1]) && /^[\w.-]+(:\d+)?$/.test(origin.slice(site.indexOf("*"))));
}

export function answer(orders, greeted) {
  window.addEventListener("message", (event) => {
    if (line || event.source !== window.parent || event.data?.sluss !== "hello" || !event.ports[0] || !isListed(event.origin)) return;
    line = event.ports[0];
    line.onmessage = ({ data }) => Object.hasOwn(orders, data?.do ?? "") && orders[data.do](data);
    greeted(event.data);
    for (const one of waiting.splice(0)) line.postMessage(one);
  });
}

export function tellPage(what, more = {}) {
  if (line) line.postMessage({ tell: what, ...more });
  else if (waiting.length < 20) waiting.push({ tell: what, ...more });
}
