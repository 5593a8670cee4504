// Doubles every text, says what no longer fits, and puts all back. The one or two letters on a key of a keyboard
// that the page draws are left: a key is a picture of a key, and its size is what WCAG asks for.
(() => {
  "use strict";
  const all = [...document.body.querySelectorAll("*")].filter((e) => !(e.tagName === "BUTTON" && e.innerText.trim().length <= 3)).slice(0, 3000), before = all.map((e) => [e.style.getPropertyValue("font-size"), e.style.getPropertyPriority("font-size")]);
  const sizes = all.map((e) => parseFloat(getComputedStyle(e).fontSize));
  const wide = document.documentElement.clientWidth, already = document.documentElement.scrollWidth > wide + 1;
  const clipped = (e) => /hidden|clip/.test(getComputedStyle(e).overflowX + getComputedStyle(e).overflowY) && (e.scrollWidth > e.clientWidth + 2 || e.scrollHeight > e.clientHeight + 2) && e.clientWidth > 8 && e.innerText.trim();
  const was = new Set(all.filter(clipped));
  all.forEach((e, i) => e.style.setProperty("font-size", 2 * sizes[i] + "px", "important"));
  const found = [];
  if (!already && document.documentElement.scrollWidth > wide + 1) found.push("页面要左右拖动");
  for (const e of all) if (!was.has(e) && clipped(e) && !/^(?:INPUT|SELECT|TEXTAREA)$/.test(e.tagName)) found.push("文字被截断：" + e.innerText.trim().replace(/\s+/g, " ").slice(0, 24));
  all.forEach((e, i) => before[i][0] ? e.style.setProperty("font-size", ...before[i]) : e.style.removeProperty("font-size"));
  return [...new Set(found)].slice(0, 5);
})
