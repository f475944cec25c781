import type { CheckRule } from "../../plugin/check-contract.ts";

/** docker's overlay2 driver takes no more. */
const most = 127;

export const tooManyLayers: CheckRule = {
  id: "too-many-layers",
  severity: "error",
  summary: `an image has more than ${most} layers, those of its base among them, which docker does not take`,
  *check({ images }) {
    for (const { name, place, built } of images) {
      const count = built?.layers.length ?? 0;
      if (count <= most) continue;
      yield {
        message: `${name} has ${count} layers, and engines take ${most}`,
        hint: "join RUN steps, copy several paths at once, or begin with a base that has fewer",
        place,
        image: name,
      };
    }
  },
};
