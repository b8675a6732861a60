// What pages do besides: copying, following, the search key. Without it everything can still be read and done.
"use strict";
(() => {
  const said = document.documentElement.dataset;

  document.addEventListener("click", (event) => {
    const copy = event.target.closest("[data-copy]");
    if (copy) {
      const before = copy.textContent;
      navigator.clipboard.writeText(copy.dataset.copy).then(() => {
        copy.textContent = said.copied;
        setTimeout(() => { copy.textContent = before; }, 2000);
      }, () => {});
    }
    if (event.target.closest("[data-close]")) event.target.closest("dialog").close();
  });

  document.addEventListener("keydown", (event) => {
    const typing = /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName);
    const search = document.getElementById("search");
    if (event.key === "/" && !typing && search) { event.preventDefault(); search.focus(); }
  });

  document.addEventListener("change", (event) => {
    const all = event.target.closest("[data-select-all]");
    if (all) for (const box of document.querySelectorAll(`input[name="${all.dataset.selectAll}"]`)) box.checked = all.checked;
  });

  // A fragment that follows the world: it is asked for again, and the answer comes when there is something new.
  // What somebody points at or has the focus in is not moved: it is shown when they are done.
  async function follow(place) {
    let seen = place.dataset.seen, failures = 0;
    while (place.isConnected) {
      try {
        const answer = await fetch(`${place.dataset.follow}?seen=${seen}`, { headers: { "Accept": "text/html" } });
        if (answer.status === 200) {
          const text = await answer.text();
          while (place.matches(":hover, :focus-within")) await new Promise((go) => setTimeout(go, 300));
          place.innerHTML = text;
          seen = answer.headers.get("Postseal-Seen") || "";
          if (window.htmx) window.htmx.process(place);
        } else if (answer.status !== 204) { return; }
        failures = 0;
      } catch { failures += 1; }
      if (failures) await new Promise((go) => setTimeout(go, Math.min(30000, 1000 * 2 ** failures)));
      if (document.hidden) await new Promise((go) => document.addEventListener("visibilitychange", go, { once: true }));
    }
  }
  document.querySelectorAll("[data-follow]").forEach(follow);

  // What is loaded into the flyout opens it; Escape and its button close it.
  document.addEventListener("htmx:after:swap", () => {
    const flyout = document.getElementById("flyout");
    if (flyout && flyout.innerHTML.trim() && !flyout.open) {
      flyout.showModal();
      flyout.querySelectorAll("[data-follow]").forEach(follow);
    }
  });
  const flyout = document.getElementById("flyout");
  if (flyout) flyout.addEventListener("close", () => { flyout.innerHTML = ""; });
})();
