// The tariff editor asks the server sooner than its buttons would: while one types, and while a slider moves.
// What is priced, and how, the server says; here nothing is reckoned.
"use strict";

(() => {
  const form = document.querySelector("form[data-live]");
  const text = form.elements.namedItem("text");
  const enter = form.elements.namedItem("enter");
  const leave = form.elements.namedItem("leave");
  const stay = ["enter", "leave", "day", "kind"];
  const idle = ["text", "preset", "source", "file", "revision"];
  let asked = 0;
  let timer = 0;

  // What is signed is what was saved: while the text is another, there is nothing to sign.
  const unsaved = () => {
    const sign = document.getElementById("sign");
    const other = text.value !== text.defaultValue;
    if (sign) sign.hidden = other;
    if (sign) document.getElementById("unsaved").hidden = !other;
  };

  const ask = async (act) => {
    const number = ++asked;
    const data = new FormData(form);
    data.set("act", act);
    data.delete("file");
    const answer = await fetch(form.dataset.live, { method: "POST", body: data });
    if (!answer.ok || number !== asked) return;
    const said = await answer.json();
    if (number !== asked) return;
    if (act === "fill" && text.value !== said.text) text.value = said.text;
    unsaved();
    for (const name of ["strip", "meaning", "small"]) {
      if (name in said) document.getElementById(name).innerHTML = said[name];
    }
  };

  const soon = (act, after) => {
    clearTimeout(timer);
    timer = setTimeout(() => ask(act), after);
  };

  const clock = (minutes) => {
    const two = (number) => String(number).padStart(2, "0");
    return `${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
  };

  const moved = (slider) => {
    const [first, last] = [Number(enter.value), Number(leave.value)];
    if (first > last) (slider === enter ? leave : enter).value = slider.value;
    for (const one of [enter, leave]) one.setAttribute("aria-valuetext", clock(Number(one.value)));
  };

  form.addEventListener("input", ({ target }) => {
    unsaved();
    if (target === enter || target === leave) moved(target);
    if (stay.includes(target.name)) soon("stay", 60);
    else if (target === text) soon("preview", 500);
    else if (!idle.includes(target.name)) soon("fill", 400);
  });

  moved(enter);
  addEventListener("pageshow", unsaved);  // going back, a browser puts in what was typed before
})();
