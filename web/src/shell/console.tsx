// The console: what stands around every page, and the page.
import Box from "@cloudscape-design/components/box";
import SideNavigation from "@cloudscape-design/components/side-navigation";
import Spinner from "@cloudscape-design/components/spinner";
import { lazy, Suspense, useEffect, useState } from "react";
import { useKeysWanted, useNamespace } from "../api/namespace";
import { href, usePlace } from "../route";
import { routeOf, sections } from "../routes";
import { Boundary } from "./boundary";
import { Frame } from "./frame";
import { Said } from "./said";
import { Top } from "./top";
import { worded } from "./worded";

const Who = lazy(worded(() => import("./who")));

function Page() {
  const { path } = usePlace();
  const found = routeOf(path);
  useEffect(() => {
    document.title = found ? `${found.route.title} - Crema` : "Crema";
  }, [found]);
  if (!found) {
    return (
      <Box variant="h1">
        There is no page <Said text={path} />
      </Box>
    );
  }
  return (
    <Boundary key={path}>
      <Suspense fallback={<Spinner size="large" />}>
        <found.route.page parameters={found.parameters} />
      </Suspense>
    </Boundary>
  );
}

export function Console() {
  const [asking, setAsking] = useState(false);
  const wanted = useKeysWanted();
  useEffect(() => setAsking(wanted), [wanted]);
  useNamespace(); // which stands in the links
  const found = routeOf(usePlace().path);
  const active = sections.find(({ section }) => section === found?.route.section);
  return (
    <Frame
      top={<Top ask={() => setAsking(true)} />}
      navigation={
        <SideNavigation
          activeHref={active ? href(active.pattern) : ""}
          items={sections.map(({ text, pattern }) => ({ type: "link", text, href: href(pattern) }))}
        />
      }
    >
      {asking && (
        <Boundary what="Region and keys">
          <Suspense fallback={null}>
            <Who close={() => setAsking(false)} />
          </Suspense>
        </Boundary>
      )}
      <Page />
    </Frame>
  );
}
