import type { DefaultAnnotation } from "../definition.ts";
import type { ImageOptions } from "../../declare/options.ts";
import { annotationName, describingNames } from "../image-annotations.ts";
import type { Draft } from "./draft.ts";

type Values = Readonly<Record<string, string>>;

export interface DescribedImage {
  readonly name: string;
  /** One per platform. */
  readonly drafts: readonly Draft[];
  /** Labels of all images of the workspace. */
  readonly labels: Values;
  /** What the image's package says. */
  readonly ofPackage: readonly DefaultAnnotation[];
}

/**
 * What an image says of itself unless it is annotated otherwise: its own labels of the same names, then those of the workspace, its
 * package, and its name. Labels of what it is built on do not count: they speak of another image.
 */
export function describeImage({
  name,
  drafts,
  labels,
  ofPackage,
}: DescribedImage): readonly DefaultAnnotation[] {
  const own = drafts.map(ownLabels);
  const title: DefaultAnnotation = { name: annotationName("title"), value: name, source: "the image's name" };
  return describingNames.flatMap((member) => {
    const full = annotationName(member);
    const said = new Set(own.map((of) => of[full]));
    // On each platform another: a manifest may have one of them, an index none.
    if (said.size > 1) return [];
    const [label] = said;
    const candidates: readonly (DefaultAnnotation | undefined)[] = [
      label === undefined ? undefined : { name: full, value: label, source: "label()" },
      labels[full] === undefined ? undefined : { name: full, value: labels[full], source: "defaults.labels" },
      ofPackage.find((one) => one.name === full),
      member === "title" ? title : undefined,
    ];
    const found = candidates.find((one) => one !== undefined);
    return found === undefined || found.value === "" ? [] : [found];
  });
}

function ownLabels({ steps, inherited }: Draft): Values {
  const labels = steps
    .slice(inherited)
    .flatMap((step) =>
      step.type !== "layers" && step.instruction?.type === "label" ? [step.instruction.labels] : [],
    );
  return Object.assign({}, ...labels) as Values;
}

/** Whether `image()` was told to leave it at what is declared. */
export const isPlain = (options: ImageOptions | undefined): boolean => options?.annotations === false;
