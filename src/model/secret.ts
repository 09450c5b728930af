/** A value that prints as `[secret]` however it is shown; `reveal` gives it to the one call that needs it. */
export interface Secret {
  reveal(): string;
  toString(): string;
}

export function hideSecret(value: string): Secret {
  const shown = () => "[secret]";
  return {
    reveal: () => value,
    toString: shown,
    toJSON: shown,
    [Symbol.for("nodejs.util.inspect.custom")]: shown,
  } as Secret;
}
