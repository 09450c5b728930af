/** Where one page at a time is shown, the focus goes along to the page that comes. */
import { useEffect, useRef } from "/vendor/preact.js";

const ENTRIES = {
  list: ['.list .row[aria-current="page"]', ".list .row"],
  conversation: [".conversation h1"],
  side: ['.side [role="tab"][aria-selected="true"]', ".side__head button"],
};
/** The side comes over the conversation before the rest becomes pages. */
const IS_PAGE = {
  list: "(max-width: 720px)",
  conversation: "(max-width: 1080px)",
  side: "(max-width: 1080px)",
};

const isSeen = (element) => element.checkVisibility({ visibilityProperty: true });

/** By touch a field that takes the focus would bring up the keyboard, unasked. */
export const isByTouch = () => matchMedia("(pointer: coarse)").matches;

export function usePageFocus(page) {
  const before = useRef(page);
  useEffect(() => {
    if (before.current === page) return;
    before.current = page;
    const held = document.activeElement;
    const isThere = held !== document.body && held.closest(`.${page}`) !== null && isSeen(held);
    if (isThere || !matchMedia(IS_PAGE[page]).matches) return;
    const found = ENTRIES[page].flatMap((one) => [...document.querySelectorAll(one)]).find(isSeen);
    found?.focus({ preventScroll: true });
  }, [page]);
}
