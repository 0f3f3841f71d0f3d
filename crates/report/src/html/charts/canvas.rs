//! A surface to draw on, and what makes its SVG part of a page.

use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::super::markup::escape;
use crate::escape::on_one_line;

/// The width of every chart: about that of a phone, which a desktop shows little enlarged.
pub(super) const WIDTH: f64 = 380.0;
/// The size of its letters.
pub(super) const LETTERS: f64 = 13.0;
/// How many steps of the drawing's grid make a unit: plotters draws at whole numbers only.
const STEPS: f64 = 4.0;
/// plotters takes a size of a font for the height of its line.
const LINE: f64 = 1.24;
/// Red and green of the colours that stand for those of the style; their blue counts them.
const STANDS_FOR: (u8, u8) = (1, 1);

/// A colour of the page's style.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ink {
    Text,
    Quiet,
    Grid,
    Page,
    Bar,
    Better,
    Worse,
}

impl Ink {
    const ALL: [Self; 7] =
        [Self::Text, Self::Quiet, Self::Grid, Self::Page, Self::Bar, Self::Better, Self::Worse];

    fn variable(self) -> &'static str {
        match self {
            Self::Text => "--ink",
            Self::Quiet => "--quiet",
            Self::Grid => "--grid",
            Self::Page => "--page",
            Self::Bar => "--bar",
            Self::Better => "--better",
            Self::Worse => "--worse",
        }
    }

    fn colour(self) -> RGBColor {
        RGBColor(STANDS_FOR.0, STANDS_FOR.1, self as u8)
    }
}

/// Where a text lies from the point that it is drawn at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Left,
    Right,
    Below,
}

/// Says that plotters could not draw.
#[derive(Debug)]
pub(super) struct Undrawn;

impl<E: std::error::Error + Send + Sync> From<DrawingAreaErrorKind<E>> for Undrawn {
    fn from(_: DrawingAreaErrorKind<E>) -> Self {
        Self
    }
}

pub(super) type Drawn = Result<(), Undrawn>;

/// A surface of [`WIDTH`] units; `(0, 0)` is its upper left corner.
pub(super) struct Canvas<'a>(DrawingArea<SVGBackend<'a>, Shift>);

/// Returns a drawing of that height as an element of a page.
pub(super) fn draw(
    height: f64,
    label: &str,
    paint: impl FnOnce(&Canvas<'_>) -> Drawn,
) -> Option<String> {
    let mut svg = String::new();
    {
        // The canvas borrows the string until the end of this block; `present` closes the tags that
        // are open.
        let size = (grid(WIDTH).unsigned_abs(), grid(height).unsigned_abs());
        let canvas = Canvas(SVGBackend::with_string(&mut svg, size).into_drawing_area());
        paint(&canvas).ok()?;
        canvas.0.present().ok()?;
    }
    Some(part_of_a_page(&svg, height, label))
}

impl Canvas<'_> {
    pub(super) fn rectangle(&self, from: (f64, f64), to: (f64, f64), ink: Ink) -> Drawn {
        Ok(self.0.draw(&Rectangle::new([at(from), at(to)], ink.colour().filled()))?)
    }

    pub(super) fn line(&self, points: &[(f64, f64)], thickness: f64, ink: Ink) -> Drawn {
        let points: Vec<(i32, i32)> = points.iter().copied().map(at).collect();
        let style = ink.colour().stroke_width(grid(thickness).unsigned_abs());
        Ok(self.0.draw(&PathElement::new(points, style))?)
    }

    pub(super) fn area(&self, points: &[(f64, f64)], ink: Ink) -> Drawn {
        let points: Vec<(i32, i32)> = points.iter().copied().map(at).collect();
        Ok(self.0.draw(&Polygon::new(points, ink.colour().filled()))?)
    }

    pub(super) fn dot(&self, centre: (f64, f64), radius: f64, ink: Ink) -> Drawn {
        Ok(self.0.draw(&Circle::new(at(centre), grid(radius), ink.colour().filled()))?)
    }

    pub(super) fn text(&self, text: &str, point: (f64, f64), side: Side, ink: Ink) -> Drawn {
        let position = match side {
            Side::Left => Pos::new(HPos::Right, VPos::Center),
            Side::Right => Pos::new(HPos::Left, VPos::Center),
            Side::Below => Pos::new(HPos::Center, VPos::Top),
        };
        // The font is that of the page; see `part_of_a_page`.
        let size = LETTERS * STEPS * LINE;
        let style = ("sans-serif", size).into_font().color(&ink.colour()).pos(position);
        Ok(self.0.draw(&Text::new(on_one_line(text), at(point), style))?)
    }
}

/// Makes a drawing of plotters' an element of a page: with colours of its style, the font around
/// it and as wide as its box.
fn part_of_a_page(svg: &str, height: f64, label: &str) -> String {
    // The head with plotters' own size is left out: a `viewBox` alone makes it as wide as its box.
    // What else is taken out is as it would be by default.
    let inner = svg.split_once('>').map_or("", |(_, inner)| inner);
    let mut inner = inner
        .replace("\n</text>", "</text>")
        .replace(">\n", ">")
        .replace(" opacity=\"1\"", "")
        .replace(" stroke=\"none\"", "")
        .replace(" font-family=\"sans-serif\"", "")
        .replace(" \"/>", "\"/>")
        .replace("://", ":/&#47;");
    // Quotes in a text are escaped, so only attributes can look like that.
    for ink in Ink::ALL {
        let RGBColor(r, g, b) = ink.colour();
        let variable = format!("=\"var({})\"", ink.variable());
        inner = inner.replace(&format!("=\"#{r:02X}{g:02X}{b:02X}\""), &variable);
    }
    let (width, height) = (grid(WIDTH), grid(height));
    let label = escape(&on_one_line(label));
    format!("<svg viewBox=\"0 0 {width} {height}\" role=\"img\" aria-label=\"{label}\">{inner}")
}

fn grid(units: f64) -> i32 {
    // A float that does not fit becomes the nearest that does, and what is no number 0.
    (units * STEPS).round() as i32
}

fn at((x, y): (f64, f64)) -> (i32, i32) {
    (grid(x), grid(y))
}
