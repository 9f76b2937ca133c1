// What of Material's frame only scripts make use of, made here before Material's own script looks for it, so that no page
// carries it; then what that frame leaves unsaid to a screen reader or a keyboard.
(function () {
  "use strict";

  const all = (selector) => Array.from(document.querySelectorAll(selector));
  const find = (selector) => document.querySelector(selector);
  const icon = (path) => `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"><path d="${path}"/></svg>`;
  const base = JSON.parse(find("#__config")?.textContent ?? "{}").base;

  // Where Material keeps what a reader chose, one place a site.
  const place = (key) => `${new URL(base, location).pathname}.${key}`;
  window.__md_get = (key, store = localStorage) => JSON.parse(store.getItem(place(key)));
  window.__md_set = (key, value, store = localStorage) => {
    try {
      store.setItem(place(key), JSON.stringify(value));
    } catch {
      // Kept for this page only.
    }
  };

  const SUN = "M20 8.69V4h-4.69L12 .69 8.69 4H4v4.69L.69 12 4 15.31V20h4.69L12 23.31 15.31 20H20v-4.69L23.31 12z";
  const DISC = "m8-9.31V4h-4.69L12 .69 8.69 4H4v4.69L.69 12 4 15.31V20h4.69L12 23.31 15.31 20H20v-4.69L23.31 12z";
  const COLOURS = [
    ["", "Switch to light colours", `m14.3 16-.7-2h-3.2l-.7 2H7.8L11 7h2l3.2 9z${SUN}m-9.15 3.96h2.3L12 9z`],
    ["default", "Switch to dark colours", `M12 8a4 4 0 0 0-4 4 4 4 0 0 0 4 4 4 4 0 0 0 4-4 4 4 0 0 0-4-4m0 10a6 6 0 0 1-6-6 6 6 0 0 1 6-6 6 6 0 0 1 6 6 6 6 0 0 1-6 6${DISC}`],
    ["slate", "Follow the system's colours", `M12 18c-.89 0-1.74-.2-2.5-.55C11.56 16.5 13 14.42 13 12s-1.44-4.5-3.5-5.45C10.26 6.2 11.11 6 12 6a6 6 0 0 1 6 6 6 6 0 0 1-6 6${DISC}`],
  ];

  // One button, instead of Material's, which has the whole page styled a second time. The head of a page reads ilScheme
  // before anything is drawn; it is empty where the system's colours are followed.
  function makeSwitch(box) {
    const button = document.createElement("button");
    const dark = matchMedia("(prefers-color-scheme: dark)");
    let at = Math.max(COLOURS.findIndex(([scheme]) => scheme === localStorage.ilScheme), 0);
    const show = () => {
      const [chosen, title, path] = COLOURS[at];
      const scheme = chosen || (dark.matches ? "slate" : "default");
      Object.assign(button, { type: "button", className: "md-header__button md-icon il-scheme", title, innerHTML: icon(path) });
      button.setAttribute("aria-label", title);
      if (document.body.dataset.mdColorScheme === scheme) return;
      Object.assign(document.body.dataset, { mdColorScheme: scheme, mdColorPrimary: scheme === "slate" ? "black" : "white" });
    };
    button.addEventListener("click", () => {
      at = (at + 1) % COLOURS.length;
      try {
        [localStorage.ilScheme] = COLOURS[at];
      } catch {
        // Kept for this page only.
      }
      show();
    });
    dark.addEventListener("change", show);
    show();
    box.append(button);
  }

  // An entry of the drawer or of the table of contents.
  const item = (href, text) => {
    const made = document.createElement("li");
    made.className = "md-nav__item";
    made.innerHTML = '<a class="md-nav__link"><span class="md-ellipsis"></span></a>';
    made.firstChild.setAttribute("href", href);
    made.firstChild.firstChild.textContent = text;
    return made;
  };

  // Material opens the drawer with a label, which neither a keyboard nor a screen reader can press.
  function makeDrawerButton(label, toggle) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "il-drawer";
    button.setAttribute("aria-label", "Menu");
    button.innerHTML = icon("M3 6h18v2H3zm0 5h18v2H3zm0 5h18v2H3z");
    const tell = () => button.setAttribute("aria-expanded", String(toggle.checked));
    label.append(button);
    button.addEventListener("click", () => toggle.click());
    toggle.addEventListener("change", tell);
    tell();
  }

  function makeFrame() {
    makeSwitch(find(".il-colours"));
    makeDrawerButton(find("label.md-header__button[for='__drawer']"), find("#__drawer"));
    const title = find(".md-header__topic").cloneNode(true);
    title.dataset.mdComponent = "header-topic";
    title.firstChild.textContent = document.title.replace(/ - [^-]*$/, "");
    find(".md-header__ellipsis").append(title);
    find("main").insertAdjacentHTML("beforeend", `<button type="button" class="md-top md-icon" data-md-component="top" hidden>${icon("M13 20h-2V8l-5.5 5.5-1.42-1.42L12 4.16l7.92 7.92-1.42 1.42L13 8z")} Back to top</button>`);
    const headings = all(".md-content :is(h2, h3, h4)[id]");
    if (!find(".md-sidebar--primary")) {
      find(".md-main__inner").insertAdjacentHTML("afterbegin", `<div class="md-sidebar md-sidebar--primary" data-md-component="sidebar" data-md-type="navigation" hidden><div class="md-sidebar__scrollwrap"><div class="md-sidebar__inner"><nav class="md-nav md-nav--primary md-nav--lifted" aria-label="Navigation" data-md-level="0"><label class="md-nav__title" for="__drawer">${document.title.split(" - ").pop()}</label><ul class="md-nav__list" data-md-scrollfix></ul></nav></div></div></div>`);
      find(".md-nav--primary ul").append(...all(".il-sections a").map((tab) => item(tab.getAttribute("href"), tab.textContent)));
      const contents = find(".md-sidebar--secondary .md-sidebar__inner");
      if (contents) {
        contents.innerHTML = '<nav class="md-nav md-nav--secondary" aria-label="Table of contents"><label class="md-nav__title" for="__toc"><span class="md-nav__icon md-icon"></span>Table of contents</label><ul class="md-nav__list" data-md-component="toc" data-md-scrollfix></ul></nav>';
        const parts = headings.filter((heading) => heading.tagName === "H2");
        contents.querySelector("ul").append(...parts.map((heading) => item(`#${heading.id}`, heading.textContent)));
      }
    }
    for (const heading of headings) {
      heading.insertAdjacentHTML("beforeend", '<a class="headerlink" title="Link to this part">#</a>');
      heading.lastChild.setAttribute("href", `#${heading.id}`);
    }
  }

  if (base !== undefined) makeFrame();

  // A box that scrolls can be scrolled with the keyboard only where it takes the focus.
  function letScroll(box) {
    if (box.scrollWidth > box.clientWidth && !box.hasAttribute("tabindex")) box.tabIndex = 0;
  }

  // A table's box is named for screen readers and takes the focus; it says that the table goes on, once it comes into
  // sight, until the end is reached.
  function watchEdge(box) {
    if (!box.hasAttribute("tabindex")) {
      const said = box.querySelector("caption")?.textContent.trim().slice(0, 100) ?? "";
      for (const [name, value] of Object.entries({ tabindex: 0, role: "region", "aria-label": said })) box.setAttribute(name, value);
    }
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

  function complete() {
    all(".il-scroll:not([data-watched])").forEach((box) => {
      box.dataset.watched = "";
      watchEdge(box);
    });
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
