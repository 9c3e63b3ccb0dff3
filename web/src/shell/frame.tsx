// What stands around every page: the bar on top, the navigation at the side, which can be put away, and the page. On a
// narrow screen the navigation stands above the page, put away until it is asked for.
// Cloudscape's AppLayout does this too, with panels, drawers and dragging that the console has no use for; it would be a
// third of the code of the first view.
import Button from "@cloudscape-design/components/button";
import { useEffect, useRef, useState, type MouseEvent, type ReactNode } from "react";
import "./frame.css";

interface FrameProps {
  readonly top: ReactNode;
  readonly navigation: ReactNode;
  readonly children: ReactNode;
}

const isNarrow = (): boolean => window.matchMedia("(max-width: 688px)").matches; // as in frame.css

export function Frame({ top, navigation, children }: FrameProps) {
  const [open, setOpen] = useState(() => !isNarrow());
  const button = useRef<{ focus: () => void }>(null);
  const pressed = useRef(false);
  useEffect(() => {
    if (pressed.current) button.current?.focus(); // the one that was pressed is gone
    pressed.current = false;
  }, [open]);
  const turn = (): void => {
    pressed.current = true;
    setOpen(!open);
  };
  const follow = (event: MouseEvent): void => {
    if (isNarrow() && event.target instanceof Element && event.target.closest("a")) setOpen(false);
  };
  return (
    <>
      <div className="frame-top">{top}</div>
      <div className="frame">
        {open ? (
          <nav aria-label="Sections" className="frame-navigation" onClick={follow}>
            <div className="frame-close">
              <Button ref={button} variant="icon" iconName="close" ariaLabel="Close the navigation" onClick={turn} />
            </div>
            {navigation}
          </nav>
        ) : (
          <div className="frame-open">
            <Button ref={button} variant="icon" iconName="menu" ariaLabel="Open the navigation" onClick={turn} />
          </div>
        )}
        <main className="frame-page">{children}</main>
      </div>
    </>
  );
}
