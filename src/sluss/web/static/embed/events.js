// What the page hears of. In: whoever listens. Out: calls, and events of the window for whoever is not asked to listen here.

const heard = {};

export function listen(event, call) {
  (heard[event] ||= new Set()).add(call);
}

export function forget(event, call) {
  heard[event]?.delete(call);
}

// One after the other and each on its own: a fault of the page's is reported as the page's.
export function tell(event, detail) {
  for (const call of heard[event] || []) queueMicrotask(() => call(detail));
  dispatchEvent(new CustomEvent(`sluss:${event}`, { detail }));
}
