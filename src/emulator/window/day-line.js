/** The line between the messages of two days. */
import { html } from "/vendor/preact.js";
import { dayName } from "./moments.js";

export const DayLine = ({ iso }) => html`<div class="day-line"><span>${dayName(iso)}</span></div>`;
