/** What can be said of a page without looking at it, as programs that run in it. */
import type { Page } from "playwright-core";

/**
 * Each text that stands out too little from what is behind it, with its contrast. Colours are read back from a canvas,
 * so that any way of writing them counts. Source: https://www.w3.org/TR/WCAG22/#contrast-minimum
 */
export const listFaintTexts = (page: Page) =>
  page.evaluate<string[]>(`(() => {
    const canvas = Object.assign(document.createElement("canvas"), { width: 1, height: 1 });
    const pen = canvas.getContext("2d", { willReadFrequently: true });
    const known = new Map();
    const parse = (colour) => {
      if (known.has(colour)) return known.get(colour);
      pen.clearRect(0, 0, 1, 1);
      pen.fillStyle = colour;
      pen.fillRect(0, 0, 1, 1);
      const [r, g, b, a] = pen.getImageData(0, 0, 1, 1).data;
      known.set(colour, [r, g, b, a / 255]);
      return known.get(colour);
    };
    const over = ([r, g, b, a], below) =>
      [r, g, b].map((value, at) => value * a + below[at] * (1 - a)).concat(1);
    const groundOf = (element) => {
      const layers = [];
      for (let at = element; at; at = at.parentElement) {
        const ground = parse(getComputedStyle(at).backgroundColor);
        layers.push(ground);
        if (ground[3] === 1) break;
      }
      return layers.reduceRight((below, layer) => over(layer, below), parse("Canvas"));
    };
    const light = ([r, g, b]) => {
      const [x, y, z] = [r, g, b].map((value) => {
        const part = value / 255;
        return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
      });
      return 0.2126 * x + 0.7152 * y + 0.0722 * z;
    };
    const contrast = (a, b) => {
      const [more, less] = [light(a), light(b)].sort((one, other) => other - one);
      return (more + 0.05) / (less + 0.05);
    };
    const opacityOf = (element) => {
      let opacity = 1;
      for (let at = element; at; at = at.parentElement) opacity *= Number(getComputedStyle(at).opacity);
      return opacity;
    };
    const faint = [];
    let looked = 0;
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const element = node.parentElement;
      if (node.data.trim() === "" || element.closest("script, noscript, .unseen, .composer__backdrop, option")) continue;
      if (element.closest(":disabled")) continue;
      if (!element.checkVisibility({ visibilityProperty: true, opacityProperty: true })) continue;
      const style = getComputedStyle(element);
      const ground = groundOf(element);
      const [r, g, b, a] = parse(style.color);
      const found = contrast(over([r, g, b, a * opacityOf(element)], ground), ground);
      const sizePx = parseFloat(style.fontSize);
      const isLarge = sizePx >= 24 || (sizePx >= 18.66 && Number(style.fontWeight) >= 700);
      looked++;
      if (found < (isLarge ? 3 : 4.5)) faint.push(node.data.trim().slice(0, 40) + ": " + found.toFixed(2));
    }
    return looked < 20 ? ["only " + looked + " texts were looked at"] : [...new Set(faint)];
  })()`);

/** Each control without a name, picture without a text, id that is there twice, and list of landmarks that is wrong. */
export const listUnnamed = (page: Page) =>
  page.evaluate<string[]>(`(() => {
    const faults = [];
    const nameOf = (element) =>
      element.getAttribute("aria-label") ??
      (element.getAttribute("aria-labelledby") ?? "").split(" ").map((id) => document.getElementById(id)?.textContent ?? "").join("") ??
      "";
    const isNamed = (element) =>
      (nameOf(element) || [...(element.labels ?? [])].map((one) => one.textContent).join("") || element.textContent).trim() !== "" &&
      !(element.matches("select, input, textarea") && !nameOf(element) && (element.labels ?? []).length === 0);
    for (const control of document.querySelectorAll("button, a[href], input, select, textarea, [role=tab], [role=switch]")) {
      if (control.getAttribute("aria-hidden") === "true" || isNamed(control)) continue;
      faults.push("no name: " + control.outerHTML.slice(0, 120));
    }
    for (const region of document.querySelectorAll("nav, aside, [role=log], [role=tablist], [role=toolbar], dialog, article")) {
      if (!nameOf(region)) faults.push("no name: " + region.outerHTML.slice(0, 80));
    }
    for (const picture of document.querySelectorAll("img:not([alt]), svg:not([aria-hidden])")) {
      faults.push("no text: " + picture.outerHTML.slice(0, 80));
    }
    const ids = [...document.querySelectorAll("[id]")].map(({ id }) => id);
    for (const id of ids) if (ids.indexOf(id) !== ids.lastIndexOf(id)) faults.push("twice: #" + id);
    for (const one of document.querySelectorAll("[aria-controls], [aria-labelledby], label[for]")) {
      for (const attribute of ["aria-controls", "aria-labelledby", "for"]) {
        for (const id of (one.getAttribute(attribute) ?? "").split(" ").filter(Boolean)) {
          if (!document.getElementById(id)) faults.push(attribute + " leads nowhere: " + id);
        }
      }
    }
    for (const [selector, amount] of [["main", 1], ["nav", 1], ["aside", 1], ["h1", 1]]) {
      const found = document.querySelectorAll(selector).length;
      if (found !== amount) faults.push(found + " of " + selector);
    }
    if (!document.documentElement.lang) faults.push("no language");
    return faults;
  })()`);
