import "@cloudscape-design/global-styles/index.css";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { placeOf } from "./place";
import { preload } from "./routes";
import { Console } from "./shell/console";

const root = document.getElementById("console");
if (!root) throw new Error("index.html has no #console");
preload(placeOf(window.location.hash).path);
createRoot(root).render(
  <StrictMode>
    <Console />
  </StrictMode>,
);
