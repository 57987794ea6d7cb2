//! One page with all that was measured, which needs nothing else.

use std::fmt::Write;
use std::path::Path;

use clap::ValueEnum;

use super::chart::{Bar, Series, bars, escaped, lines};
use super::{Axis, Line, Point, time};
use crate::{Backend, Result, Workload};

/// What the page shows.
#[derive(Clone, Copy, Debug, Default)]
pub struct Page<'a> {
    /// The workloads.
    pub lines: &'a [Line],
    /// The scaling.
    pub points: &'a [Point],
    /// The databases with their versions.
    pub versions: &'a [(Backend, String)],
}

/// Writes the page.
pub fn write_page(page: &Page<'_>, file: &Path) -> Result<()> {
    Ok(std::fs::write(file, page.html()?)?)
}

impl Page<'_> {
    fn html(&self) -> Result<String> {
        let mut html = format!(
            "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width\">\n\
             <title>queryset beside its peers</title>\n<style>\n{}</style>\n\
             <h1>queryset beside its peers</h1>\n\
             <p>Everything on one core, server and client together; the peers take turns in \
             rotating order. Shown are the medians of one operation and the ratios to the driver \
             as a good user writes it (<code>raw</code>), which are medians of the ratios within \
             each round. Checksums over every field prove that all read the same.</p>\n<nav>",
            include_str!("page.css")
        );
        let backends = Backend::ALL
            .into_iter()
            .filter(|&backend| self.lines(backend).next().is_some() || self.scaled(backend));
        let backends: Vec<Backend> = backends.collect();
        for backend in &backends {
            write!(html, "<a href=\"#{0}\">{0}</a>", backend.name())?;
        }
        html.push_str("</nav>\n");
        for backend in backends {
            let version = self.versions.iter().find(|(each, _)| *each == backend);
            let version = version.map(|(_, version)| format!(" {version}"));
            let name = backend.name();
            let version = escaped(&version.unwrap_or_default());
            writeln!(html, "<h2 id=\"{name}\">{name}{version}</h2>")?;
            if self.lines(backend).next().is_some() {
                self.table(backend, &mut html)?;
                self.workloads(backend, &mut html)?;
            }
            if self.scaled(backend) {
                self.scaling(backend, &mut html)?;
            }
        }
        html.push_str("</html>\n");
        Ok(html)
    }

    fn lines(&self, backend: Backend) -> impl Iterator<Item = &Line> {
        let of = move |line: &&Line| line.backend == backend.name();
        self.lines.iter().filter(of)
    }

    fn scaled(&self, backend: Backend) -> bool {
        let mut points = self.points.iter();
        points.any(|point| point.backend == backend.name())
    }

    /// The ratios: a row for each peer, a column for each workload.
    fn table(&self, backend: Backend, html: &mut String) -> Result<()> {
        let mut workloads: Vec<&str> = Vec::new();
        let mut peers: Vec<(&str, &str)> = Vec::new();
        for line in self.lines(backend) {
            if !workloads.contains(&line.workload.as_str()) {
                workloads.push(&line.workload);
            }
            let peer = (&*line.peer, &*line.runtime);
            // Only the unit has its tasks on a runtime and all else on the caller's thread.
            let known = match peer.0 {
                "raw" => peers.iter().any(|known| known.0 == "raw"),
                _ => peers.contains(&peer),
            };
            if !known {
                peers.push(peer);
            }
        }
        html.push_str("<div class=\"wide\"><table><tr><th>peer</th><th>runtime</th>");
        for workload in &workloads {
            write!(html, "<th>{}</th>", escaped(workload))?;
        }
        html.push_str("</tr>\n");
        for (peer, runtime) in peers {
            write!(
                html,
                "<tr><td>{}</td><td>{}</td>",
                escaped(peer),
                escaped(runtime)
            )?;
            for workload in &workloads {
                let mut lines = self.lines(backend);
                let found = lines.find(|line| {
                    line.workload == *workload
                        && line.peer == peer
                        && (line.runtime == runtime || peer == "raw")
                });
                match found {
                    None => html.push_str("<td></td>"),
                    Some(line) if peer == "raw" => {
                        write!(html, "<td>{}</td>", time(line.median_ns))?;
                    }
                    Some(line) => {
                        let class = match line.ratio {
                            Some(..1.0) => " class=\"good\"",
                            Some(1.5..) => " class=\"bad\"",
                            _ => "",
                        };
                        let text = match line.ratio {
                            Some(ratio) => format!("{ratio:.2}"),
                            None => time(line.median_ns),
                        };
                        write!(html, "<td{class}>{text}</td>")?;
                    }
                }
            }
            html.push_str("</tr>\n");
        }
        html.push_str("</table></div>\n");
        Ok(())
    }

    fn workloads(&self, backend: Backend, html: &mut String) -> Result<()> {
        html.push_str("<div class=\"charts\">\n");
        for &workload in Workload::value_variants() {
            let name = workload.name();
            let shown: Vec<Bar> = self
                .lines(backend)
                .filter(|line| line.workload == name)
                .map(bar)
                .collect();
            if !shown.is_empty() {
                writeln!(
                    html,
                    "<section><h3>{name}</h3><p>{}</p>{}</section>",
                    workload.summary(),
                    bars(&shown)
                )?;
            }
        }
        html.push_str("</div>\n");
        Ok(())
    }

    fn scaling(&self, backend: Backend, html: &mut String) -> Result<()> {
        html.push_str("<div class=\"charts\">\n");
        for axis in [Axis::Readers, Axis::Rows] {
            let series = self.series(backend, axis);
            if series.is_empty() {
                continue;
            }
            let (title, across) = match axis {
                Axis::Readers => ("Concurrent readers", "readers at once"),
                Axis::Rows => ("Rows of one read", "rows"),
            };
            let slopes: Vec<String> = series.iter().map(|series| slope(axis, series)).collect();
            writeln!(
                html,
                "<section><h3>{title}</h3>{}<p>{}</p></section>",
                lines(&series, across, "time of one read"),
                slopes.join("<br>")
            )?;
        }
        html.push_str("</div>\n");
        Ok(())
    }

    fn series(&self, backend: Backend, axis: Axis) -> Vec<Series> {
        let mut series: Vec<Series> = Vec::new();
        for point in self.points {
            if point.backend != backend.name() || point.axis != axis {
                continue;
            }
            let name = name(&point.peer, &point.runtime);
            let at = (point.at as f64, point.median_ns);
            match series.iter_mut().find(|each| each.name == name) {
                Some(found) => found.points.push(at),
                None => series.push(Series {
                    name,
                    points: vec![at],
                }),
            }
        }
        series
    }
}

fn bar(line: &Line) -> Bar {
    let memory = line.peak_rss_kib;
    Bar {
        name: name(&line.peer, &line.runtime),
        nanos: line.median_ns,
        ratio: line.ratio,
        note: memory.map_or_else(String::new, |kib| {
            format!(" · {:.0} MiB", kib as f64 / 1024.0)
        }),
    }
}

fn name(peer: &str, runtime: &str) -> String {
    match runtime {
        "none" | "tokio" => peer.to_owned(),
        runtime => format!("{peer} {runtime}"),
    }
}

/// What a line says in numbers.
fn slope(axis: Axis, series: &Series) -> String {
    let name = escaped(&series.name);
    match axis {
        Axis::Rows => {
            let (fixed, each) = fit(&series.points);
            format!("{name}: {} and {} a row", time(fixed.max(0.0)), time(each))
        }
        Axis::Readers => {
            let rate = |point: &(f64, f64)| format!("{:.0} reads/s at {}", 1e9 / point.1, point.0);
            let rates: Vec<String> = series.points.iter().map(rate).collect();
            format!("{name}: {}", rates.join(", "))
        }
    }
}

/// The line `fixed + each * rows` that is nearest to the points, each of which counts by its ratio
/// to the line: otherwise the largest alone would decide.
fn fit(points: &[(f64, f64)]) -> (f64, f64) {
    let (mut w, mut wx, mut wxx, mut wy, mut wxy) = (0.0, 0.0, 0.0, 0.0, 0.0);
    for &(x, y) in points {
        let weight = 1.0 / (y * y);
        w += weight;
        wx += weight * x;
        wxx += weight * x * x;
        wy += weight * y;
        wxy += weight * x * y;
    }
    let determinant = w * wxx - wx * wx;
    match determinant.abs() > f64::EPSILON * w * wxx {
        true => (
            (wy * wxx - wx * wxy) / determinant,
            (w * wxy - wx * wy) / determinant,
        ),
        false => (wy / w, 0.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_a_read_and_what_a_row_costs() {
        let points: Vec<(f64, f64)> = [10.0, 1e3, 1e6]
            .into_iter()
            .map(|rows| (rows, 5_000.0 + 300.0 * rows))
            .collect();
        let (fixed, each) = fit(&points);
        assert!((fixed - 5_000.0).abs() < 1.0, "{fixed}");
        assert!((each - 300.0).abs() < 0.01, "{each}");
    }

    #[test]
    fn shows_every_line_once_and_escapes_names() {
        let line = |peer: &str, ratio| Line {
            backend: "sqlite".into(),
            workload: "get".into(),
            peer: peer.into(),
            runtime: "none".into(),
            median_ns: 2_500.0,
            ratio,
            peak_rss_kib: None,
            fastest_ns: 2_400.0,
            grown_kib: None,
        };
        let lines = [line("raw", Some(1.0)), line("<own>", Some(0.5))];
        let html = Page {
            lines: &lines,
            ..Page::default()
        }
        .html()
        .unwrap();
        assert_eq!(html.matches("<rect").count(), 2);
        assert!(html.contains("&lt;own&gt;") && !html.contains("<own>"));
        assert!(html.contains("<td class=\"good\">0.50</td>"));
    }
}
