// Charts: every mark says its name on focus and tap, leads to what it shows, and can be saved.
(function () {
  "use strict";

  const MARKS = "a, [data-to], g, circle, path, rect, polygon";
  const STYLES = ["fill", "fill-opacity", "stroke", "stroke-width", "stroke-dasharray", "stroke-opacity", "stroke-linejoin", "paint-order", "opacity", "font-family", "font-size", "font-weight", "font-style"];

  const titleOf = (mark) => Array.from(mark.children).find((child) => child.localName === "title");
  const markOf = (element) => {
    for (let mark = element.closest?.(MARKS); mark?.closest("svg"); mark = mark.parentElement.closest(MARKS)) {
      if (titleOf(mark)) return mark;
    }
    return null;
  };
  const wayOf = (mark) => {
    const link = mark.closest("a") ?? mark.querySelector("a");
    return link?.getAttribute("href") ?? (mark.dataset.to || mark.querySelector("[data-to]")?.dataset.to) ?? "";
  };

  let tip = null;
  function hide() {
    tip?.remove();
    tip = null;
    document.querySelectorAll(".il-picked").forEach((mark) => mark.classList.remove("il-picked"));
  }

  function show(mark) {
    hide();
    const way = wayOf(mark);
    tip = document.createElement("div");
    tip.className = "il-tip";
    tip.setAttribute("role", "status");
    tip.append(titleOf(mark).textContent);
    if (way) {
      const link = document.createElement("a");
      link.href = way;
      link.textContent = "open";
      tip.append(" ", link);
    }
    document.body.append(tip);
    const box = mark.getBoundingClientRect();
    const left = Math.min(box.left, document.documentElement.clientWidth - tip.offsetWidth - 8);
    tip.style.left = `${Math.max(left, 8) + window.scrollX}px`;
    tip.style.top = `${box.bottom + 6 + window.scrollY}px`;
    mark.classList.add("il-picked");
  }

  document.addEventListener("click", (event) => {
    if (event.target.closest(".il-tip")) return;
    const mark = event.target.closest(".il-chart") && markOf(event.target);
    if (!mark) return hide();
    if (event.pointerType === "touch" || event.pointerType === "pen") {
      event.preventDefault();
      show(mark);
    } else if (!event.target.closest("a") && wayOf(mark)) location.assign(wayOf(mark));
  });
  document.addEventListener("focusin", (event) => {
    const mark = event.target.closest(".il-chart a") && markOf(event.target.querySelector("title") ?? event.target);
    if (mark) show(mark);
  });

  // With the arrow keys from mark to mark, where the marks are no links.
  function walk(chart) {
    const marks = Array.from(chart.querySelectorAll(MARKS)).filter((mark) => titleOf(mark));
    if (marks.length < 2 || chart.querySelector("a") || chart.tabIndex === 0) return;
    let at = -1;
    chart.tabIndex = 0;
    chart.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
      if (step) {
        at = (at + step + marks.length) % marks.length;
        event.preventDefault();
        show(marks[at]);
      } else if (event.key === "Enter" && at >= 0) marks[at].dispatchEvent(new MouseEvent("click", { bubbles: true }));
      else if (event.key === "Escape") hide();
    });
    chart.addEventListener("blur", hide);
  }

  // The chart with its colours and a line that says where it is from.
  function picture(chart, source) {
    const copy = chart.cloneNode(true);
    const [from, to] = [chart, copy].map((svg) => [svg, ...svg.querySelectorAll("*")]);
    from.forEach((element, i) => {
      const found = getComputedStyle(element);
      to[i].setAttribute("style", STYLES.map((name) => `${name}:${found.getPropertyValue(name)}`).join(";"));
    });
    const { width, height } = chart.viewBox.baseVal;
    const line = document.createElementNS("http://www.w3.org/2000/svg", "text");
    line.setAttribute("x", "4");
    line.setAttribute("y", String(height + 12));
    line.setAttribute("style", "font: 9px sans-serif; fill: #68727d");
    line.textContent = source;
    copy.append(line);
    copy.setAttribute("viewBox", `0 0 ${width} ${height + 18}`);
    copy.setAttribute("width", width);
    copy.setAttribute("height", height + 18);
    copy.style.background = getComputedStyle(document.body).backgroundColor;
    return { text: new XMLSerializer().serializeToString(copy), width, height: height + 18 };
  }

  function save(blob, name) {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  }

  // What the marks of a chart say, as a table: for charts that no file is named for.
  function told(chart) {
    const quoted = (text) => `"${text.trim().replaceAll('"', '""')}"`;
    const lines = Array.from(chart.querySelectorAll(MARKS)).filter(titleOf).map((mark) => titleOf(mark).textContent);
    return ["mark,value", ...lines.map((text) => [text.split(": ")[0], text.split(": ").slice(1).join(": ")].map(quoted).join())].join("\n");
  }

  function addSaving(figure) {
    const charts = Array.from(figure.querySelectorAll("svg.il-chart"));
    if (!charts.length || figure.querySelector(".il-save")) return;
    const visible = () => Array.from(figure.querySelectorAll("svg.il-chart")).find((chart) => chart.getBoundingClientRect().width) ?? charts[0];
    const page = document.querySelector("h1")?.textContent.replace(/#$/, "").trim() ?? document.title;
    const data = document.querySelector(".il-provenance")?.textContent.replace(/\s+/g, " ").split("· page made")[0].trim() ?? "";
    const source = `IonLadder: ${page} · ${data} · ${location.host}${location.pathname}`.replace(/\s+/g, " ");
    const name = charts[0].getAttribute("aria-labelledby")?.split("-title")[0] ?? figure.dataset.name ?? "chart";
    const line = document.createElement("p");
    line.className = "il-links il-save";
    const add = (text, action) => {
      const link = document.createElement("a");
      link.textContent = text;
      link.href = "#";
      link.setAttribute("aria-label", `Save ${name} as ${text}`);
      link.addEventListener("click", (event) => { event.preventDefault(); action(); });
      line.append(line.childNodes.length ? " · " : "", link);
    };
    add("SVG", () => save(new Blob([picture(visible(), source).text], { type: "image/svg+xml" }), `${name}.svg`));
    add("PNG", () => {
      const { text, width, height } = picture(visible(), source);
      const image = new Image();
      image.onload = () => {
        const canvas = document.createElement("canvas");
        [canvas.width, canvas.height] = [2 * width, 2 * height];
        canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
        canvas.toBlob((blob) => save(blob, `${name}.png`));
      };
      image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
    });
    if (figure.dataset.file) {
      const link = document.createElement("a");
      [link.textContent, link.href, link.download] = ["data", figure.dataset.file, ""];
      line.append(" · ", link);
    } else add("data", () => save(new Blob([told(visible())], { type: "text/csv" }), `${name}.csv`));
    figure.append(line);
  }

  function enhance() {
    document.querySelectorAll(".il-figure").forEach(addSaving);
    document.querySelectorAll("svg.il-chart").forEach(walk);
  }
  window.ionladderMarks = enhance; // for charts that are drawn later

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", enhance);
  else enhance();
})();
