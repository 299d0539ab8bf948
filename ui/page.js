// A click on anything with data-pick inside our HTML goes to Python; links with data-pick keep their address for
// opening in another tab. Enter and Space come for free: what can be picked is a button or a link.
function kurabeClicks(element, trigger) {
  element.addEventListener("click", (event) => {
    const target = event.target.closest("[data-pick]");
    if (!target || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    if (target.getAttribute("aria-disabled") === "true") return;
    trigger("click", { pick: target.dataset.pick });
    if (target.closest(".k-side") && window.innerWidth < 900) document.querySelector(".sidebar .toggle-button")?.click();
  });
}

// The address in the bar is the address of what is shown: reload, a second tab and a link find it again.
// The first call means that the server has filled the page: what was chosen before that would be lost.
let kurabeFilled = false;
function kurabeAddress(run, step) {
  kurabeFilled = true;
  document.getElementById("k-steps")?.removeAttribute("inert");
  const url = new URL(window.location);
  for (const [name, value] of [["run", run], ["step", step]]) {
    if (value) url.searchParams.set(name, value);
    else url.searchParams.delete(name);
  }
  history.replaceState(history.state, "", url);
}

// The language switch keeps run and step, and is remembered.
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-lang]");
  if (!link) return;
  event.preventDefault();
  const lang = link.dataset.lang;
  document.cookie = `kurabe_lang=${lang}; SameSite=Lax; path=/; max-age=31536000`;
  const url = new URL(link.getAttribute("href"), document.baseURI);
  url.search = window.location.search;
  url.searchParams.set("lang", lang);
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
