// A plot of rates over time: small, ours, and light enough to be drawn each second. The pointer, or the arrow keys, read it.
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import { useState, type KeyboardEvent, type PointerEvent } from "react";
import { ceilingOf, HEIGHT, highestOf, pathOf, pointAt, rateText, WIDTH, type Line } from "./plot";
import "./plot.css";

interface PlotProps {
  readonly title: string;
  readonly lines: readonly Line[];
  readonly times: readonly number[]; // epoch seconds
  readonly of?: string | undefined; // what is counted, where the title does not say it
}

const clock = (time: number | undefined): string => (time === undefined ? "" : new Date(time * 1000).toLocaleTimeString());

export function Plot({ title, lines, times, of }: PlotProps) {
  const [looked, setLooked] = useState<number>();
  const count = times.length;
  const ceiling = ceilingOf(highestOf(lines));
  const at = Math.min(looked ?? count - 1, count - 1);
  const x = count < 2 ? 0 : (at / (count - 1)) * WIDTH;
  const said = lines.map((line) => `${line.title} ${rateText(line.values[at] ?? 0)}`).join(", ");
  const point = (event: PointerEvent<SVGSVGElement>): void => {
    const { left, width } = event.currentTarget.getBoundingClientRect();
    setLooked(pointAt((event.clientX - left) / width, count));
  };
  const move = (event: KeyboardEvent): void => {
    const step = event.key === "ArrowLeft" ? -1 : event.key === "ArrowRight" ? 1 : 0;
    if (step) setLooked(Math.max(0, Math.min(count - 1, at + step)));
    if (event.key === "Escape") setLooked(undefined);
  };
  return (
    <Container header={<Header variant="h2" description={of ? `A second, ${of}` : "A second"}>{title}</Header>}>
      <div className="plot">
        <div className="plot-frame">
          <div className="plot-scale" aria-hidden>
            <span>{rateText(ceiling)}</span>
            <span>{rateText(ceiling / 2)}</span>
            <span>0</span>
          </div>
          <svg
            viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
            preserveAspectRatio="none"
            role="img"
            tabIndex={0}
            aria-label={`${title} a second at ${clock(times[at])}: ${said}`}
            onPointerMove={point}
            onPointerLeave={() => setLooked(undefined)}
            onKeyDown={move}
          >
            {[0, HEIGHT / 2, HEIGHT].map((y) => (
              <line key={y} x1={0} x2={WIDTH} y1={y} y2={y} />
            ))}
            {lines.map((line, index) => (
              <path key={line.title} className={`plot-${index}`} d={pathOf(line.values, ceiling)} />
            ))}
            {looked !== undefined && <line x1={x} x2={x} y1={0} y2={HEIGHT} />}
          </svg>
        </div>
        <div className="plot-time" aria-hidden>
          <span>{clock(times[0])}</span>
          <span>{looked !== undefined && clock(times[at])}</span>
          <span>{clock(times[count - 1])}</span>
        </div>
        <ul className="plot-legend">
          {lines.map((line, index) => (
            <li key={line.title}>
              <i className={`plot-${index}`} />
              {line.title} {rateText(line.values[at] ?? 0)}
            </li>
          ))}
        </ul>
      </div>
    </Container>
  );
}
