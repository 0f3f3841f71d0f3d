//! Cost against size, both on a logarithmic scale, as SVG.

use std::path::Path;

use plotters::coord::Shift;
use plotters::prelude::*;

use crate::Failure;
use crate::costs::{COSTS, Cost};
use crate::record::{Record, exponent, points};

const SIZE: (u32, u32) = (1320, 480);
/// The drawings, by the unit of their costs.
const PANELS: [(&str, &str); 3] = [("s", "seconds"), ("ms", "milliseconds"), ("MB", "megabytes")];

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
type Drawn<'a> = Result<(), DrawingAreaErrorKind<<SVGBackend<'a> as DrawingBackend>::ErrorType>>;

/// A cost, and what it was at each size.
type Line = (&'static Cost, Vec<(f64, f64)>);

/// Draws the costs of all sizes into a file.
pub(crate) fn plot(records: &[Record], file: &Path) -> Result<(), Failure> {
    let drawn = |area: &Area<'_>| -> Result<(), String> {
        let told = |error| format!("{}: {error}", file.display());
        area.fill(&WHITE).map_err(told)?;
        for (area, (unit, name)) in area.split_evenly((1, PANELS.len())).iter().zip(PANELS) {
            panel(area, records, unit, name).map_err(told)?;
        }
        area.present().map_err(told)
    };
    Ok(drawn(&SVGBackend::new(file, SIZE).into_drawing_area())?)
}

fn panel<'a>(area: &Area<'a>, records: &[Record], unit: &str, name: &str) -> Drawn<'a> {
    let costs = COSTS.iter().filter(|cost| cost.drawn && cost.unit == unit);
    let lines = costs.map(|cost| (cost, points(records, cost.name)));
    let lines: Vec<Line> = lines.filter(|(_, points)| !points.is_empty()).collect();
    let all = || lines.iter().flat_map(|(_, points)| points.iter().copied());
    let ends = |of: fn((f64, f64)) -> f64| {
        all().map(of).fold((f64::MAX, f64::MIN), |(low, high), it| (low.min(it), high.max(it)))
    };
    let ((least, most), (low, high)) = (ends(|it| it.0), ends(|it| it.1));
    if lines.is_empty() {
        return Ok(());
    }
    let mut chart = ChartBuilder::on(area)
        .caption(name, ("sans-serif", 16))
        .margin(10)
        .x_label_area_size(34)
        .y_label_area_size(56)
        // Room above the lines for their names.
        .build_cartesian_2d(
            (least * 0.8..most * 1.25).log_scale(),
            (low.max(1e-3) * 0.7..high * 60.0).log_scale(),
        )?;
    let power = |number: &f64| match *number {
        number if number >= 1e6 => format!("{} M", number / 1e6),
        number if number >= 1e3 => format!("{} k", number / 1e3),
        number => format!("{number}"),
    };
    chart
        .configure_mesh()
        .x_desc("passages")
        .x_label_formatter(&power)
        .y_label_formatter(&power)
        .light_line_style(WHITE.mix(0.0))
        .draw()?;
    for (number, (cost, points)) in lines.into_iter().enumerate() {
        let colour = Palette99::pick(number).to_rgba();
        let label = match exponent(&points) {
            Some(exponent) => format!("{}: {exponent:.2}", cost.what),
            None => cost.what.to_owned(),
        };
        let path = PathElement::new(points.clone(), colour.stroke_width(2));
        chart
            .draw_series([path])?
            .label(label)
            .legend(move |(x, y)| Circle::new((x + 8, y), 4, colour.filled()));
        chart.draw_series(points.into_iter().map(|at| Circle::new(at, 3, colour.filled())))?;
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperLeft)
        .background_style(WHITE.mix(0.8))
        .border_style(BLACK.mix(0.2))
        .draw()?;
    Ok(())
}
