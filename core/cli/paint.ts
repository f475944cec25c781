import { styleText } from "node:util";

type Style = "red" | "green" | "yellow" | "cyan" | "dim" | "bold";

/** Colours, or the same functions that leave the text alone. */
export const paint = (color: boolean): Readonly<Record<Style, (text: string) => string>> => {
  const style = (format: Style) => (text: string) => (color ? styleText(format, text) : text);
  return {
    red: style("red"),
    green: style("green"),
    yellow: style("yellow"),
    cyan: style("cyan"),
    dim: style("dim"),
    bold: style("bold"),
  };
};
