// <sluss-frame>: mail as it was sent, in a frame without scripts, forms or a way to the page. It grows to its content.
// The server answers with its own policy: default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data: (and https: with ?images=1).
class SlussFrame extends HTMLElement {
  connectedCallback() {
    const fold = this.querySelector("details");
    const frame = this.querySelector("iframe");
    const source = this.dataset.src;
    fold.addEventListener("toggle", () => fold.open && !frame.src && (frame.src = source));
    frame.addEventListener("load", () => this.fit(frame));
    this.querySelector("[data-load-images]")?.addEventListener("click", (event) => {
      frame.src = `${source}?images=1`;
      event.target.closest("p").remove();
    });
  }

  fit(frame) {
    const inside = frame.contentDocument;
    if (!inside?.body) return;
    const grow = () => { frame.style.height = `${Math.min(Math.max(inside.documentElement.scrollHeight, 60), 4000) + 2}px`; };
    new ResizeObserver(grow).observe(inside.body);
    grow();
  }
}
customElements.define("sluss-frame", SlussFrame);
