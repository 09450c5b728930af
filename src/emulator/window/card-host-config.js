/** How Adaptive Cards look here. Colours are the page's own variables, so light and dark need one config. */

const shades = (name) => ({ default: `var(--card-${name})`, subtle: `var(--card-${name}-subtle)` });

const foregroundColors = {
  default: shades("text"),
  dark: shades("text"),
  light: shades("light"),
  accent: shades("accent"),
  good: shades("good"),
  warning: shades("warning"),
  attention: shades("attention"),
};

const container = (name) => ({ backgroundColor: `var(--card-${name}-ground)`, foregroundColors });

export const CARD_HOST_CONFIG = {
  fontFamily: "inherit",
  fontSizes: { small: 12, default: 14, medium: 14, large: 18, extraLarge: 24 },
  fontWeights: { lighter: 300, default: 400, bolder: 600 },
  lineHeights: { small: 16, default: 20, medium: 20, large: 24, extraLarge: 32 },
  spacing: { small: 8, default: 12, medium: 16, large: 20, extraLarge: 24, padding: 16 },
  separator: { lineThickness: 1, lineColor: "var(--line)" },
  imageSizes: { small: 32, medium: 52, large: 100 },
  containerStyles: {
    default: { backgroundColor: "transparent", foregroundColors },
    emphasis: container("emphasis"),
    accent: container("accent"),
    good: container("good"),
    warning: container("warning"),
    attention: container("attention"),
  },
  actions: {
    maxActions: 6,
    spacing: "default",
    buttonSpacing: 8,
    actionsOrientation: "horizontal",
    actionAlignment: "left",
    showCard: { actionMode: "inline", inlineTopMargin: 12 },
  },
  adaptiveCard: { allowCustomStyle: true },
  factSet: {
    title: { color: "default", size: "default", weight: "bolder", wrap: true, maxWidth: 150 },
    value: { color: "default", size: "default", weight: "default", wrap: true },
    spacing: 16,
  },
};
