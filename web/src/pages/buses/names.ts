// What a name must look like, said while it is typed; the server has the last word.
export function busNameProblem(name: string): string | undefined {
  if (name === "default") return "There is a default bus already";
  if (name.length > 256) return `${name.length} characters; it may have 256`;
  const wrong = /[^/.\-_A-Za-z0-9]/.exec(name);
  return wrong ? `${JSON.stringify(wrong[0])} may not stand in the name of a bus` : undefined;
}

export function ruleNameProblem(name: string): string | undefined {
  if (name === "") return "A rule has a name";
  if (name.length > 64) return `${name.length} characters; it may have 64`;
  const wrong = /[^.\-_A-Za-z0-9]/.exec(name);
  return wrong ? `${JSON.stringify(wrong[0])} may not stand in the name of a rule` : undefined;
}
