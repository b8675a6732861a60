// The volume of each day, drawn by uPlot. The same numbers are in the table below it, for whoever has no script or no eyes for it.
"use strict";
document.querySelectorAll("[data-chart]").forEach((place) => {
  const { days, day, names, series } = JSON.parse(place.dataset.chart);
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const looks = [["--good", []], ["--bad", [6, 3]], ["--quiet", [2, 3]]];
  const axis = () => ({ stroke: colour("--quiet"), grid: { stroke: colour("--line"), width: 1 }, ticks: { stroke: colour("--line") } });
  const date = new Intl.DateTimeFormat(document.documentElement.lang, { month: "short", day: "numeric", timeZone: "UTC" });
  const number = new Intl.NumberFormat(document.documentElement.lang);
  const said = (_, value) => value == null ? "–" : date.format(value * 1000);
  const steps = [...Array(9).keys()].flatMap((zeros) => [1, 2, 5].map((digit) => digit * 10 ** zeros)); // there is no half of a message
  const size = () => ({ width: Math.max(280, place.clientWidth), height: 220 });
  const plot = new uPlot({
    ...size(),
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), "Etc/UTC"),
    series: [{ label: day, value: said }].concat(names.map((label, at) => ({
      label, stroke: colour(looks[at][0]), dash: looks[at][1], width: 2, value: (_, value) => value == null ? "–" : number.format(value),
    }))),
    axes: [
      { ...axis(), values: (_, at) => at.map((seconds) => date.format(seconds * 1000)) },
      { ...axis(), size: 64, incrs: steps, values: (_, at) => at.map((value) => number.format(value)) },
    ],
  }, [days.map((day) => Date.parse(day) / 1000), ...series], place);
  addEventListener("resize", () => plot.setSize(size()));
});
