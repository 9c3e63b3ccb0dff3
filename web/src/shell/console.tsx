// The frame around every page: the bar on top, the navigation at the side, the page.
import AppLayout from "@cloudscape-design/components/app-layout";
import Box from "@cloudscape-design/components/box";
import SideNavigation from "@cloudscape-design/components/side-navigation";
import Spinner from "@cloudscape-design/components/spinner";
import TopNavigation from "@cloudscape-design/components/top-navigation";
import { lazy, Suspense, useEffect, useState } from "react";
import { useKeysWanted, useNamespace } from "../api/namespace";
import { usePlace } from "../route";
import { routeOf, sections } from "../routes";
import { Boundary } from "./boundary";
import "./console.css";
import { setTheme, useTheme, type Theme } from "./theme";
import { setZone, useZone, type Zone } from "./zone";

const Who = lazy(() => import("./who"));

const themes: readonly { id: Theme; text: string }[] = [
  { id: "system", text: "As the system" },
  { id: "light", text: "Light" },
  { id: "dark", text: "Dark" },
];

const zones: readonly { id: Zone; text: string }[] = [
  { id: "local", text: "Local time" },
  { id: "utc", text: "UTC" },
];

function Page() {
  const { path } = usePlace();
  const found = routeOf(path);
  useEffect(() => {
    document.title = found ? `${found.route.title} - Crema` : "Crema";
  }, [found]);
  if (!found) return <Box variant="h2">There is no page {path}</Box>;
  return (
    <Boundary key={path}>
      <Suspense fallback={<Spinner size="large" />}>
        <found.route.page parameters={found.parameters} />
      </Suspense>
    </Boundary>
  );
}

export function Console() {
  const theme = useTheme();
  const zone = useZone();
  const zoneText = zones.find(({ id }) => id === zone)?.text ?? "";
  const { region, keyId } = useNamespace();
  const [asking, setAsking] = useState(false);
  const wanted = useKeysWanted();
  useEffect(() => setAsking(wanted), [wanted]);
  const [open, setOpen] = useState(true);
  const found = routeOf(usePlace().path);
  const active = sections.find(({ section }) => section === found?.route.section);
  return (
    <>
      <div id="top">
        <TopNavigation
          identity={{ href: "#/", title: "Crema" }}
          utilities={[
            { type: "button", text: keyId ? `${region} (${keyId})` : region, iconName: "key", onClick: () => setAsking(true) },
            {
              type: "menu-dropdown",
              text: zoneText,
              ariaLabel: `Time zone: ${zoneText}`,
              title: "Time zone",
              items: zones.map(({ id, text }) => ({ id, text, itemType: "checkbox", checked: id === zone })),
              onItemClick: ({ detail }) => setZone(detail.id as Zone),
            },
            {
              type: "menu-dropdown",
              iconName: "settings",
              ariaLabel: "Theme",
              title: "Theme",
              items: themes.map(({ id, text }) => ({ id, text, itemType: "checkbox", checked: id === theme })),
              onItemClick: ({ detail }) => setTheme(detail.id as Theme),
            },
          ]}
        />
      </div>
      <AppLayout
        headerSelector="#top"
        toolsHide
        navigationOpen={open}
        onNavigationChange={({ detail }) => setOpen(detail.open)}
        navigation={
          <SideNavigation
            activeHref={active?.href ?? ""}
            items={sections.map(({ text, href }) => ({ type: "link", text, href }))}
          />
        }
        content={<Page />}
        ariaLabels={{ navigation: "Sections", navigationClose: "Close the navigation", navigationToggle: "Open the navigation" }}
      />
      {asking && (
        <Suspense fallback={null}>
          <Who close={() => setAsking(false)} />
        </Suspense>
      )}
    </>
  );
}
