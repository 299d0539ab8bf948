// A click on anything with data-pick inside our HTML goes to Python; links with data-pick keep their address for
// opening in another tab. Enter and Space come for free: what can be picked is a button or a link.
function kurabeClicks(element, trigger) {
  element.addEventListener("click", (event) => {
    const target = event.target.closest("[data-pick]");
    if (!target || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    if (target.getAttribute("aria-disabled") === "true") return;
    if (target.dataset.verb === "untick") {
      kurabeTicked.clear();
      return kurabeTicks();
    }
    if (event.detail === 0) kurabeKeepFocus(element, target.dataset.pick);
    trigger("click", { pick: target.dataset.pick });
    if (target.closest(".k-side") && window.innerWidth < 900) document.querySelector(".sidebar .toggle-button")?.click();
  });
  if (element.closest(".k-ticks")) {
    new MutationObserver(kurabeTicks).observe(element, { childList: true, subtree: true });
    kurabeTicks();
  }
}

// What was picked by the keyboard is drawn anew: whoever stands there must not be sent back to the top of the page.
function kurabeKeepFocus(element, pick) {
  new MutationObserver((_, observer) => {
    const again = element.querySelector(`[data-pick="${CSS.escape(pick)}"]`);
    if (document.activeElement !== document.body || !again) return;
    observer.disconnect();
    again.focus({ preventScroll: true });
  }).observe(element, { childList: true, subtree: true });
}

// Sorting a table by a heading: down, up, back as it was. The rows of all suites then stand among each other.
function kurabeSort(button) {
  const head = button.closest("th");
  const table = head.closest("table");
  const body = table.tBodies[0];
  const order = { none: "descending", descending: "ascending", ascending: "none" }[head.getAttribute("aria-sort")];
  for (const other of table.querySelectorAll("th[aria-sort]")) other.setAttribute("aria-sort", "none");
  head.setAttribute("aria-sort", order);
  table.classList.toggle("k-sorted", order !== "none");
  const rows = [...body.rows];
  rows.forEach((row, at) => (row.dataset.at ??= at));
  const value = (row) => row.cells[head.cellIndex]?.dataset.value;
  const compare = (a, b) => {
    const [x, y] = [value(a), value(b)];
    if (order === "none") return a.dataset.at - b.dataset.at;
    if (x === undefined || y === undefined) return (x === undefined) - (y === undefined);  // a suite's own row: hidden
    const numbers = x !== "" && y !== "" && !isNaN(x) && !isNaN(y);
    const difference = numbers ? x - y : y.localeCompare(x, document.documentElement.lang);
    return (order === "descending" ? -difference : difference) || a.dataset.at - b.dataset.at;
  };
  body.append(...rows.sort(compare));
}

// A table of several suites shows one of them, or all.
function kurabeSuite(chip) {
  const area = chip.closest(".k");
  for (const other of area.querySelectorAll("[data-show-suite]")) other.setAttribute("aria-pressed", other === chip);
  for (const row of area.querySelectorAll("tr[data-suite]"))
    row.hidden = chip.dataset.showSuite !== "" && row.dataset.suite !== chip.dataset.showSuite;
}

document.addEventListener("click", (event) => {
  const sort = event.target.closest("[data-sort]");
  if (sort) kurabeSort(sort);
  const suite = event.target.closest("[data-show-suite]");
  if (suite) kurabeSuite(suite);
});

// Brings the chosen use case's page into view where hardly any of it is to be seen.
function kurabeShowCase() {
  const top = document.getElementById("k-case")?.getBoundingClientRect().top;
  if (top > 0.75 * window.innerHeight) kurabeShow("k-case");
}

// Brings a part of the page into view.
function kurabeShow(id) {
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  document.getElementById(id)?.scrollIntoView({ behavior: calm ? "auto" : "smooth", block: "start" });
}

// Brings what was done, or what is asked before it is, into view where it is not to be seen.
function kurabeShowSaid() {
  const said = document.querySelector("#k-history-said .k-notice")?.getBoundingClientRect();
  if (said && (said.top < 0 || said.bottom > window.innerHeight)) kurabeShow("k-history-said");
}

// Brings an open run's card into view; where none is open nothing moves.
function kurabeShowCard() {
  if (document.activeElement?.dataset?.pick?.startsWith("card=")) kurabeShow("k-run-card");
}

// A file was made ready: the browser fetches it, as by a click on the hidden button that holds it.
function kurabeFetch(id) {
  const held = document.getElementById(id);
  setTimeout(() => (held.matches("button, a") ? held : held.querySelector("a, button")).click(), 100);
}

// The runs ticked in the list or in the history. Both are drawn anew while a run goes on: what was ticked stays ticked.
const kurabeTicked = new Set();
function kurabeTicks() {
  const boxes = [...document.querySelectorAll(".k-pick-run")];
  for (const box of boxes) if (box.checked !== kurabeTicked.has(box.value)) box.checked = kurabeTicked.has(box.value);
  const chosen = [...new Set(boxes.filter((box) => box.checked).map((box) => box.value))];
  for (const button of document.querySelectorAll(".k-compare-runs")) {
    const { one, many, most, tooMany } = button.dataset;
    const label = chosen.length < 2 ? one : chosen.length > Number(most) ? tooMany : many.replace("#", chosen.length);
    if (button.textContent !== label) button.textContent = label;
    if (button.hidden !== !chosen.length) button.hidden = !chosen.length;
    const off = String(chosen.length < 2 || chosen.length > Number(most));
    if (button.getAttribute("aria-disabled") !== off) button.setAttribute("aria-disabled", off);
    button.dataset.pick = `compare=${chosen.join(",")}`;
  }
  for (const bar of document.querySelectorAll(".k-ticked")) {
    if (bar.hidden !== !chosen.length) bar.hidden = !chosen.length;
    const count = bar.querySelector(".k-ticked-count");
    const label = count.dataset.many.replace("#", chosen.length);
    if (count.textContent !== label) count.textContent = label;
    for (const button of bar.querySelectorAll("[data-verb]")) button.dataset.pick = `${button.dataset.verb}=${chosen.join(",")}`;
  }
}
document.addEventListener("change", (event) => {
  if (!event.target.matches?.(".k-pick-run")) return;
  if (event.target.checked) kurabeTicked.add(event.target.value);
  else kurabeTicked.delete(event.target.value);
  kurabeTicks();
});

// The address in the bar is the address of what is shown: reload, a second tab and a link find it again.
// The first call means that the server has filled the page: what was chosen before that would be lost.
let kurabeFilled = false;
// `data` is the use case chosen, whose part in the address is `case`; a run says itself which data it has.
function kurabeAddress(run, step, data) {
  kurabeFilled = true;
  document.getElementById("k-steps")?.removeAttribute("inert");
  const url = new URL(window.location);
  const ofRun = data.startsWith("run:");
  const like = ofRun && !run ? data.slice(4) : "";  // a new run that begins with another one's settings
  if ((url.searchParams.get("run") ?? "") !== run) kurabeLink(url, "", run, "", "");
  for (const [name, value] of [["run", run], ["step", step], ["case", ofRun ? "" : data], ["like", like]]) {
    if (value) url.searchParams.set(name, value);
    else url.searchParams.delete(name);
  }
  history.replaceState(history.state, "", url);
  kurabeGuide();
}

// The guide of a first run: the step that is shown is marked in it; closed, it stays so in this browser.
function kurabeGuide() {
  const guide = document.querySelector(".k-guide");
  if (!guide) return;
  guide.hidden = document.cookie.includes("kurabe_guide=closed");
  const shown = new URL(window.location).searchParams.get("step") || "use_case";
  const now = guide.querySelector(`li[data-guide="${CSS.escape(shown)}"]`) || guide.querySelector("li:last-child");
  for (const step of guide.querySelectorAll("li")) {
    if (step === now) step.setAttribute("aria-current", "step");
    else step.removeAttribute("aria-current");
  }
}
document.addEventListener("click", (event) => {
  if (!event.target.closest("[data-guide=close]")) return;
  document.cookie = "kurabe_guide=closed; SameSite=Lax; path=/; max-age=31536000";
  kurabeGuide();
});

// What lies over the steps, all runs or several compared, has its place in the address too.
function kurabeParameter(name, value) {
  const url = new URL(window.location);
  if (value) url.searchParams.set(name, value);
  else url.searchParams.delete(name);
  url.search = url.search.replaceAll("%2C", ",");
  history.replaceState(history.state, "", url);
}

// What is asked side by side is a part of the address: q, and the sides where they are not base and tuned of the run.
function kurabeLink(url, question, run, left, right) {
  const asked = { q: question, left: left === `${run}:base` ? "" : left, right: right === `${run}:tuned` ? "" : right };
  for (const [name, value] of Object.entries(asked)) {
    if (value) url.searchParams.set(name, value);
    else url.searchParams.delete(name);
  }
  return url;
}
function kurabeAsked(question, run, left, right) {
  const url = kurabeLink(new URL(window.location), question.trim(), run, left, right);
  url.searchParams.delete("lang");
  history.replaceState(history.state, "", url);
  return url.href;
}
async function kurabeCopyLink(question, run, left, right) {
  const address = kurabeAsked(question, run, left, right);
  try {
    await navigator.clipboard.writeText(address);
  } catch {  // outside https and localhost there is no clipboard but the old way to it
    const box = Object.assign(document.createElement("textarea"), { value: address });
    document.body.append(box);
    box.select();
    document.execCommand("copy");
    box.remove();
  }
  const button = document.getElementById("k-link");
  button.classList.add("k-copied");
  setTimeout(() => button.classList.remove("k-copied"), 1600);
}

// The part of Compare that is shown: the first needs no word in the address.
function kurabePart(part) {
  if (!kurabeFilled) return;
  const url = new URL(window.location);
  if (part === "ask") url.searchParams.delete("part");
  else url.searchParams.set("part", part);
  history.replaceState(history.state, "", url);
}

// A kept pair that is to be asked again has filled the question box: show it.
function kurabeShowAsked() {
  if (document.activeElement?.dataset?.pick?.startsWith("again=")) kurabeShow("k-sides");
}

// The blind vote by keys, wherever on the page nothing is being typed.
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea, select, [contenteditable]")) return;
  const button = document.querySelector(`#k-ballot [data-key="${CSS.escape(event.key.toUpperCase())}"]`);
  if (!button || button.offsetParent === null) return;
  event.preventDefault();
  button.click();
});

// The language switch keeps run, step and use case, with the rows of the new language, and is remembered.
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-lang]");
  if (!link) return;
  event.preventDefault();
  const lang = link.dataset.lang;
  document.cookie = `kurabe_lang=${lang}; SameSite=Lax; path=/; max-age=31536000`;
  const url = new URL(link.getAttribute("href"), document.baseURI);
  url.search = window.location.search;
  url.searchParams.set("lang", lang);
  const chosen = url.searchParams.get("case");
  if (chosen && chosen !== "own")
    url.searchParams.set("case", chosen.replace(/_ja$/, "") + (lang === "ja" ? "_ja" : ""));
  window.location.assign(url);
});

document.documentElement.lang = /\/ja\/?$/.test(window.location.pathname) ? "ja" : "en";

new MutationObserver((_, observer) => {
  const steps = document.getElementById("k-steps");
  if (!steps) return;
  observer.disconnect();
  steps.toggleAttribute("inert", !kurabeFilled);
}).observe(document.documentElement, { childList: true, subtree: true });

// On a narrow screen the list of runs would lie over everything: it starts folded.
new MutationObserver((_, observer) => {
  const toggle = document.querySelector(".sidebar .toggle-button");
  if (!toggle) return;
  observer.disconnect();
  setTimeout(() => {
    if (window.innerWidth < 900 && document.querySelector(".sidebar.open")) toggle.click();
    document.documentElement.classList.add("k-ready");
  }, 50);
}).observe(document.documentElement, { childList: true, subtree: true });

// The story of a run: a dialog over everything, one slide at a time, full screen where the browser allows it.
const kurabeDemo = {
  open() {
    const dialog = document.querySelector("dialog.k-demo");
    if (!dialog || dialog.open) return;
    const show = () => {
      dialog.showModal();
      kurabeDemo.show(dialog, 0);
    };
    const full = document.documentElement.requestFullscreen?.({ navigationUI: "hide" });
    // A dialog shown before the page is in full screen would lie under it.
    if (full) full.then(show, show);
    else show();
  },
  show(dialog, at) {
    const slides = [...dialog.querySelectorAll(".k-slide")];
    const to = Math.max(0, Math.min(slides.length - 1, at));
    slides.forEach((slide, index) => slide.toggleAttribute("hidden", index !== to));
    dialog.querySelector(".k-demo-place").textContent = `${to + 1} / ${slides.length}`;
    dialog.querySelector(".k-demo-bar i").style.width = `${(100 * (to + 1)) / slides.length}%`;
    dialog.querySelector("[data-demo=back]").disabled = to === 0;
    dialog.querySelector("[data-demo=next]").disabled = to === slides.length - 1;
    dialog.querySelector(".k-slides").scrollTop = 0;
    slides[to].focus({ preventScroll: true });
  },
  step(dialog, by) {
    const slides = [...dialog.querySelectorAll(".k-slide")];
    kurabeDemo.show(dialog, slides.findIndex((slide) => !slide.hidden) + by);
  },
  act(dialog, name) {
    if (name === "close") dialog.close();
    else kurabeDemo.step(dialog, name === "back" ? -1 : 1);
  },
};

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-demo]");
  if (button?.dataset.demo === "open") return kurabeDemo.open();
  const dialog = event.target.closest("dialog.k-demo");
  if (!dialog) return;
  if (button) return kurabeDemo.act(dialog, button.dataset.demo);
  // A click on a slide goes on, one on its left fifth goes back; selecting text does neither.
  if (!event.target.closest(".k-slides") || String(getSelection())) return;
  kurabeDemo.step(dialog, event.clientX < window.innerWidth / 5 ? -1 : 1);
});

document.addEventListener("keydown", (event) => {
  const dialog = document.querySelector("dialog.k-demo[open]");
  if (!dialog || event.ctrlKey || event.metaKey || event.altKey) return;
  const last = dialog.querySelectorAll(".k-slide").length - 1;
  const ways = { ArrowRight: 1, PageDown: 1, ArrowLeft: -1, PageUp: -1, " ": event.shiftKey ? -1 : 1 };
  if (event.key === " " && event.target.closest("button")) return;  // it presses the button
  if (event.key in ways) kurabeDemo.step(dialog, ways[event.key]);
  else if (event.key === "Home" || event.key === "End") kurabeDemo.show(dialog, event.key === "Home" ? 0 : last);
  else return;
  event.preventDefault();
});

// Esc leaves the full screen before any script hears of it: the story ends with it, and the other way round.
document.addEventListener("fullscreenchange", () => {
  if (!document.fullscreenElement) document.querySelector("dialog.k-demo[open]")?.close();
});
document.addEventListener("close", (event) => {
  if (event.target.matches?.("dialog.k-demo") && document.fullscreenElement) document.exitFullscreen();
}, true);
