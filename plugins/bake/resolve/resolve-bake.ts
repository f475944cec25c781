import { evaluate, withNames } from "../evaluate/evaluate.ts";
import { distinct, isList, isObject, needText, typeName } from "../evaluate/values.ts";
import { invalid, type Spot } from "../hcl/source.ts";
import type { Expression, HclBlock, HclBody, HclValue } from "../hcl/syntax.ts";
import { BakeScope, known, labelOf } from "./bake-scope.ts";
import { completeGroups, completeTargets, type Definition, type GroupDefinition } from "./complete.ts";
import { type AttributeName, attributeKinds, type Given, type ResolvedBuilds } from "./model.ts";
import { isAttribute, targetValues } from "./target-values.ts";

/** Blocks of a bake file and how many names they have. */
export const bakeLabels = { variable: 1, function: 1, group: 1, target: 1 } as const;

const targetAttributes = [...Object.keys(attributeKinds), "inherits", "matrix", "name"].filter(
  (name) => name !== "isolation" && name !== "privileged",
);
const mostCombinations = 1000;

/** A target's block with the values of its matrix. */
interface Instance {
  readonly block: HclBlock;
  readonly name: string;
  readonly names: ReadonlyMap<string, HclValue>;
}

/**
 * What bake files say together: the later ones come before the earlier ones. Errors `IMPORT_INVALID`, `IMPORT_UNSUPPORTED`.
 * `given`: values of variables.
 */
export function resolveBake(
  bodies: readonly HclBody[],
  given: Readonly<Record<string, string>>,
  builtin: Readonly<Record<string, HclValue>>,
): ResolvedBuilds {
  refuseOthers(bodies);
  const scope = new BakeScope(bodies, given, builtin);
  const blocks = (type: string): readonly HclBlock[] =>
    bodies.flatMap((body) => body.blocks.filter((block) => block.type === type));
  const matrices = new Map<string, readonly string[]>();
  const instances = blocks("target").flatMap((block) => instancesOf(block, scope, matrices));
  scope.blocks = (type, label, attribute, spot) =>
    type === "target" && !scope.has(type)
      ? attributeOf(instances, scope, { label, attribute, spot })
      : undefined;
  scope.settle();
  const definitions = instances.map((instance) => definitionOf(instance, scope));
  const groups = [
    ...blocks("group").map((block) => groupOf(block, scope)),
    ...[...matrices].flatMap(([name, targets]) => {
      const block = blocks("target").find((one) => one.labels[0] === name);
      return block === undefined
        ? []
        : [{ name, spot: block.spot, comments: [], targets: items(targets, block.spot) }];
    }),
  ];
  return {
    ...completeTargets(definitions),
    groups: completeGroups(groups, new Set(definitions.map(({ name }) => name))),
    variables: scope.settle(),
    unset: [],
  };
}

const items = (values: readonly string[], spot: Spot): readonly Given<string>[] =>
  values.map((value) => ({ value, spot }));

function refuseOthers(bodies: readonly HclBody[]): void {
  for (const { blocks } of bodies)
    for (const { type, spot } of blocks)
      if (!Object.hasOwn(bakeLabels, type))
        throw invalid(
          `a bake file has no block ${type}`,
          spot,
          "it has variable, function, group and target",
        );
}

function checkName(name: string, spot: Spot): string {
  if (/^[a-zA-Z0-9_-]+$/.test(name)) return name;
  throw invalid(`${JSON.stringify(name)} cannot name a target`, spot, "write letters, digits, _ and -");
}

const find = ({ body }: HclBlock, name: string): Expression | undefined =>
  body.attributes.find((one) => one.name === name)?.value;

/** One target, or one for each combination of a matrix. */
function instancesOf(
  block: HclBlock,
  scope: BakeScope,
  matrices: Map<string, readonly string[]>,
): readonly Instance[] {
  const label = checkName(labelOf(block), block.spot);
  known(block, targetAttributes, []);
  const matrix = find(block, "matrix");
  const name = find(block, "name");
  if (matrix === undefined) {
    if (name !== undefined)
      throw invalid("only a target with a matrix has a name", name.spot, "leave it out");
    return [{ block, name: label, names: new Map() }];
  }
  const found = combinations(evaluate(matrix, scope.setting), matrix.spot).map((names) => ({
    block,
    name:
      name === undefined
        ? label
        : needText(evaluate(name, withNames(scope.setting, names)), name.spot, "a name"),
    names,
  }));
  for (const instance of found) checkName(instance.name, name?.spot ?? matrix.spot);
  if (name === undefined && found.length > 1)
    throw invalid("a target with a matrix needs a name", matrix.spot);
  if (new Set(found.map((one) => one.name)).size < found.length)
    throw invalid("two targets of the matrix have one name", name?.spot ?? matrix.spot);
  matrices.set(label, [...(matrices.get(label) ?? []), ...found.map((one) => one.name)]);
  return found;
}

function combinations(matrix: HclValue, spot: Spot): readonly ReadonlyMap<string, HclValue>[] {
  if (!isObject(matrix)) throw invalid(`a matrix is an object and not ${typeName(matrix)}`, spot);
  let found: readonly ReadonlyMap<string, HclValue>[] = [new Map()];
  for (const [key, values] of matrix) {
    if (!isList(values)) throw invalid(`${key} of a matrix is a list and not ${typeName(values)}`, spot);
    if (found.length * values.length > mostCombinations)
      throw invalid(`a matrix has at most ${mostCombinations} combinations`, spot);
    found = found.flatMap((before) => values.map((value) => new Map([...before, [key, value] as const])));
  }
  return found;
}

function definitionOf({ block, name, names }: Instance, scope: BakeScope): Definition {
  const setting = withNames(scope.setting, names);
  const given = block.body.attributes
    .filter((one) => isAttribute(one.name))
    .map(({ name: key, spot, value }) => {
      const entry = scope.once(`target ${name}'s ${key}`, spot, () => evaluate(value, setting));
      return [key as AttributeName, { value: entry, spot: value.spot }] as const;
    });
  const inherits = find(block, "inherits");
  return {
    name,
    spot: block.spot,
    comments: block.comments,
    values: targetValues(given),
    inherits: inherits === undefined ? [] : textList(evaluate(inherits, setting), inherits.spot, "inherits"),
  };
}

function textList(value: HclValue, spot: Spot, what: string): readonly Given<string>[] {
  if (!isList(value)) throw invalid(`${what} must be a list and is ${typeName(value)}`, spot);
  return distinct(value).map((item) => ({ value: needText(item, spot, `an element of ${what}`), spot }));
}

function groupOf(block: HclBlock, scope: BakeScope): GroupDefinition {
  known(block, ["targets", "name", "description"], []);
  const targets = find(block, "targets");
  if (targets === undefined) throw invalid(`group ${labelOf(block)} has no targets`, block.spot);
  return {
    name: checkName(labelOf(block), block.spot),
    spot: block.spot,
    comments: block.comments,
    targets: textList(evaluate(targets, scope.setting), targets.spot, "targets"),
  };
}

/** `target.NAME.ATTRIBUTE` as the block itself has it: nothing is inherited. */
function attributeOf(
  instances: readonly Instance[],
  scope: BakeScope,
  { label, attribute, spot }: { readonly label: string; readonly attribute: string; readonly spot: Spot },
): HclValue {
  const instance = instances.findLast(({ name }) => name === label);
  if (instance === undefined) throw invalid(`there is no target ${label}`, spot);
  if (attribute === "name") return instance.name;
  const value = find(instance.block, attribute);
  if (value === undefined) throw invalid(`target ${label} has no ${attribute}`, spot);
  return scope.once(`target ${label}'s ${attribute}`, spot, () =>
    evaluate(value, withNames(scope.setting, instance.names)),
  );
}
