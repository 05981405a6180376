// Asks for the live parts of a page again, every two seconds while somebody can
// see them. Everything works without it.
(() => {
  "use strict";
  const every = 2000;

  for (const part of document.querySelectorAll("[data-live]")) {
    const state = document.createElement("span");
    const pause = document.createElement("button");
    const bar = document.querySelector("[data-live-bar]");
    let paused = false;
    pause.type = "button";
    pause.className = "quiet";
    state.className = "live-state";
    bar.replaceChildren(state, pause);

    const show = (text, bad) => {
      state.textContent = text;
      state.classList.toggle("bad", Boolean(bad));
      pause.textContent = paused ? "Resume" : "Pause";
      pause.setAttribute("aria-label", paused ? "Resume updates" : "Pause updates");
    };

    const ask = async () => {
      if (paused || document.hidden) return;
      try {
        const answer = await fetch(part.dataset.live, { credentials: "same-origin", signal: AbortSignal.timeout(10000) });
        if (answer.status === 401) return location.reload();
        if (!answer.ok) return show("Not updated: answered " + answer.status, true);
        part.innerHTML = await answer.text();
        show("Live", false);
      } catch {
        show("Not updated: no answer", true);
      }
    };

    const loop = async () => {
      await ask();
      setTimeout(loop, every);
    };

    pause.addEventListener("click", () => {
      paused = !paused;
      show(paused ? "Paused" : "Live", false);
      ask();
    });
    document.addEventListener("visibilitychange", ask);
    show("Live", false);
    setTimeout(loop, every);
  }

  // A secret that is shown once can be copied with one press.
  for (const field of document.querySelectorAll("[data-copy]")) {
    if (!navigator.clipboard) break;
    const copy = document.createElement("button");
    copy.type = "button";
    copy.textContent = "Copy";
    copy.addEventListener("click", async () => {
      await navigator.clipboard.writeText(field.textContent);
      copy.textContent = "Copied";
    });
    field.after(copy);
  }
})();
