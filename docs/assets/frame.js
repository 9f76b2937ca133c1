// What Material's own frame leaves unsaid to a screen reader or a keyboard. Nothing here is seen.
(function () {
  "use strict";

  const all = (selector) => Array.from(document.querySelectorAll(selector));

  // A box that scrolls can be scrolled with the keyboard only where it takes the focus.
  function letScroll(box) {
    if (box.scrollWidth > box.clientWidth && !box.hasAttribute("tabindex")) box.tabIndex = 0;
  }

  function complete() {
    all(".md-search[role='dialog']:not([aria-label])").forEach((box) => box.setAttribute("aria-label", "Search"));
    // Material puts its copy button into a landmark; the pages have enough of those.
    all("nav.md-code__nav").forEach((nav) => nav.setAttribute("role", "presentation"));
    all(".md-typeset pre > code, .md-typeset__scrollwrap").forEach(letScroll);
  }

  // Material goes on adding to a page after it has announced it: once now, once when that is done.
  function completeTwice() {
    complete();
    (window.requestIdleCallback || window.setTimeout)(complete);
  }

  if (window.document$) window.document$.subscribe(completeTwice);
  else if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", completeTwice);
  else completeTwice();
})();
