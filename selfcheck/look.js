// Reads the page as it stands. Runs in a world of its own, where the page's scripts cannot answer for it.
((home) => {
  "use strict";
  const PLATE = /车牌|号牌|牌照|plate|car_?no|car_?num|chepai|license/i;
  const squeeze = (t, n) => String(t || "").replace(/\s+/g, " ").trim().slice(0, n);
  const seen = (e) => {
    const box = e.getBoundingClientRect(), style = getComputedStyle(e);
    return box.width > 0 && box.height > 0 && style.visibility !== "hidden" && style.display !== "none" && style.opacity !== "0";
  };
  const labels = (e) => [
    ...[...(e.labels || [])].map((l) => l.innerText), e.placeholder, e.getAttribute("aria-label"), e.title].filter(Boolean).join(" ");
  const inputs = [...document.querySelectorAll("input,select,textarea")];
  const typed = (e) => /^(?:text|search|tel|number|)$/.test(e.type || "") && e.tagName === "INPUT";
  const shown = inputs.filter((e) => typed(e) && seen(e) && !e.disabled);
  const boxes = shown.filter((e) => e.maxLength === 1);
  let plates = shown.filter((e) => PLATE.test([e.name, e.id, labels(e), e.className].join(" ")) && !/phone|tel$|手机/i.test(e.name + labels(e)));
  if (boxes.length >= 7) plates = boxes;
  else if (!plates.length && shown.length === 1 && !/手机|验证码|phone|code|姓名|邮箱/i.test(labels(shown[0]) + shown[0].name) && shown[0].type !== "tel") plates = shown;
  else plates = plates.slice(0, 1);
  document.querySelectorAll("[data-pure-plate]").forEach((e) => e.removeAttribute("data-pure-plate"));
  document.querySelectorAll("[data-pure-n]").forEach((e) => e.removeAttribute("data-pure-n"));
  const fields = inputs.filter((e) => !/^(?:submit|button|image|reset)$/.test(e.type)).slice(0, 60).map((e) => ({
    tag: e.tagName.toLowerCase(), type: e.type || "", name: squeeze(e.name || e.id, 40), label: squeeze(labels(e), 80),
    autocomplete: e.autocomplete || "", visible: seen(e), plate: plates.includes(e), ticked: !!(e.type === "checkbox" && e.checked && e.defaultChecked || e.type === "checkbox" && e.checked),
  }));
  const wide = innerWidth, high = innerHeight, overlays = [], above = [];
  for (const e of document.querySelectorAll("body *")) {
    const style = getComputedStyle(e), box = e.getBoundingClientRect();
    const modal = e.tagName === "DIALOG" && e.open || e.getAttribute("role") === "dialog" || e.getAttribute("role") === "alertdialog";
    const floats = style.position === "fixed" || (style.position === "absolute" && +style.zIndex > 0);
    const across = Math.max(0, Math.min(box.right, wide) - Math.max(box.left, 0)) * Math.max(0, Math.min(box.bottom, high) - Math.max(box.top, 0));
    if (!seen(e) || !(modal || floats) || !(across > (modal ? .08 : .3) * wide * high)) continue;
    if (style.pointerEvents === "none" && !e.innerText.trim()) continue;
    if (plates.some((p) => e.contains(p))) continue;
    above.push(e);
    overlays.push(squeeze(e.innerText || e.className || e.tagName, 60));
    if (overlays.length > 4) break;
  }
  const AD = /(?:^|[\s_-])(?:ads?|advert\w*|banner|guanggao|promo\w*)(?:$|[\s_-])/i;
  const controls = [];
  document.querySelectorAll("button,a[href],input[type=submit],input[type=button],input[type=image],[role=button],[onclick],summary,.btn").forEach((e) => {
    if (!seen(e) || controls.length >= 80) return;
    const box = e.getBoundingClientRect(), href = e.href || "";
    const style = getComputedStyle(e);
    if (e.tagName === "DIV" && e.querySelector("button,a[href]")) return;
    e.setAttribute("data-pure-n", controls.length);
    controls.push({
      text: squeeze(e.innerText || e.value || e.getAttribute("aria-label") || "", 60), href: href.slice(0, 300), area: Math.round(box.width * box.height),
      picture: !!e.querySelector("img") || style.backgroundImage.includes("url("), ad: AD.test(e.className + " " + e.id) || !!e.closest("[class~=ad],[class~=ads],[id=ad],[class~=banner]"),
      submit: !!(e.form && plates.length && e.form === plates[0].form && (e.type === "submit" || e.type === "image")), disabled: !!e.disabled, above: above.some((o) => o.contains(e)),
    });
  });
  plates.forEach((e, i) => e.setAttribute("data-pure-plate", i));
  const stored = [];
  for (const where of ["localStorage", "sessionStorage"]) try {
    for (const key of Object.keys(self[where]).slice(0, 40)) stored.push([where, key.slice(0, 60), String(self[where].getItem(key)).slice(0, 2000)]);
  } catch (e) { /* not for this page */ }
  const notice = [...document.querySelectorAll("a[href]")].find((a) => /隐私|个人信息|privacy/i.test(a.innerText + " " + a.getAttribute("href")));
  return {
    url: location.href, title: squeeze(document.title, 120), text: (document.body ? document.body.innerText : "").replace(/[ \t]+/g, " ").slice(0, 20000),
    fields, controls, overlays, stored, plates: plates.map((e) => e.value.slice(0, 16)), boxes: plates.length >= 7,
    frames: [...document.querySelectorAll("iframe,frame,embed,object")].map((e) => String(e.src || e.data || "").slice(0, 200)).filter(Boolean),
    notice: notice && notice.href.startsWith("http") ? notice.href : "", noticeHere: !!(notice && notice.getAttribute("href").startsWith("#")),
  };
})
