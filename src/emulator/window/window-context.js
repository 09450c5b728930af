/** What most views need to know: the tenant, who is looking, what is picked and what can be done. */
import { createContext, useContext } from "/vendor/preact.js";

/**
 * - `tenant`, `me`, `conversation`: what there is, who looks, and where
 * - `selectedKey`: the message whose steps are shown; `select(key)` picks another, `select(null)` follows the newest
 * - `showSteps(key)`: picks a message and brings the steps to the fore where there is no room for both
 * - `say(rootId, parts)`: posts here as the picked person
 * - `perform(call)`: takes the promise of a message, shows it, or a notice if it failed
 *
 * `say` and `perform` answer whether it went well.
 */
export const WindowContext = createContext(null);

export const useWindow = () => useContext(WindowContext);
