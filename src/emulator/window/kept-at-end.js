/** A scrolled stretch that stays at its end while one reads along, and stays where it is when one does not. */
import { useEffect, useRef } from "/vendor/preact.js";

/** Nearer to the end than this, one is taken to be reading along. */
const NEAR_END_PX = 80;

export function useKeptAtEnd() {
  const scroller = useRef(null);
  const content = useRef(null);
  const readsAlong = useRef(true);
  const lastTop = useRef(0);

  useEffect(() => {
    const keepAtEnd = () => {
      if (readsAlong.current) scroller.current.scrollTop = scroller.current.scrollHeight;
    };
    // Watches sizes, not messages: cards and growing composers move the end too.
    const observer = new ResizeObserver(keepAtEnd);
    observer.observe(scroller.current);
    observer.observe(content.current);
    return () => observer.disconnect();
  }, []);

  const onScroll = ({ currentTarget }) => {
    const { scrollHeight, scrollTop, clientHeight } = currentTarget;
    const isNearEnd = scrollHeight - scrollTop - clientHeight < NEAR_END_PX;
    // Told a frame late: what has come since makes the end far, though nobody has gone up.
    if (isNearEnd) readsAlong.current = true;
    else if (scrollTop < lastTop.current) readsAlong.current = false;
    lastTop.current = scrollTop;
  };

  const goToEnd = () => {
    readsAlong.current = true;
  };

  return { scroller, content, onScroll, goToEnd };
}
