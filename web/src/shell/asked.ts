// Which dialog is open, and which item of a list it is about: both stand in the URL, so that a reload stays in it.
import { setQuery, usePlace } from "../route";

export function useAsked(): [string | undefined, (dialog: string | undefined) => void] {
  return [usePlace().query["dialog"], (dialog) => setQuery({ dialog })];
}

export function useChosen<Item>(items: readonly Item[] | undefined, keyOf: (item: Item) => string): [Item | undefined, (item: Item | undefined) => void] {
  const key = usePlace().query["chosen"];
  return [items?.find((item) => keyOf(item) === key), (item) => setQuery({ chosen: item && keyOf(item) })];
}
