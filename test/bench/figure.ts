/** One thing measured, beside what it is measured by in the same run. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** The limit or the peer. */
  readonly beside: { readonly name: string; readonly value: number };
  /** The ratio of the two may be no more; null: nothing is promised. */
  readonly mostRatio: number | null;
  /** What a reader must know of how it was measured. */
  readonly note: string;
}

export function readRatio({ value, beside }: Figure): number {
  return value / beside.value;
}

export function isMet(figure: Figure): boolean {
  return figure.mostRatio === null || readRatio(figure) <= figure.mostRatio;
}

export function formatFigures(figures: readonly Figure[]): string {
  const rows = figures.map((figure) => [
    figure.name,
    `${formatNumber(figure.value)} ${figure.unit}`,
    `${figure.beside.name}: ${formatNumber(figure.beside.value)} ${figure.unit}`,
    readRatio(figure).toFixed(3),
    figure.mostRatio === null ? "" : `${isMet(figure) ? "within" : "MISSES"} ${figure.mostRatio}`,
  ]);
  const table = [["measure", "figure", "limit or peer", "ratio", "promise"], ...rows];
  const widths = table[0]!.map((_, column) => Math.max(...table.map((row) => row[column]!.length)));
  const lines = table.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join("  ")
      .trimEnd(),
  );
  const notes = figures.filter(({ note }) => note !== "").map(({ name, note }) => `${name}: ${note}`);
  return [...lines, "", ...notes].join("\n");
}

function formatNumber(value: number): string {
  return value.toLocaleString("en", { maximumFractionDigits: value < 10 ? 3 : 1 });
}
