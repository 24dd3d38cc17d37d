// Pages exchange their content in many ways; what matters is whether we still stand in it, and where the visitor is now.
import { pageNow } from "./site.js";
import { attach, fit } from "./launcher.js";
import { order } from "./bridge.js";

const SWAPS = "popstate pageshow turbo:load htmx:afterSettle htmx:after:swap astro:page-load";

let shown = "";

export function watch(signal) {
  const soon = () => setTimeout(look, 300);
  const watcher = new MutationObserver(attach);
  for (const swap of SWAPS.split(" ")) addEventListener(swap, soon, { signal });
  window.navigation?.addEventListener("navigatesuccess", soon, { signal });
  visualViewport.addEventListener("resize", fit, { signal });
  watcher.observe(document.documentElement, { childList: true });
  signal.addEventListener("abort", () => watcher.disconnect());
  look();
}

function look() {
  attach();
  const page = pageNow();
  const now = page.url + page.title;
  if (shown && shown !== now) order("page", { page });
  shown = now;
}
