//! Distributions of latency as a picture: one panel for each scenario, one line for each policy.

use std::{collections::BTreeSet, path::Path};

use plotters::{coord::Shift, prelude::*};
use tower_muster::BoxError;

use super::{
    client::Method,
    metrics::Latency,
    runs::{Case, Results},
};

/// What is drawn: sound nodes, one 10x slow, pauses, and one 10x slow with hedging.
const PANELS: [(&str, &str); 4] = [
    ("S1", "all healthy"),
    ("S3", "one of nine 10x slow"),
    ("S6", "200 ms pauses"),
    ("S3-hedged", "one of nine 10x slow, 5 % hedges"),
];

/// In the order of the legend.
const LINES: [(Method, RGBColor); 6] = [
    (Method::Ours, RGBColor(200, 30, 30)),
    (Method::RoundRobin, RGBColor(150, 150, 150)),
    (Method::LeastLoaded, RGBColor(40, 110, 200)),
    (Method::Pending, RGBColor(20, 150, 150)),
    (Method::PeakEwma, RGBColor(40, 150, 60)),
    (Method::Oracle, RGBColor(0, 0, 0)),
];

const SIZE: (u32, u32) = (1_200, 900);
/// Milliseconds; what takes longer is beyond the picture.
const SHORTEST: f64 = 1.0;
const LONGEST: f64 = 1_000.0;
/// 99.99 %: of the runs' calls enough are slower to be drawn.
const MOST_NINES: f64 = 4.0;

/// The runs that it is made of.
pub(crate) fn needs() -> BTreeSet<Case> {
    let of = |(scenario, _)| LINES.map(|(method, _)| case(scenario, method));
    PANELS.into_iter().flat_map(of).collect()
}

fn case(scenario: &'static str, method: Method) -> Case {
    Case {
        scenario,
        method,
        clients: 1,
    }
}

/// Writes the picture as an SVG file.
pub(crate) fn draw(path: &Path, results: &Results) -> Result<(), BoxError> {
    let root = SVGBackend::new(path, SIZE).into_drawing_area();
    root.fill(&WHITE).map_err(say)?;
    for (area, (scenario, title)) in root.split_evenly((2, 2)).iter().zip(PANELS) {
        panel(area, scenario, title, results).map_err(say)?;
    }
    root.present().map_err(say)
}

/// The errors of a drawing borrow what is drawn on.
fn say(error: impl std::error::Error) -> BoxError {
    format!("the picture cannot be drawn: {error}").into()
}

fn panel<'a>(
    area: &DrawingArea<SVGBackend<'a>, Shift>,
    scenario: &'static str,
    title: &str,
    results: &Results,
) -> Result<(), DrawingAreaErrorKind<<SVGBackend<'a> as DrawingBackend>::ErrorType>> {
    let mut chart = ChartBuilder::on(area)
        .caption(title, ("sans-serif", 20))
        .margin(12)
        .margin_right(30)
        .x_label_area_size(36)
        .y_label_area_size(48)
        .build_cartesian_2d(0.0..MOST_NINES, (SHORTEST..LONGEST).log_scale())?;
    chart
        .configure_mesh()
        .x_desc("percentile")
        .y_desc("ms")
        .x_labels(MOST_NINES as usize + 1)
        .x_label_formatter(&percentile)
        .light_line_style(RGBColor(240, 240, 240))
        .draw()?;
    for (method, color) in LINES {
        let Some(summary) = results.of(case(scenario, method), 1) else {
            continue;
        };
        let style = color.stroke_width(if method == Method::Ours { 3 } else { 1 });
        chart
            .draw_series(LineSeries::new(visible(&summary.latency), style))?
            .label(method.name())
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 16, y)], style));
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperLeft)
        .background_style(WHITE.mix(0.8))
        .border_style(BLACK.mix(0.2))
        .draw()
}

/// What of a distribution is within the picture; a line that leaves it ends at its edge.
fn visible(latency: &Latency) -> impl Iterator<Item = (f64, f64)> + '_ {
    let points = latency.curve.iter().copied();
    let mut left = false;
    points
        .skip_while(|point| point.1 < SHORTEST)
        .take_while(move |point| {
            let within = !left && point.0 <= MOST_NINES;
            left = point.1 > LONGEST;
            within
        })
        .map(|(nines, millis)| (nines, millis.min(LONGEST)))
}

/// `99.9 %` of three nines.
fn percentile(nines: &f64) -> String {
    let percent = 100.0 * (1.0 - 10_f64.powf(-nines));
    let decimals = (nines.round() as usize).saturating_sub(2);
    format!("{percent:.decimals$} %")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nines_are_percentiles() {
        let names = [0.0, 1.0, 2.0, 3.0, 4.0].map(|nines| percentile(&nines));
        assert_eq!(names, ["0 %", "90 %", "99 %", "99.9 %", "99.99 %"]);
    }
}
