/** Names and ids came from outside: nothing in them may steer a terminal. */
export function makePlain(text: string): string {
  return text.replace(/\p{C}/gu, "?");
}
