/** Views that are drawn anew only when what they are given has changed. */
import { html } from "/vendor/preact.js";

/** Compares each property by identity. What a view reads of a context still redraws it. */
export function memo(View) {
  return function Memo() {
    this.shouldComponentUpdate = (next) => {
      const names = Object.keys(next);
      return (
        names.length !== Object.keys(this.props).length ||
        names.some((name) => next[name] !== this.props[name])
      );
    };
    return html`<${View} ...${this.props} />`;
  };
}
