//! A plot as SVG: lines over steps of one thing, on a logarithmic scale.

use std::fmt::Write;

use crate::measure::Spread;

use super::Line;

const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 360.0;
const LEFT: f64 = 80.0;
const RIGHT: f64 = 150.0;
const TOP: f64 = 40.0;
const BOTTOM: f64 = 50.0;
/// A label's height.
const LABEL: f64 = 14.0;
const COLOURS: [&str; 4] = ["#b8860b", "#e6b85c", "#33658a", "#86a8c2"];

/// One line of points, with what it is called.
struct Series<'l> {
    name: &'l str,
    points: Vec<f64>,
}

/// The lines' figures whose names are wanted, a step a line; none where there is nothing to show.
pub(crate) fn svg(title: &str, unit: &str, lines: &[&Line], wanted: &[&str]) -> Option<String> {
    let all: Vec<Series<'_>> = wanted
        .iter()
        .map(|name| Series {
            name,
            points: lines.iter().map(|line| middle(line, name)).collect(),
        })
        .collect();
    let values = || all.iter().flat_map(|series| series.points.iter().copied());
    let least = values().fold(f64::INFINITY, f64::min);
    let most = values().fold(0.0, f64::max);
    if lines.len() < 2 || !least.is_finite() || least <= 0.0 {
        return None;
    }
    let (bottom, top) = (least.log10().floor(), most.log10().ceil());
    let x = |step: usize| LEFT + (WIDTH - LEFT - RIGHT) * step as f64 / (lines.len() - 1) as f64;
    let y = |value: f64| {
        let share = (value.log10() - bottom) / (top - bottom).max(1.0);
        HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * share
    };
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" font-family=\"sans-serif\" \
         font-size=\"12\">\n<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n\
         <text x=\"{LEFT}\" y=\"22\" font-size=\"14\">{title} ({unit})</text>\n"
    );
    let mut power = bottom;
    while power <= top {
        let height = y(10_f64.powf(power));
        // Writing to a String cannot fail.
        let _ = writeln!(
            out,
            "<line x1=\"{LEFT}\" x2=\"{:.0}\" y1=\"{height:.1}\" y2=\"{height:.1}\" stroke=\"#ddd\"/>\
             <text x=\"{:.0}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
            WIDTH - RIGHT,
            LEFT - 8.0,
            height + 4.0,
            10_f64.powf(power)
        );
        power += 1.0;
    }
    for (step, line) in lines.iter().enumerate() {
        let label = line.work.split(' ').next().unwrap_or_default();
        let _ = writeln!(
            out,
            "<text x=\"{:.1}\" y=\"{:.0}\" text-anchor=\"middle\">{label}</text>",
            x(step),
            HEIGHT - BOTTOM + 20.0
        );
    }
    let ends = all
        .iter()
        .map(|series| y(series.points.last().copied().unwrap_or(least)));
    let labels = apart(ends.collect());
    for ((place, series), label) in all.iter().enumerate().zip(labels) {
        let colour = COLOURS.get(place).copied().unwrap_or("black");
        let points = series.points.iter().enumerate();
        let points: Vec<String> = points
            .map(|(step, value)| format!("{:.1},{:.1}", x(step), y(*value)))
            .collect();
        let _ = writeln!(
            out,
            "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>\
             <text x=\"{:.0}\" y=\"{:.1}\" fill=\"{colour}\">{}</text>",
            points.join(" "),
            WIDTH - RIGHT + 8.0,
            label + 4.0,
            series.name
        );
    }
    out.push_str("</svg>\n");
    Some(out)
}

/// Heights of labels, no two of them on each other: each is as near to its line's end as those above it let it be, and none
/// below the plot.
fn apart(ends: Vec<f64>) -> Vec<f64> {
    let mut order: Vec<usize> = (0..ends.len()).collect();
    order.sort_by(|one, other| ends[*one].total_cmp(&ends[*other]));
    let mut heights = ends;
    let mut least = TOP;
    for place in &order {
        heights[*place] = heights[*place].max(least);
        least = heights[*place] + LABEL;
    }
    let mut most = HEIGHT - BOTTOM;
    for place in order.iter().rev() {
        heights[*place] = heights[*place].min(most);
        most = heights[*place] - LABEL;
    }
    heights
}

fn middle(line: &Line, name: &str) -> f64 {
    let figure = line.figures.iter().find(|figure| figure.of == name);
    figure.map_or(f64::NAN, |figure| Spread::of(figure.rounds.clone()).median)
}
