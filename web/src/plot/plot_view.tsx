// A plot over time: small, ours, and light enough to be drawn each second. The pointer, or the arrow keys, read it.
import { useState, type KeyboardEvent, type PointerEvent } from "react";
import { clockText } from "../shell/time";
import { barAt, barsOf, ceilingOf, HEIGHT, highestOf, pathOf, pointAt, rateText, WIDTH, type Line } from "./plot";
import "./plot.css";

export interface PlotProps {
  readonly label: string; // what it shows, as it is said of a point: "Events a second"
  readonly lines: readonly Line[];
  readonly times: readonly number[]; // epoch seconds
  readonly bars?: boolean; // instead of lines
  readonly timeOf?: (time: number | undefined) => string;
  readonly textOf?: (value: number) => string;
}

export function Plot({ label, lines, times, bars = false, timeOf = clockText, textOf = rateText }: PlotProps) {
  const [looked, setLooked] = useState<number>();
  const count = times.length;
  const valueText = (value: number | undefined): string => (value === undefined || Number.isNaN(value) ? "-" : textOf(value));
  const ceiling = ceilingOf(highestOf(lines));
  const at = Math.min(looked ?? count - 1, count - 1);
  const x = bars ? ((at + 0.5) / count) * WIDTH : count < 2 ? 0 : (at / (count - 1)) * WIDTH;
  const said = lines.map((line) => `${line.title} ${valueText(line.values[at])}`).join(", ");
  const point = (event: PointerEvent<SVGSVGElement>): void => {
    const { left, width } = event.currentTarget.getBoundingClientRect();
    setLooked((bars ? barAt : pointAt)((event.clientX - left) / width, count));
  };
  const move = (event: KeyboardEvent): void => {
    const step = event.key === "ArrowLeft" ? -1 : event.key === "ArrowRight" ? 1 : 0;
    if (step) setLooked(Math.max(0, Math.min(count - 1, at + step)));
    if (event.key === "Escape") setLooked(undefined);
  };
  return (
    <div className="plot">
      <div className="plot-frame">
        <div className="plot-scale" aria-hidden>
          <span>{textOf(ceiling)}</span>
          <span>{textOf(ceiling / 2)}</span>
          <span>0</span>
        </div>
        <svg
          viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
          preserveAspectRatio="none"
          role="img"
          tabIndex={0}
          aria-label={`${label} at ${timeOf(times[at])}: ${said}`}
          onPointerMove={point}
          onPointerLeave={() => setLooked(undefined)}
          onKeyDown={move}
        >
          {[0, HEIGHT / 2, HEIGHT].map((y) => (
            <line key={y} x1={0} x2={WIDTH} y1={y} y2={y} />
          ))}
          {lines.map((line, index) => (
            <path
              key={line.title}
              className={`plot-${index}${bars ? " plot-bars" : ""}`}
              d={bars ? barsOf(line.values, ceiling, index, lines.length) : pathOf(line.values, ceiling)}
            />
          ))}
          {looked !== undefined && <line x1={x} x2={x} y1={0} y2={HEIGHT} />}
        </svg>
      </div>
      <div className="plot-time" aria-hidden>
        <span>{timeOf(times[0])}</span>
        <span>{looked !== undefined && timeOf(times[at])}</span>
        <span>{timeOf(times[count - 1])}</span>
      </div>
      <ul className="plot-legend">
        {lines.map((line, index) => (
          <li key={line.title}>
            <i className={`plot-${index}`} />
            <bdi>{line.title}</bdi> {valueText(line.values[at])}
          </li>
        ))}
      </ul>
    </div>
  );
}
