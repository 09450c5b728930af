/** What most views need to know: the tenant, who is looking, where, and what can be done. */
import { createContext, useContext } from "/vendor/preact.js";

/**
 * - `tenant`, `me`, `conversation`: what there is, who looks, and where
 * - `select(key)` picks the message whose steps are shown; `select(null)` follows the newest
 * - `showSteps(key)`: picks a message and brings its steps to the side
 * - `openThread(message)`: brings the thread of a channel's message to the side
 * - `say(rootId, parts)`: posts here as the picked person
 * - `perform(call)`: takes the promise of a message, shows it, or a notice if it failed
 * - `pressButton(key, button, inputs)`: answers what the person sees of it, throws with a message for him
 * - `notify(text)`: a short notice
 *
 * `say` and `perform` answer whether it went well. The same object as long as tenant, person and place are the same.
 */
export const WindowContext = createContext(null);

export const useWindow = () => useContext(WindowContext);
