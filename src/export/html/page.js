"use strict";
(() => {
  const form = document.getElementById("filters");
  const about = document.getElementById("about");
  const by = document.getElementById("by");
  const find = document.getElementById("find");
  const shown = document.getElementById("shown");
  const rows = [...document.querySelectorAll("#entries tbody tr")];
  const texts = rows.map((row) => row.textContent.toLowerCase());
  const apply = () => {
    const words = find.value.toLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    rows.forEach((row, place) => {
      const fits = (!about.value || row.dataset.about === about.value) && (!by.value || row.dataset.by === by.value)
        && words.every((word) => texts[place].includes(word));
      row.hidden = !fits;
      count += fits ? 1 : 0;
    });
    shown.textContent = `${count} of ${rows.length} entries`;
  };
  // A link to an entry that is filtered away shows it again.
  const follow = () => {
    const row = /^#entry-\d+$/.test(location.hash) && document.getElementById(location.hash.slice(1));
    if (row && row.hidden) {
      form.reset();
      apply();
      row.scrollIntoView();
    }
  };
  form.addEventListener("input", apply);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(apply));
  addEventListener("hashchange", follow);
  // On paper stands everything.
  addEventListener("beforeprint", () => rows.forEach((row) => { row.hidden = false; }));
  addEventListener("afterprint", apply);
  form.hidden = false;
  apply();
})();
