//! Charts as SVG, drawn by hand: bars and lines are all there is.

use std::fmt::Write;

use super::time;

/// One bar.
pub(super) struct Bar {
    pub(super) name: String,
    pub(super) nanos: f64,
    pub(super) ratio: Option<f64>,
    /// What is shown behind the time and the ratio.
    pub(super) note: String,
}

/// One line of a chart, from left to right.
pub(super) struct Series {
    pub(super) name: String,
    pub(super) points: Vec<(f64, f64)>,
}

const NAMES: f64 = 190.0;
const BARS: f64 = 260.0;
const WIDTH: f64 = 620.0;
const STEP: f64 = 21.0;

/// Horizontal bars from zero, with a rule where the first one ends.
pub(super) fn bars(bars: &[Bar]) -> String {
    // One slow peer does not make the others points: a bar that is longer is cut, and says so.
    let unit = bars.first().map_or(1.0, |bar| bar.nanos);
    let longest = bars.iter().map(|bar| bar.nanos).fold(unit, f64::max);
    let shown = longest.min(unit * 4.0);
    let height = STEP * bars.len() as f64 + 6.0;
    let mut svg = format!(
        "<svg viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" width=\"{WIDTH}\" height=\"{height}\">"
    );
    for (index, bar) in bars.iter().enumerate() {
        let top = STEP * index as f64 + 3.0;
        let length = (bar.nanos.min(shown) / shown * BARS).max(1.0);
        let cut = if bar.nanos > shown { " cut" } else { "" };
        let ratio = bar.ratio.map(|ratio| format!(" · {ratio:.2}"));
        let _ = write!(
            svg,
            "<text class=\"name\" x=\"{}\" y=\"{}\">{}</text>\
             <rect class=\"{}{cut}\" x=\"{NAMES}\" y=\"{top}\" width=\"{length:.1}\" height=\"{}\"/>\
             <text class=\"value\" x=\"{:.1}\" y=\"{}\">{}{}{}</text>",
            NAMES - 8.0,
            top + 13.0,
            escaped(&bar.name),
            family(&bar.name),
            STEP - 5.0,
            NAMES + length + 6.0,
            top + 13.0,
            time(bar.nanos),
            ratio.unwrap_or_default(),
            escaped(&bar.note),
        );
    }
    let one = NAMES + unit.min(shown) / shown * BARS;
    let _ = write!(
        svg,
        "<line class=\"unit\" x1=\"{one:.1}\" x2=\"{one:.1}\" y1=\"0\" y2=\"{height}\"/></svg>"
    );
    svg
}

/// Lines over two logarithmic axes.
pub(super) fn lines(series: &[Series], across: &str, up: &str) -> String {
    const LEFT: f64 = 78.0;
    const TOP: f64 = 12.0;
    const RIGHT: f64 = 440.0;
    const BOTTOM: f64 = 250.0;
    let points = || series.iter().flat_map(|series| &series.points);
    let range = |pick: fn(&(f64, f64)) -> f64| {
        let low = points().map(pick).fold(f64::INFINITY, f64::min);
        let high = points().map(pick).fold(0.0, f64::max);
        (low.log10(), high.log10().max(low.log10() + 0.1))
    };
    let ((x0, x1), (y0, y1)) = (range(|point| point.0), range(|point| point.1));
    let (y0, y1) = (y0.floor(), y1.ceil());
    let x = |value: f64| LEFT + (value.log10() - x0) / (x1 - x0) * (RIGHT - LEFT);
    let y = |value: f64| BOTTOM - (value.log10() - y0) / (y1 - y0) * (BOTTOM - TOP);
    let mut svg =
        format!("<svg viewBox=\"0 0 {WIDTH} 292\" role=\"img\" width=\"{WIDTH}\" height=\"292\">");
    let mut ticks: Vec<f64> = points().map(|point| point.0).collect();
    ticks.sort_by(f64::total_cmp);
    ticks.dedup();
    for tick in ticks {
        let _ = write!(
            svg,
            "<text class=\"tick\" text-anchor=\"middle\" x=\"{:.1}\" y=\"{}\">{}</text>",
            x(tick),
            BOTTOM + 17.0,
            count(tick)
        );
    }
    for power in (y0 as i32)..=(y1 as i32) {
        let value = 10_f64.powi(power);
        let _ = write!(
            svg,
            "<line class=\"grid\" x1=\"{LEFT}\" x2=\"{RIGHT}\" y1=\"{0:.1}\" y2=\"{0:.1}\"/>\
             <text class=\"tick\" text-anchor=\"end\" x=\"{1}\" y=\"{2:.1}\">{3}</text>",
            y(value),
            LEFT - 6.0,
            y(value) + 4.0,
            round_time(value)
        );
    }
    let _ = write!(
        svg,
        "<text class=\"tick\" text-anchor=\"middle\" x=\"{}\" y=\"{}\">{across}</text>\
         <text class=\"tick\" x=\"0\" y=\"{}\">{up}</text>",
        (LEFT + RIGHT) / 2.0,
        BOTTOM + 35.0,
        BOTTOM + 35.0
    );
    // The names at the ends of their lines, pushed apart where these meet.
    let mut ends: Vec<(f64, usize)> = series
        .iter()
        .enumerate()
        .filter_map(|(index, series)| Some((y(series.points.last()?.1), index)))
        .collect();
    ends.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut lowest = f64::NEG_INFINITY;
    for (height, index) in ends {
        let series = &series[index];
        let colour = colour(index);
        let path: Vec<String> = series
            .points
            .iter()
            .map(|&(across, up)| format!("{:.1},{:.1}", x(across), y(up)))
            .collect();
        let at = height.max(lowest + 14.0);
        lowest = at;
        let _ = write!(
            svg,
            "<polyline style=\"stroke:{colour}\" points=\"{}\"/>\
             <text class=\"label\" style=\"fill:{colour}\" x=\"{}\" y=\"{:.1}\">{}</text>",
            path.join(" "),
            RIGHT + 8.0,
            at + 4.0,
            escaped(&series.name)
        );
    }
    svg.push_str("</svg>");
    svg
}

/// Text in HTML.
pub(super) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

fn family(name: &str) -> &'static str {
    match name {
        name if name.starts_with("raw") => "raw",
        name if name.starts_with("queryset") => "own",
        _ => "peer",
    }
}

/// Told apart by those who see few colours too.
fn colour(index: usize) -> &'static str {
    const COLOURS: [&str; 8] = [
        "#555555", "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#b8860b", "#56b4e9", "#7b3294",
    ];
    COLOURS[index % COLOURS.len()]
}

fn count(number: f64) -> String {
    match number {
        1e6.. => format!("{}M", number / 1e6),
        1e3.. => format!("{}k", number / 1e3),
        _ => format!("{number}"),
    }
}

fn round_time(nanos: f64) -> String {
    match nanos {
        1e9.. => format!("{} s", nanos / 1e9),
        1e6.. => format!("{} ms", nanos / 1e6),
        1e3.. => format!("{} µs", nanos / 1e3),
        _ => format!("{nanos} ns"),
    }
}
