// What a page does without asking the server: light or dark, the height of the question field,
// following an answer as it grows, and where the focus goes when a panel opens.
(() => {
  const root = document.documentElement;
  const STORED = "cicerone.theme";
  const dark = window.matchMedia("(prefers-color-scheme: dark)");

  function stored() {
    try {
      return localStorage.getItem(STORED);
    } catch {
      return null; // storage is switched off in this browser
    }
  }

  function paint() {
    root.dataset.theme = stored() || (dark.matches ? "dark" : "light");
  }

  function switchTheme() {
    const next = root.dataset.theme === "dark" ? "light" : "dark";
    try {
      localStorage.setItem(STORED, next);
    } catch {
      root.dataset.theme = next;
      return;
    }
    paint();
  }

  function fit(field) {
    field.style.height = "auto";
    field.style.height = `${Math.min(field.scrollHeight, window.innerHeight * 0.35)}px`;
  }

  // While an answer is being written there is nothing to send: the text stays.
  function take(field) {
    const busy = field.closest(".composer").querySelector(".stop:not(.hidden)");
    const text = field.value.trim();
    if (busy || !text) return "";
    field.value = "";
    fit(field);
    return text;
  }

  let following = null;

  // Keeps the end of the conversation in sight, until the reader scrolls up.
  function follow() {
    const stage = document.querySelector(".chat");
    const toEnd = () => stage.scrollTo({ top: stage.scrollHeight });
    requestAnimationFrame(toEnd);
    if (following) return;
    let near = true;
    stage.addEventListener("scroll", () => {
      near = stage.scrollHeight - stage.scrollTop - stage.clientHeight < 80;
    });
    following = new MutationObserver(() => near && toEnd());
    following.observe(stage.querySelector(".thread"), { childList: true, subtree: true });
  }

  let returnTo = null;

  function opened(id) {
    returnTo = document.activeElement;
    document.getElementById(id)?.querySelector(".panel-head button")?.focus();
  }

  function closed() {
    if (returnTo?.isConnected) returnTo.focus();
    returnTo = null;
  }

  function showMark() {
    requestAnimationFrame(() => {
      const calm = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
      document
        .querySelector(".panel-body :is(.mark, mark)")
        ?.scrollIntoView({ block: "center", behavior: calm ? "auto" : "smooth" });
    });
  }

  dark.addEventListener("change", paint);
  window.addEventListener("storage", paint);
  paint();
  window.cicerone = { switchTheme, fit, take, follow, opened, closed, showMark };
})();
