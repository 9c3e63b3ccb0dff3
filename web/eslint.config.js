import js from "@eslint/js";
import hooks from "eslint-plugin-react-hooks";
import typescript from "typescript-eslint";

export default typescript.config(
  { ignores: ["dist", "node_modules"] },
  js.configs.recommended,
  ...typescript.configs.strict,
  hooks.configs["recommended-latest"],
  { files: ["*.js"], languageOptions: { globals: { process: "readonly", console: "readonly", Buffer: "readonly" } } },
);
