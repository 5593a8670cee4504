// Reads one frame as it stands. Runs in a world of its own, where the page's scripts cannot answer for it, and
// leaves no mark in the page. The arguments are the number of closed shadow roots of the frame, these roots, and the
// elements that listen to clicks and touches.
function (count, ...given) {
  const closed = given.slice(0, count), listening = new Set(given.slice(count).filter((e) => e.nodeType === 1));  // the document may listen too
  const PLATE = /车牌|車牌|号牌|號牌|牌照|plate|car_?no|car_?num|chepai|license/i;
  const PERSON = /账号|帐号|賬號|帳號|用户名|account|user|手机|手機|验证码|驗證碼|phone|mobile|code|证件|證件|身份|姓名|邮箱|郵箱/i;
  const PROVINCE = /^[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼]$/;
  const NUMBER = /^[\u4e00-\u9fffA-Z0-9]$/;
  const squeeze = (t, n) => String(t || "").replace(/[\u200b-\u200f\u2060\ufeff\u00ad]/g, "").replace(/\s+/g, " ").trim().slice(0, n);
  const wide = innerWidth, high = innerHeight;
  const shadows = new Map(closed.map((r) => [r.host, r]));
  const shadowOf = (e) => e.shadowRoot || shadows.get(e);
  const all = [], roots = [];
  let cut = false;  // more was there than is read
  const gather = (root) => {
    for (const e of root.querySelectorAll("*")) {
      if (all.length >= 8000) { cut = true; return; }
      all.push(e);
      const inner = shadowOf(e);
      if (inner) { roots.push(inner); gather(inner); }
    }
  };
  if (document.body) gather(document.body);
  const parentOf = (e) => e.assignedSlot || e.parentElement || (e.getRootNode() instanceof ShadowRoot ? e.getRootNode().host : null);
  const holds = (o, e) => { for (let at = e; at; at = parentOf(at)) if (at === o) return true; return false; };
  const seen = (e) => {
    const box = e.getBoundingClientRect();
    return box.width > 0 && box.height > 0 && box.right > 0 && box.bottom + scrollY > 0 && box.left < wide && e.checkVisibility({ opacityProperty: true, visibilityProperty: true });
  };
  let left = 0, top = 0;  // of this frame in the window
  for (let w = self; w !== w.top; w = w.parent) { let f = null; try { f = w.frameElement; } catch (e) { /* another site's */ } if (!f) break; const b = f.getBoundingClientRect(); left += b.left + f.clientLeft; top += b.top + f.clientTop; }
  const marks = [];  // what stands where, so that a screenshot can be marked
  const mark = (e, kind, text) => { const b = e.getBoundingClientRect(); if (text && marks.length < 200 && b.width > 0 && b.bottom > 0 && b.top < high) marks.push([kind, text, Math.round(b.left + left), Math.round(b.top + top), Math.round(b.width), Math.round(b.height)]); };
  const own = (e) => [...e.childNodes].filter((n) => n.nodeType === 3).map((n) => n.data).join("");
  const written = (e, c) => (c.match(/"(?:[^"\\]|\\.)*"|attr\([\w-]+/g) || []).map((part) => part[0] === '"' ? part.slice(1, -1) : e.getAttribute(part.slice(5)) || "").join("");
  const pseudo = (e) => (e.tagName === "LI" ? ["::before", "::after", "::marker"] : ["::before", "::after"]).map((p) => { const c = getComputedStyle(e, p).content; const t = c === "none" || c === "normal" ? "" : written(e, c); return /[\u4e00-\u9fffA-Za-z]{2}/.test(t) ? t : ""; }).filter(Boolean).join(" ");
  const words = (e) => squeeze([e.innerText || e.value || "", shadowOf(e) ? [...shadowOf(e).children].filter((c) => !/^(?:STYLE|SCRIPT|TEMPLATE)$/.test(c.tagName)).map((c) => c.innerText || "").join(" ") : "", e.getAttribute("aria-label") || "", e.title || "", pseudo(e), ...[...e.querySelectorAll("img[alt]")].map((i) => i.alt)].filter(Boolean).join(" "), 80);
  // What a box to be ticked is about, where nothing is tied to it: its own words, those after it, its line.
  const besideBox = (e) => {
    const line = e.parentElement, alone = line && line.querySelectorAll("input[type=checkbox],input[type=radio],[role=checkbox],[role=radio],[role=switch]").length === 1;
    const after = e.nextSibling && e.nextSibling.nodeType === 3 ? e.nextSibling.data : "", whole = alone && line.innerText.length <= 80 ? line.innerText : "";
    return [e.tagName === "INPUT" ? "" : e.innerText, after, whole, e.nextElementSibling && e.nextElementSibling.innerText].map((t) => squeeze(t, 80)).find((t) => t.length > 1) || "";
  };
  const VAGUE = /^[\s（(【[]*(?:必填项?|選填|选填|可选|[请請](?:输入|輸入|填写|填寫)|点[击擊]输入|required|optional|enter here)[\s）)】\]]*$/i;  // asks for nothing by name
  const labels = (e) => {
    const beside = /^(?:checkbox|radio|switch)$/.test(kind(e)) && !(e.labels || []).length ? besideBox(e) : "";
    const given = [...[...(e.labels || [])].map((l) => l.innerText), beside, e.placeholder, e.getAttribute("aria-label"), e.title, e.getAttribute("data-placeholder")].filter(Boolean).join(" ");
    const near = e.previousElementSibling || (e.parentElement && e.parentElement.previousElementSibling);
    const around = e.parentElement ? squeeze(own(e.parentElement), 40) : "";  // the text that it stands in
    if (VAGUE.test(given)) return squeeze([around || near && !near.querySelector("input") && squeeze(near.innerText, 30), given].filter(Boolean).join(" "), 80);
    return given || around || e.tagName !== "SELECT" && (near && !near.querySelector("input") && near.innerText && near.innerText.length < 30 ? near.innerText : "") || "";
  };
  // Fields
  const inputs = all.filter((e) => /^(?:INPUT|SELECT|TEXTAREA)$/.test(e.tagName) || e.isContentEditable && !(e.parentElement && e.parentElement.isContentEditable) || /^(?:textbox|checkbox|switch|radio)$/.test(e.getAttribute("role") || ""));
  const kind = (e) => e.tagName === "INPUT" ? e.type : e.isContentEditable || e.getAttribute("role") === "textbox" ? "text" : e.getAttribute("role") || e.type || "";
  const typed = (e) => /^(?:text|search|tel|number|)$/.test(kind(e)) && e.tagName !== "SELECT";
  const shown = inputs.filter((e) => typed(e) && seen(e) && !e.disabled);
  const boxes = shown.filter((e) => e.maxLength === 1);
  let plates = shown.filter((e) => PLATE.test([e.name, e.id, labels(e), e.className].join(" ")) && !/phone|tel$|手[机機](?!(?:自带|自帶|系统|系統)?的?(?:键盘|鍵盤|输入法|輸入法)|[扫掃缴繳支付])/i.test((e.name || "") + labels(e)));
  // Looks for a car park, not for a plate.
  const SEEKS = /搜索|搜尋|查找|search|keyword|停车场名|停車場名|(?:停车场|停車場|车场|商场|名称|名稱|地址)$/i;
  const seeks = (e) => e.type === "search" || [e.placeholder, e.getAttribute("aria-label"), e.name, e.id].some((t) => SEEKS.test(t || ""));
  let how = "field";
  // A plate in parts: neighbours that hold seven to nine signs together, the province first. Each stands for its signs.
  const short = shown.filter((e) => e.maxLength >= 1 && e.maxLength <= 7), held = short.reduce((n, e) => n + e.maxLength, 0);
  const split = short.length >= 2 && short.length <= 4 && short[0].maxLength <= 2 && held >= 7 && held <= 9 && short.every((e) => e.closest("form,fieldset") === short[0].closest("form,fieldset"));
  if (boxes.length >= 6) { plates = boxes; how = "boxes"; }
  else if (split) { plates = short.flatMap((e) => Array(e.maxLength).fill(e)); how = "boxes"; }
  else if (!plates.length && shown.length === 1 && !seeks(shown[0]) && !PERSON.test(labels(shown[0]) + (shown[0].name || "")) && shown[0].type !== "tel") plates = shown;
  else plates = plates.slice(0, 1);
  if (!plates.length) {  // boxes that are drawn: a row of small ones, all alike, where the province may stand already
    const small = all.filter((e) => { const b = e.getBoundingClientRect(); return b.width >= 16 && b.width <= 64 && b.height >= 20 && b.height <= 72 && squeeze(own(e), 3).length <= 1 && !e.querySelector("input") && seen(e); });
    const rows = new Map();
    for (const e of small) { const b = e.getBoundingClientRect(), k = [Math.round(b.top), Math.round(b.height)].join(); rows.set(k, [...(rows.get(k) || []), e]); }
    const begun = (r) => { const t = r.map((e) => squeeze(own(e), 2)), n = t.findIndex((x) => !x); return n > 0 && n <= 3 && PROVINCE.test(t[0]) && t.slice(n).every((x) => !x); };
    const row = [...rows.values()].find((r) => r.length >= 6 && r.length <= 8 && (begun(r) || r.filter((e) => !squeeze(own(e), 2)).length >= 6));
    if (row) { plates = [row[0]]; how = "drawn"; }
  }
  // A province to be pressed beside the field: the field holds the rest of the plate.
  const ARROW = /[\s▾▼▿⌄∨﹀˅>›·]+$/;
  const beside = how === "field" && plates.length && [plates[0].previousElementSibling, plates[0].parentElement && plates[0].parentElement.previousElementSibling].find((e) => e && PROVINCE.test(squeeze(e.innerText, 6).replace(ARROW, "")) && !e.querySelector("select") && (e.matches("a,button,[role=button],[onclick]") || listening.has(e) || getComputedStyle(e).cursor === "pointer") && seen(e));
  // Lists of single signs (provinces, letters) are parts of a plate, and the field after them holds its rest.
  const signs = (e) => e.tagName === "SELECT" ? [...e.options].map((o) => squeeze(o.text, 3)).filter((t) => t && NUMBER.test(t)) : [];
  const parts = inputs.filter((e) => signs(e).length >= 5 && signs(e).length >= .8 * e.options.length && seen(e)).slice(0, 3);
  // So are radio buttons, each for a province; the first one stands for its group.
  const provinceOf = (e) => squeeze(e.labels && e.labels[0] ? e.labels[0].innerText : "", 3);
  const provinceRadios = (e) => inputs.filter((r) => r.type === "radio" && r.name === e.name && r.form === e.form && PROVINCE.test(provinceOf(r)));
  if (!parts.length) parts.push(...inputs.filter((e) => e.type === "radio" && PROVINCE.test(provinceOf(e)) && provinceRadios(e).length >= 5 && provinceRadios(e)[0] === e).slice(0, 1));
  // Wheels that are scrolled to a sign are lists too.
  const leaves = (e) => [...e.querySelectorAll("*")].filter((k) => !k.children.length && NUMBER.test(squeeze(own(k), 2)));
  const scrolled = (e) => e.scrollHeight > 3 * e.clientHeight && /auto|scroll/.test(getComputedStyle(e).overflowY);
  // The strip in a window too small for it is moved by the finger, and by a script.
  const strip = (e) => /hidden|clip/.test(getComputedStyle(e).overflowY) && [...e.querySelectorAll("*")].slice(0, 6).find((k) => k.offsetHeight > 2.5 * e.clientHeight && getComputedStyle(k).transform !== "none");
  const wheels = all.filter((e) => e.clientHeight >= 30 && e.clientHeight <= 300 && e.clientWidth <= wide / 2 && leaves(e).length >= 10 && seen(e) && (scrolled(e) || strip(e))).slice(0, 8);
  // A wheel for each sign: there is no field.
  if (!shown.length && wheels.length >= 6) { plates = wheels; how = "wheels"; }
  if (!parts.length) parts.push(...wheels.filter((e) => leaves(e).length >= 20).slice(0, 2));
  // A list of provinces, then short fields that hold the rest together: a letter, and five or six signs.
  const listed = parts.length > 0 && short.length >= 2 && short.length <= 4 && short[0].maxLength <= 2 && held >= 6 && held <= 8 && short.every((e) => parts[0].compareDocumentPosition(e) & 4 && e.closest("form,fieldset") === parts[0].closest("form,fieldset"));
  if (listed) { plates = short.flatMap((e) => Array(e.maxLength).fill(e)); how = "boxes"; }
  const rest = parts.length && shown.find((e) => parts[0].compareDocumentPosition(e) & 4);
  if (rest && how !== "boxes" && (!plates.length || parts[0].closest("form,fieldset,body") === rest.closest("form,fieldset,body"))) { plates = [rest]; how = "field"; }
  const fields = inputs.filter((e) => !/^(?:submit|button|image|reset)$/.test(e.type)).slice(0, 60).map((e) => ({
    tag: e.tagName.toLowerCase(), type: kind(e), name: squeeze(e.name || e.id, 40), label: squeeze(labels(e), 80), autocomplete: e.autocomplete || "",
    visible: e.type === "hidden" ? false : seen(e) || e.type === "checkbox" && !!e.labels && [...e.labels].some(seen), plate: plates.includes(e) || parts.includes(e),
    lurks: e.type !== "hidden" && !seen(e) && e.checkVisibility(),  // drawn, where nobody sees it
    ticked: !!e.checked && /^(?:checkbox|radio)$/.test(kind(e)) || e.getAttribute("aria-checked") === "true",
  }));
  // Choices that are drawn, and marked as taken by a class alone.
  const CHOSEN = /(?:^|[\s_-])(?:is-?)?(?:checked|selected|ticked|chosen|active|on)(?:$|[\s_-])/i;
  let tries = 80;
  for (const e of all) {
    if (fields.length >= 60 || !tries) break;
    if (typeof e.className !== "string" || !CHOSEN.test(e.className) || e.textContent.length > 200) continue;
    tries--;
    const shown = !e.querySelector("input") && !e.closest("[role=tab],[role=tablist],nav");
    const text = shown ? squeeze((e.parentElement && squeeze(e.innerText, 9).length < 2 ? e.parentElement : e).innerText, 80) : "";
    if (text && text.length <= 60 && seen(e)) fields.push({ tag: e.tagName.toLowerCase(), type: "choice", name: squeeze(e.className, 40), label: text, autocomplete: "", visible: true, plate: false, lurks: false, ticked: true });
  }
  // An option that costs, taken in advance where another one costs nothing: a tip, a donation.
  const COSTS = /[¥￥]\s*0*[1-9]|[¥￥]\s*0+\.0*[1-9]|[1-9][\d.]*\s*元/;
  for (const e of inputs.filter((e) => e.tagName === "SELECT" && seen(e)).slice(0, 10)) {
    const taken = e.selectedOptions[0];
    if (taken && COSTS.test(taken.text) && [...e.options].some((o) => !o.disabled && !COSTS.test(o.text))) fields.push({ tag: "option", type: "choice", name: squeeze(e.name || e.id, 40), label: squeeze(`${labels(e)} ${taken.text}`, 60), autocomplete: "", visible: true, plate: false, lurks: false, ticked: true });
  }
  for (const e of inputs) if (seen(e)) mark(e, "field", squeeze([e.name || e.id, labels(e)].filter(Boolean).join(" "), 80));
  const lettered = (e) => own(e) || (e.tagName === "INPUT" && /^(?:submit|button)$/.test(e.type) ? e.value : "");
  const keys = all.filter((e) => NUMBER.test(squeeze(lettered(e), 2)) && !e.children.length && seen(e) && !wheels.some((w) => holds(w, e)));
  // A few provinces and no field: the beginning of a keyboard that shows its keys in turn.
  const provinces = !shown.length && !plates.length && keys.filter((e) => PROVINCE.test(squeeze(lettered(e), 2))).length >= 3;
  // What only calls itself a field is written into by the keys that the page draws.
  if (plates.length && how === "field" && keys.length >= 20 && !/^(?:INPUT|TEXTAREA|SELECT)$/.test(plates[0].tagName) && !plates[0].isContentEditable) how = "drawn";
  // The box that holds the keys: what else stands in it belongs to the keyboard.
  let board = keys.length >= 20 ? keys[keys.length >> 1] : null;
  for (let up = 0; board && up < 6 && keys.filter((k) => holds(board, k)).length < .75 * keys.length; up++) board = parentOf(board);
  if (board && (board === document.body || board.querySelector("input:not([type=hidden]):not([type=submit]):not([type=button]),h1,h2") || keys.filter((k) => holds(board, k)).length < .75 * keys.length)) board = null;
  const onBoard = (e) => !!board && e !== board && holds(board, e);
  // Ways to pay that are chosen before one button pays: the rows of a list in which one names a channel.
  const CHANNEL = /^(?:微信|支付[宝寶]|云闪付|雲閃付|[银銀][联聯]|[数數]字人民[币幣]|wechat|alipay|unionpay)[\w\s（()）]*(?:支付|付款|[钱錢]包|pay)?$/i;
  const wayRows = (e) => {
    for (let row = e, up = 0; up < 5 && row.parentElement && row !== document.body; row = row.parentElement, up++) {
      const rows = [...row.parentElement.children].filter((k) => seen(k) && squeeze(k.innerText, 41).length > 1);
      if (rows.length > 1) return rows.every((k) => squeeze(k.innerText, 41).length <= 40) ? rows : [];
    }
    return [];
  };
  const PAYS = /^(?:立即|确认|確認|去|马上|馬上|提交|下一步|(?:支付|付款)(?![宝寶])|pay\b)/i;  // by what is chosen, beside the rows
  const picks = (e) => e.matches("label") || e.querySelector("input,[role=radio],[class*=radio],[class*=check],[class*=select]") || /radio|choice|select|option|active|checked/i.test(e.getAttribute("class") || "") || listening.has(e) || listening.has(parentOf(e)) || getComputedStyle(e).cursor === "pointer";
  const wayElements = [...new Set(all.filter((e) => !e.closest("button,a[href],select") && e.childElementCount < 4 && CHANNEL.test(squeeze(e.innerText, 24)) && seen(e)).slice(0, 8).flatMap(wayRows))].filter((e) => !e.matches("button,a[href],h1,h2,h3,legend") && !PAYS.test(squeeze(e.innerText, 24)) && picks(e)).slice(0, 12);
  // What can be pressed
  const AD = /(?:^|[\s_-])(?:ads?|advert\w*|banner|guanggao|promo\w*)(?:$|[\s_-])/i;
  const PRESSABLE = "button,a[href],input[type=submit],input[type=button],input[type=image],[role=button],[role=link],[onclick],summary,.btn,[class*=button],uni-button,uni-tabbar uni-view,[class*=tabbar] *,[class*=tab-bar] *,label[for]";
  // An element that listens for itself acts; one that listens for what is inside it (a form, an app's root) does not.
  const buttonLike = (e) => { const c = getComputedStyle(e), b = e.getBoundingClientRect(); return !e.children.length && /^.{2,20}$/.test(squeeze(own(e), 24)) && b.height >= 24 && b.height <= 100 && (parseFloat(c.borderTopWidth) > 0 || !/^(?:transparent|rgba\(.*, 0\))$/.test(c.backgroundColor)) && seen(e); };
  // One that listens for several parts of it, some drawn as buttons: these are pressed.
  const delegated = new Set([...listening].filter((e) => e.children.length > 1 && !/^(?:HTML|BODY|FORM)$/.test(e.tagName)).flatMap((e) => [...e.querySelectorAll("*")].slice(0, 200).filter(buttonLike)));
  const listens = (e) => listening.has(e) && ![...delegated].some((k) => holds(e, k) && k !== e) && wayElements.filter((w) => w !== e && holds(e, w)).length < 2 && !/^(?:HTML|BODY|FORM|INPUT|SELECT|TEXTAREA|DIALOG)$/.test(e.tagName) && squeeze(e.innerText, 200).length <= 60 && !e.querySelector("input,select,textarea,a[href],button,[role=button],[onclick]") && [...e.querySelectorAll("*")].filter((k) => NUMBER.test(squeeze(own(k), 2))).length < 9;
  const pressable = all.filter((e) => (e.matches(PRESSABLE) || /^(?:wx-open-|[a-z]+-.*(?:button|btn))/i.test(e.tagName) || own(e).trim() && getComputedStyle(e).cursor === "pointer" || listens(e) || delegated.has(e) && !e.closest("label,button,a[href]") && !NUMBER.test(squeeze(own(e), 2)) || onBoard(e) && !e.children.length && /^.{2,8}$/.test(squeeze(own(e), 9))) && !e.matches("label") && !(NUMBER.test(squeeze(own(e), 2)) && !e.children.length));
  // A tick that is drawn as a sign, and can be touched.
  for (const e of all) {
    if (fields.length >= 60) break;
    if (e.children.length || !/^[✓✔☑✅√◉●⦿]$/.test(squeeze(own(e), 3)) || !seen(e) || !pressable.some((p) => holds(p, e))) continue;
    const text = parentOf(e) ? squeeze(parentOf(e).innerText, 80) : "";
    if (text.length > 2 && text.length <= 60) fields.push({ tag: e.tagName.toLowerCase(), type: "choice", name: squeeze(own(e), 3), label: text, autocomplete: "", visible: true, plate: false, lurks: false, ticked: true });
  }
  const controls = [], elements = [];
  // The first one after the plate that is no link to somewhere: whatever it is called, it may look the fee up.
  const place = new Map(all.map((e, i) => [e, i]));  // in the order of reading, shadow roots in their place
  const follower = plates.length ? pressable.find((e) => place.get(e) > place.get(plates[plates.length - 1]) && !e.matches("a[href^=http],a[href^='/'],summary") && !plates.includes(e) && seen(e)) : null;
  // What lies over the page: asked of the browser at a grid of points, as fingers would.
  const at = (x, y) => { let e = document.elementFromPoint(x, y); for (let inner; e && (inner = shadowOf(e)); ) { const d = inner.elementFromPoint(x, y); if (!d || d === e) break; e = d; } return e; };
  const floats = (e) => { const s = getComputedStyle(e); return s.position === "fixed" || s.position === "absolute" || e.matches("dialog[open],[popover]:popover-open") || /^(?:alert)?dialog$/.test(e.getAttribute("role") || ""); };
  const modalOf = (e) => e.matches("dialog[open]") || /^(?:alert)?dialog$/.test(e.getAttribute("role") || "");
  const whole = squeeze(document.body ? document.body.innerText : "", 99999).length;
  const over = new Map(), traps = new Map();  // traps: what can be pressed and shows nothing
  const COLUMNS = 5, ROWS = 9;
  for (let i = 0; i < COLUMNS; i++) for (let j = 0; j < ROWS; j++) {
    let hit = at(wide * (i + .5) / COLUMNS, high * (j + .5) / ROWS), found = null;
    for (let e = hit; e && e !== document.body && e !== document.documentElement; e = parentOf(e)) {
      if (!floats(e) || plates.some((p) => holds(e, p))) continue;
      if (whole > 40 && squeeze(e.innerText, 99999).length > .8 * whole) continue;  // the page itself, in a fixed box
      found = e;
    }
    if (found) over.set(found, (over.get(found) || 0) + 1);
    const trap = hit && hit.closest("a[href],[onclick],button,[role=button]");
    if (trap && !squeeze(trap.innerText, 9) && !trap.querySelector("img,svg,canvas,video") && getComputedStyle(trap).backgroundImage === "none") traps.set(trap, (traps.get(trap) || 0) + 1);
  }
  const inFrame = (e) => { try { return e.matches("iframe") ? squeeze(e.contentDocument.body.innerText, 400) : ""; } catch (x) { return ""; } };  // of this site
  // Whether anything of an element can be seen: a layer that only takes touches, as for screen readers, covers nothing.
  const paints = (e) => [e, ...e.querySelectorAll("*")].some((k) => {
    if (!seen(k)) return false;
    const s = getComputedStyle(k);
    return own(k).trim() || shadowOf(k) || pseudo(k) || k.matches("img,svg,canvas,video,iframe,object,embed,input,select,textarea") || s.backgroundImage !== "none" || !/^(?:transparent|rgba\(.*, 0\))$/.test(s.backgroundColor) || s.backdropFilter && s.backdropFilter !== "none";
  });
  // Whether something of the page lies under an element: what floats beside the rest is layout.
  const hides = (o) => { const a = o.getBoundingClientRect(); return all.some((k) => {
    if (!(own(k).trim() || k.matches("img,svg,canvas,video,iframe,input,select,textarea"))) return false;
    const b = k.getBoundingClientRect();
    return Math.min(a.right, b.right) - Math.max(a.left, b.left) > 4 && Math.min(a.bottom, b.bottom, high) - Math.max(a.top, b.top, 0) > 4 && !holds(o, k) && !holds(k, o) && seen(k);
  }); };
  const overlays = [], above = [];
  // A mask that shows nothing makes a dialog of the small box above it.
  const masked = [...over].some(([e, hits]) => hits >= .3 * COLUMNS * ROWS && !squeeze(e.innerText, 9) && !e.querySelector("img,svg,canvas,video,iframe"));
  for (const [e, hits] of over) {
    const share = hits / (COLUMNS * ROWS), modal = modalOf(e) || !!e.querySelector("dialog[open],[role=dialog],[role=alertdialog]");
    if (!(share >= .3 || (modal || masked) && share >= .06) || !paints(e) || !(modal || masked || hides(e))) continue;
    above.push(e);
    mark(e, "overlay", squeeze(e.innerText || "", 80));
    const inside = pressable.filter((p) => holds(e, p) && seen(p)).map(words);
    overlays.push({ text: words(e) || squeeze(e.innerText || "", 80) || inFrame(e), long: squeeze((e.innerText || "") + " " + pseudo(e), 400) || inFrame(e), share: Math.round(100 * share), keys: keys.filter((k) => holds(e, k)).length, controls: inside.slice(0, 8), fields: inputs.filter((p) => holds(e, p) && seen(p)).length, modal, canvas: e.matches("canvas") || !!e.querySelector("canvas"), trap: "", frame: ((e.matches("iframe") ? e : e.querySelector("iframe")) || {}).src || "", pictures: [...e.querySelectorAll("img,canvas,video,svg")].filter((p) => { const b = p.getBoundingClientRect(); return seen(p) && b.width * b.height > .03 * wide * high; }).length });
  }
  for (const [e, hits] of traps) {
    const share = hits / (COLUMNS * ROWS);
    if (share >= .3) overlays.push({ text: "", long: "", share: Math.round(100 * share), keys: 0, controls: [], fields: 0, modal: false, canvas: false, frame: "", pictures: 0, trap: String(e.href || "onclick").slice(0, 200) });
  }
  for (const e of pressable) {
    const open = /^wx-open-/i.test(e.tagName);  // only WeChat draws it: what it shows stands in its template
    if (!open && !seen(e) || controls.length >= 80) { if (controls.length >= 80) cut = true; continue; }
    if (!e.matches("button,a[href],input") && e.querySelector("button,a[href],[role=button],uni-button")) continue;
    if (pressable.some((p) => p !== e && p.matches("button,a[href]") && holds(p, e))) continue;
    const box = e.getBoundingClientRect(), href = typeof e.href === "string" ? e.href : "", style = getComputedStyle(e);
    elements.push(e);
    mark(e, "control", words(e));
    controls.push({
      text: open ? e.tagName.toLowerCase() + " " + squeeze(e.textContent.replace(/<[^>]*>/g, " "), 60) : words(e), href: href.slice(0, 300), area: Math.round(box.width * box.height),
      picture: !!e.querySelector("img,svg,canvas,video") || style.backgroundImage.includes("url("), ad: AD.test(e.className + " " + e.id) || !!e.closest("[class~=ad],[class~=ads],[id=ad],[class~=banner]"),
      submit: !!(e.form && plates.length && e.form === plates[0].form && (e.type === "submit" || e.type === "image")),
      near: e === follower, key: onBoard(e), way: wayElements.some((w) => holds(w, e)), sends: !!(e.form && (e.type === "submit" || e.type === "image") && !plates.some((p) => p.form === e.form)),
      disabled: !!e.disabled || e.getAttribute("aria-disabled") === "true" || /(?:^|[\s_-])disabled(?:$|[\s_-])/.test(e.className), above: above.some((o) => holds(o, e)),
    });
  }
  for (const e of document.querySelectorAll("meta[name=apple-itunes-app],meta[name=google-play-app]")) {  // the browser draws a banner
    elements.push(e);
    controls.push({ text: e.name, href: "", area: 0, picture: false, ad: false, submit: false, near: false, key: false, way: false, sends: false, disabled: false, above: false });
  }
  const clear = location.protocol === "https:" ? [...document.forms].map((f) => String(f.getAttribute("action") || "")).filter((a) => /^http:/i.test(a)) : [];
  // Keys that are drawn are text already, and read as a picture they are nonsense.
  const keypad = (e) => { const signs = e.tagName === "svg" ? [...e.querySelectorAll("text")] : []; return signs.length >= 10 && signs.every((t) => t.textContent.trim().length <= 3) && e.querySelectorAll("*").length <= 4 * signs.length + 20 && !e.querySelector("image,foreignObject,use"); };
  let pictures = all.filter((e) => /^(?:IMG|CANVAS|VIDEO|PICTURE|svg)$/.test(e.tagName) || getComputedStyle(e).backgroundImage.includes("url(")).filter((e) => seen(e) && !keypad(e)).map((e) => {
    const b = e.getBoundingClientRect(), link = e.closest("a[href]");
    const sized = (side) => e.tagName === "IMG" && !e.naturalWidth ? +e.getAttribute(side) || 0 : 0;  // one that did not load
    return { acts: !!(link || pressable.some((p) => p.tagName !== "LABEL" && holds(p, e))), detailed: e.tagName !== "IMG" || e.naturalWidth * e.naturalHeight >= 400, alt: squeeze(e.alt || e.title || e.getAttribute("aria-label") || (e.tagName === "IMG" ? "" : e.innerText) || (link && link.innerText) || "", 60), src: String(e.currentSrc || e.src || getComputedStyle(e).backgroundImage.replace(/^url\("?|"?\)$|^none$/g, "") || e.tagName.toLowerCase()).slice(0, 200), href: link ? link.href : "", class: String(e.className).slice(0, 60), box: [b.left + left, b.top + top, Math.max(b.width, sized("width")), Math.max(b.height, sized("height"))] };
  });
  // A small one that acts is read too, but only its words count: icons act as well.
  const area = (p) => p.box[2] * p.box[3], large = (p) => area(p) > .03 * wide * high;
  pictures = pictures.filter((p) => large(p) || p.acts && area(p) >= 3600).map((p) => ({ ...p, acts: p.acts && large(p) }));
  cut ||= pictures.length > 8 || inputs.length > 60;
  pictures.length = Math.min(pictures.length, 8);
  // Text that moves catches the eye as a picture does.
  const moves = (a) => a.effect && a.effect.target && a.effect.target.isConnected && a.effect.getKeyframes().some((k) => k.transform || k.left || k.marginLeft) ? a.effect.target : null;
  const moving = [...new Set([...all.filter((e) => e.tagName === "MARQUEE"), ...document.getAnimations().map(moves)])].filter((e) => e && !e.matches(PRESSABLE) && squeeze(e.innerText, 9).length > 5);
  for (const e of moving.slice(0, 3)) { const b = e.getBoundingClientRect(); pictures.push({ acts: false, detailed: false, alt: squeeze(e.innerText, 120), src: "moving text", href: "", class: "", box: [b.left + left, b.top + top, b.width, b.height] }); }
  const media = all.filter((e) => /^(?:AUDIO|VIDEO)$/.test(e.tagName) && (e.autoplay || !e.paused)).map((e) => String(e.currentSrc || e.src || e.tagName.toLowerCase()).slice(0, 200)).slice(0, 5);
  const hints = [...[...document.querySelectorAll("link[rel]")].filter((e) => /\b(?:preconnect|dns-prefetch|prefetch|preload|modulepreload|prerender|icon|apple-touch-icon|manifest)\b/i.test(e.rel)).map((e) => e.href), ...all.filter((e) => e.ping).flatMap((e) => e.ping.split(/\s+/)).map((u) => { try { return new URL(u, document.baseURI).href; } catch (e) { return ""; } })].filter((u) => /^https?:/.test(u)).map((u) => u.slice(0, 200)).slice(0, 20);
  const stored = [];
  for (const where of ["localStorage", "sessionStorage"]) try {
    for (const key of Object.keys(self[where]).slice(0, 40)) stored.push([where, key.slice(0, 60), String(self[where].getItem(key)).slice(0, 2000)]);
  } catch (e) { /* not for this page */ }
  try {  // these outlive the page, and are the page's own choice to write
    if (self.name) stored.push(["window.name", "name", String(self.name).slice(0, 2000)]);
    if (history.state) stored.push(["history.state", "state", JSON.stringify(history.state).slice(0, 2000)]);
  } catch (e) { /* not to be read */ }
  const NOTICE = /隐私|隱私|个人信息|個人資料|(?:信息|数据|资料|车牌)(?:的)?(?:使用|处理|保护|保存)|(?:如何|怎样|怎么)(?:使用|处理|保护)|privacy/i;
  const notice = all.find((a) => a.tagName === "A" && a.href && NOTICE.test(a.innerText + " " + a.getAttribute("href")));
  // What folds up under the notice's heading belongs to it, whatever it is called.
  const headings = all.filter((e) => e.matches("h1,h2,h3,h4,h5,h6,caption,legend,[role=heading]"));
  const headOf = (e) => headings.findLast((h) => (h.compareDocumentPosition(e) & 5) === 4);
  const folds = all.filter((e) => e.tagName === "DETAILS" && !e.open);
  const named = folds.find((e) => NOTICE.test((e.querySelector("summary") || e).textContent));
  const beneath = folds.find((e) => headOf(e) && NOTICE.test(headOf(e).textContent));
  const folded = named ? named.textContent : beneath ? document.body.innerText + "\n" + beneath.textContent : "";
  const noticeAt = notice && notice.getAttribute("href").startsWith("#") ? notice.getAttribute("href").slice(1) : null;
  const noticeSpot = noticeAt && document.getElementById(noticeAt);  // what is not shown yet opens as an address
  const extra = [...roots.flatMap((r) => [...r.children].filter((c) => !/^(?:STYLE|SCRIPT|TEMPLATE)$/.test(c.tagName)).map((c) => c.innerText || "")), ...all.slice(0, 2500).filter((e) => e.childElementCount < 4 && seen(e)).map(pseudo), ...inputs.filter((e) => (e.tagName === "TEXTAREA" || e.readOnly || e.disabled) && seen(e) && !plates.includes(e) && typeof e.value === "string" && !/^(?:submit|button|hidden|checkbox|radio)$/.test(e.type)).map((e) => e.value)].filter(Boolean).join("\n");
  for (const e of all.slice(0, 2500)) { const t = squeeze(own(e), 80); if (t.length >= 4 && seen(e)) mark(e, "text", t); }
  const looks = [document.documentElement, document.body].filter(Boolean).map((e) => { const s = getComputedStyle(e); return [s.color, s.backgroundColor, s.fontSize, s.filter, s.zoom].join(); }).join("; ") + all.map((e) => e.getAttribute("aria-pressed")).filter(Boolean).join();
  // Text that nobody can read: smaller than any print, or of the colour of what it stands on.
  const colour = (c) => (c.match(/[\d.]+/g) || []).map(Number);
  const light = (c) => c.slice(0, 3).map((v) => (v /= 255) <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4).reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0);
  const ground = (e) => { for (let at = e; at; at = parentOf(at)) { const s = getComputedStyle(at), c = colour(s.backgroundColor); if (s.backgroundImage !== "none" || !/^rgb/.test(s.backgroundColor) || c[3] > 0 && c[3] < 1) return null; if (c.length === 3) return c; } return [255, 255, 255]; };
  // How far a text stands out from what lies behind it: 1 is not at all; 21 where that is not known.
  const contrast = (e) => {
    const s = getComputedStyle(e), ink = colour(s.color), paper = ground(e);
    if (!paper || ink.length !== 3 || !/^rgb/.test(s.color)) return 21;
    const [a, b] = [light(ink), light(paper)];
    return (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
  };
  const size = (e) => parseFloat(getComputedStyle(e).fontSize);
  const unreadable = (e) => size(e) < 6 || contrast(e) < 1.2;
  const faint = all.slice(0, 2500).filter((e) => squeeze(own(e), 9).length >= 4 && !/^(?:SCRIPT|STYLE)$/.test(e.tagName) && seen(e) && unreadable(e)).map((e) => squeeze(own(e), 400)).slice(0, 60);
  const struck = (e) => /line-through/.test(getComputedStyle(e).textDecorationLine) || /^(?:S|DEL|STRIKE)$/.test(e.tagName);
  const pale = all.slice(0, 2500).filter((e) => /[¥￥]\s*\d|\d\s*元/.test(own(e)) && seen(e) && !struck(e) && (size(e) < 9 || contrast(e) < 2)).map((e) => squeeze(own(e), 80)).slice(0, 20);
  // What may open a keyboard or a list, where no field asks for the plate: a line that shows a province, asks to be
  // touched, or stands empty after the word.
  const STRIP = /^[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼](?:[\s·•.\-_—A-Z0-9▾▼]{0,12})$|^(?:请)?(?:点击?|轻触|触摸|轻点|按)(?:此处?|这里|这儿|框内|方框|下方|空格|格子)?[，,、 ]?.{0,6}(?:输入|选字|选择|填|录入|车牌|号牌|车号)|^请?(?:输入|填写|录入)(?!.*(?:手机|电话|姓名|验证码|密码|账号)).{0,8}$/;
  const strips = [];
  if (!plates.length && keys.length < 20) for (const e of all) {
    if (strips.length >= 8) break;
    const t = squeeze(e.innerText, 24), b = e.getBoundingClientRect();
    if (t.length > 20 || b.height < 14 || b.height > 120 || b.width < 16 || e.matches("a[href^=http],h1,h2,h3,label,script,style,option,td:empty,br,hr,img,svg,svg *,input,select,textarea") || strips.some((s) => holds(s, e)) || !seen(e)) continue;
    const before = e.previousElementSibling || (e.parentElement && e.parentElement.previousElementSibling);
    const named = before && squeeze(before.innerText, 24).length <= 16 && (PLATE.test(before.innerText || "") || /车号/.test(before.innerText || ""));
    if (t ? STRIP.test(t) : b.width >= 100 && b.height >= 24 && named) strips.push(e);
  }
  // Where to touch: kept in this world only.
  globalThis.pureListens = [...listening].filter((e) => { const b = e.getBoundingClientRect(); return b.width * b.height < .5 * wide * high; });  // no finger rests on these
  globalThis.pureSpot = (which, index, letter) => {
    let e = which === "control" ? elements[index] : which === "plate" ? plates[index] : which === "beside" ? beside : which === "strip" ? strips[index] : which === "way" ? wayElements[index] : null;
    if (which === "key") e = all.filter((k) => k.isConnected && squeeze(lettered(k), 2) === letter && !wheels.some((w) => holds(w, k)) && !k.children.length && !plates.includes(k) && seen(k)).sort((a, b) => top0(b) - top0(a))[0];
    if (!e || !e.isConnected) return null;
    const on = (b) => b.top >= 0 && b.bottom <= high && b.left >= 0 && b.right <= wide;
    if (!on(e.getBoundingClientRect())) e.scrollIntoView({ block: "center", inline: "nearest", behavior: "instant" });
    const b = e.getBoundingClientRect(), x = b.left + b.width / 2, y = b.top + b.height / 2, hit = at(x, y);
    return { x: x + left, y: y + top, free: !!hit && (holds(e, hit) || holds(hit, e) && !above.some((o) => holds(o, hit))), value: String(e.value || e.innerText || "").slice(0, 20) };
  };
  const top0 = (e) => { const b = e.getBoundingClientRect(), hit = at(b.left + b.width / 2, b.top + b.height / 2); return (hit && holds(e, hit) ? 10000 : 0) + b.top; };
  globalThis.pureFocused = () => {
    let e = document.hasFocus() ? document.activeElement : null;
    for (let inner; e && (inner = shadowOf(e)) && inner.activeElement; ) e = inner.activeElement;
    return e && (typed(e) && /^(?:INPUT|TEXTAREA)$/.test(e.tagName) && !e.readOnly || e.isContentEditable) && !PERSON.test(labels(e) + (e.name || "")) ? String(e.value ?? e.textContent ?? "").slice(0, 40) : null;
  };
  globalThis.pureClick = (index) => { elements[index] && elements[index].click(); };
  globalThis.pureTake = (index) => { const e = wayElements[index], tick = e && e.querySelector("input[type=radio]"); if (e) (tick || e).click(); };
  globalThis.pureFill = (index, value) => { const e = plates[index]; if (!e) return; e.focus(); const d = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value"); e.tagName === "INPUT" ? d.set.call(e, value) : e.textContent = value; e.dispatchEvent(new InputEvent("input", { bubbles: true })); e.dispatchEvent(new Event("change", { bubbles: true })); };
  // To a sign; returns whether it stands there, or where a finger has to drag the wheel, and how far.
  const turn = (wheel, letter) => {
    const sign = leaves(wheel).find((k) => squeeze(own(k), 2) === letter);
    if (!sign) return false;
    if (!scrolled(wheel)) wheel.scrollIntoView({ block: "center", inline: "nearest", behavior: "instant" });
    const a = wheel.getBoundingClientRect(), b = sign.getBoundingClientRect(), away = a.top + a.height / 2 - b.top - b.height / 2;
    if (scrolled(wheel)) wheel.scrollTo({ top: wheel.scrollTop - away, behavior: "instant" });
    else if (Math.abs(away) > b.height / 2) return [a.left + a.width / 2 + left, a.top + a.height / 2 + top, away];
    return true;
  };
  globalThis.pureTurn = (index, letter) => !!plates[index] && turn(plates[index], letter);
  globalThis.pureChoose = (_, plate) => {  // takes its first signs from the lists; returns how many, or what has to be dragged
    let taken = 0;
    for (const e of parts) {
      const radio = e.type === "radio" && provinceRadios(e).find((r) => provinceOf(r) === plate[taken]);
      if (radio) { taken++; if (!radio.checked) radio.click(); }
      if (e.type === "radio") continue;
      if (e.tagName !== "SELECT") {
        const there = turn(e, plate[taken]);
        if (there.length) return there;
        taken += there;
        continue;
      }
      const one = [...e.options].find((o) => squeeze(o.text, 3) === plate[taken]);
      if (!one) continue;
      taken++;
      if (e.value === one.value) continue;
      e.value = one.value;
      for (const kind of ["input", "change"]) e.dispatchEvent(new Event(kind, { bubbles: true }));
    }
    return taken;
  };
  globalThis.pureFocus = (index) => { const e = plates[index]; if (e) { e.focus(); const n = (e.value || "").length; try { e.setSelectionRange(n, n); } catch (x) { /* not of this type */ } } return !!e; };
  return {
    url: location.href, title: squeeze(document.title, 120), text: squeezeLines((document.body ? document.body.innerText : "") + "\n" + extra),
    fields, controls, overlays, pictures, hints, stored, how, listed, plates: plates.map((e) => String(e.value || e.textContent || "").slice(0, 16)), beside: beside ? squeeze(beside.innerText, 1) : "", readonly: plates.some((e) => e.readOnly), keys: provinces ? Math.max(20, keys.length) : keys.length, strips: strips.length, ways: wayElements.map((e) => squeeze(e.innerText, 40)),
    // Whether it may change with no script and no new style: then only another look tells.
    restless: pictures.length > 0 || all.some((e) => /^(?:AUDIO|VIDEO|EMBED|OBJECT|MARQUEE|animate|set)/.test(e.tagName)) || [document, ...roots].some((r) => r.getAnimations().length > 0),
    marks, media, cut, clear, faint, pale, looks, frames: all.filter((e) => /^(?:IFRAME|FRAME|EMBED|OBJECT)$/.test(e.tagName) && seen(e)).map((e) => { const b = e.getBoundingClientRect(); return [String(e.src || e.data || "").slice(0, 200), Math.round(b.width * b.height)]; }).filter((f) => f[0]),
    notice: notice && notice.href.startsWith("http") ? notice.href : "", noticeText: squeezeLines(folded), noticeHere: !!notice && noticeAt !== null && (!noticeAt || !!noticeSpot && seen(noticeSpot)), high: document.documentElement ? document.documentElement.scrollHeight : 0,
  };
  function squeezeLines(t) { return String(t).replace(/[\u200b-\u200f\u2060\ufeff\u00ad]/g, "").replace(/[ \t]+/g, " ").slice(0, 20000); }
}
