import "@cloudscape-design/global-styles/index.css";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { Console } from "./shell/console";

const root = document.getElementById("console");
if (!root) throw new Error("index.html has no #console");
createRoot(root).render(
  <StrictMode>
    <Console />
  </StrictMode>,
);
