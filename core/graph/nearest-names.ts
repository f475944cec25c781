/** Names that someone who wrote `name` may have meant: the most alike, else those that contain it; at most three. */
export function nearestNames(name: string, known: readonly string[]): readonly string[] {
  const limit = Math.max(1, Math.floor(name.length / 3));
  const distances = known.map((one) => ({ one, far: distance(name.toLowerCase(), one.toLowerCase()) }));
  const nearest = Math.min(limit, ...distances.map(({ far }) => far));
  const alike = distances.filter(({ far }) => far === nearest).map(({ one }) => one);
  const found = alike.length > 0 ? alike : known.filter((one) => name.length > 2 && one.includes(name));
  return [...found].sort().slice(0, 3);
}

/** Letters added, left out, changed or swapped with their neighbour (optimal string alignment). */
function distance(a: string, b: string): number {
  let before: readonly number[] = [];
  let row: readonly number[] = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const change = at(row, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const swap = swapped ? at(before, j - 2) + 1 : change;
      next.push(Math.min(change, swap, at(row, j) + 1, at(next, j - 1) + 1));
    }
    before = row;
    row = next;
  }
  return at(row, b.length);
}

const at = (row: readonly number[], index: number): number => row[index] ?? 0;
