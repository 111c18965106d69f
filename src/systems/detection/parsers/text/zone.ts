/** Minutes east of UTC of the zone names that devices print and that mean one zone only. */
const ZONES: ReadonlyMap<string, number> = new Map([
  ["UTC", 0],
  ["GMT", 0],
  ["Z", 0],
  ["WET", 0],
  ["BST", 60],
  ["CET", 60],
  ["WEST", 60],
  ["CEST", 120],
  ["EET", 120],
  ["EEST", 180],
  ["MSK", 180],
  ["WIB", 420],
  ["HKT", 480],
  ["SGT", 480],
  ["PHT", 480],
  ["MYT", 480],
  ["TST", 480],
  ["JST", 540],
  ["KST", 540],
  ["AEST", 600],
  ["AEDT", 660],
  ["NZST", 720],
  ["EDT", -240],
  ["EST", -300],
  ["CDT", -300],
  ["MDT", -360],
  ["MST", -420],
  ["PDT", -420],
  ["PST", -480],
]);

/**
 * Minutes east of UTC of a zone's name, in any case. Undefined for names that mean several (`CST`, `IST`) and for
 * what somebody made up on a device (`Taipei`): the zone of the context stands for those.
 */
export function zoneNamed(name: string): number | undefined {
  return ZONES.get(name.toUpperCase());
}
