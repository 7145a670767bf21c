//! The table, as the README shows it too.

use super::Line;

pub(crate) fn markdown(lines: &[Line]) -> String {
    let mut out = String::from(
        "| row | work | target | measured | with 0.5 ms of network | verdict |\n|---|---|---|---|---|---|\n",
    );
    for line in lines {
        let cells = [
            &line.row,
            &line.work,
            &line.target,
            &line.measured,
            line.delayed.as_deref().unwrap_or(""),
            &line.verdict.to_string(),
        ];
        let cells = cells.map(|cell| cell.replace('|', "\\|"));
        out.push_str(&format!("| {} |\n", cells.join(" | ")));
    }
    out
}
