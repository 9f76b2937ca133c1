// Finding rows of a long table: the words typed must all stand in a row's data-text. The page is
// complete without this file; it only adds the box. The words stand in the address as ?q=…
(function () {
  "use strict";

  function makeFindable(form) {
    const table = document.getElementById(form.dataset.find);
    const box = form.querySelector("input");
    const shown = form.querySelector("output");
    if (!table || form.dataset.ready) return;
    form.dataset.ready = "yes";
    const rows = Array.from(table.tBodies[0].rows).filter((row) => row.dataset.text);

    function find() {
      const words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
      let left = 0;
      rows.forEach((row) => {
        row.hidden = !words.every((word) => row.dataset.text.includes(word));
        left += row.hidden ? 0 : 1;
      });
      shown.value = words.length ? `${left} of ${rows.length} entries` : "";
    }

    function keep() {
      const address = new URL(location.href);
      if (box.value) address.searchParams.set("q", box.value);
      else address.searchParams.delete("q");
      history.replaceState(history.state, "", address);
    }

    form.hidden = false;
    form.addEventListener("submit", (event) => event.preventDefault());
    box.addEventListener("input", () => {
      find();
      keep();
    });
    box.value = new URLSearchParams(location.search).get("q") || "";
    find();
  }

  const enhance = () => document.querySelectorAll("form[data-find]").forEach(makeFindable);
  if (window.document$) window.document$.subscribe(enhance);
  else if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", enhance);
  else enhance();
})();
