// What Material's own frame leaves unsaid to a screen reader or a keyboard. Nothing here is seen.
(function () {
  "use strict";

  const all = (selector) => Array.from(document.querySelectorAll(selector));

  // A box that scrolls can be scrolled with the keyboard only where it takes the focus.
  function letScroll(box) {
    if (box.scrollWidth > box.clientWidth && !box.hasAttribute("tabindex")) box.tabIndex = 0;
  }

  // Says beside a table that it goes on, once it comes into sight, until its end is reached.
  function watchEdge(box) {
    const tell = () => {
      const goesOn = box.scrollWidth - box.clientWidth - box.scrollLeft > 4;
      box.toggleAttribute("data-goes-on", goesOn);
    };
    new IntersectionObserver((seen, watcher) => {
      if (!seen.some((entry) => entry.isIntersecting)) return;
      watcher.disconnect();
      tell();
      box.addEventListener("scroll", tell, { passive: true });
      window.addEventListener("resize", tell, { passive: true });
    }).observe(box);
  }

  const whenIdle = window.requestIdleCallback
    ? (work) => window.requestIdleCallback(work, { timeout: 1000 })
    : (work) => window.setTimeout(() => work({ timeRemaining: () => 0 }), 50);

  // Measuring a box lays it out. What is laid out anyway is measured at once; what stands further
  // down the page a few at a time, while nobody waits.
  const scrolling = () => all(".md-typeset pre > code, .md-typeset__scrollwrap");
  const isLaidOut = (box) => !box.checkVisibility || box.checkVisibility({ contentVisibilityAuto: true });

  function letAllScroll() {
    const boxes = scrolling();
    function next(deadline) {
      do {
        if (!boxes.length) return;
        letScroll(boxes.shift());
      } while (deadline.timeRemaining() > 5);
      whenIdle(next);
    }
    whenIdle(next);
  }

  // Material opens the drawer with a label, which neither a keyboard nor a screen reader can press.
  function makeDrawerButton() {
    const label = document.querySelector("label.md-header__button[for='__drawer']");
    const toggle = document.getElementById("__drawer");
    if (!label || !toggle || label.querySelector("button")) return;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "il-drawer";
    button.setAttribute("aria-label", "Menu");
    const tell = () => button.setAttribute("aria-expanded", String(toggle.checked));
    button.append(...label.childNodes);
    label.append(button);
    button.addEventListener("click", () => toggle.click());
    toggle.addEventListener("change", tell);
    tell();
  }

  function complete() {
    all(".il-scroll:not([data-watched])").forEach((box) => {
      box.dataset.watched = "";
      watchEdge(box);
    });
    makeDrawerButton();
    all(".md-search[role='dialog']:not([aria-label])").forEach((box) => box.setAttribute("aria-label", "Search"));
    // Material puts its copy button into a landmark; the pages have enough of those.
    all("nav.md-code__nav").forEach((nav) => nav.setAttribute("role", "presentation"));
  }

  // Material goes on adding to a page after it has announced it: once now, once when that is done.
  function completeTwice() {
    complete();
    scrolling().filter(isLaidOut).forEach(letScroll);
    whenIdle(() => {
      complete();
      letAllScroll();
    });
  }

  if (window.document$) window.document$.subscribe(completeTwice);
  else if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", completeTwice);
  else completeTwice();
})();
