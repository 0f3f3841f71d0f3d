//! Which characters the bytes of a run of text stand for.

use std::collections::HashMap;

use encoding_rs::{
    BIG5, EUC_KR, Encoding, GBK, IBM866, MACINTOSH, SHIFT_JIS, WINDOWS_874, WINDOWS_1250,
    WINDOWS_1251, WINDOWS_1252, WINDOWS_1253, WINDOWS_1254, WINDOWS_1255, WINDOWS_1256,
    WINDOWS_1257, WINDOWS_1258,
};

/// The most fonts that are kept.
const MAX_FONTS: usize = 10_000;

/// How the bytes of a font are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Charset {
    Of(&'static Encoding),
    /// Pictures, which are no text.
    Symbols,
}

/// The document's code page and its fonts.
#[derive(Debug)]
pub(super) struct Fonts {
    /// That of text whose font says nothing.
    pub(super) code_page: &'static Encoding,
    /// The font that `\plain` returns to.
    pub(super) default: Option<i32>,
    charsets: HashMap<i32, Charset>,
}

impl Default for Fonts {
    fn default() -> Self {
        Self { code_page: WINDOWS_1252, default: None, charsets: HashMap::new() }
    }
}

impl Fonts {
    /// Takes what the font table says of a font.
    pub(super) fn define(&mut self, font: i32, charset: Charset) {
        if self.charsets.len() < MAX_FONTS {
            self.charsets.insert(font, charset);
        }
    }

    pub(super) fn charset_of(&self, font: Option<i32>) -> Charset {
        let font = font.or(self.default);
        let found = font.and_then(|font| self.charsets.get(&font)).copied();
        found.unwrap_or(Charset::Of(self.code_page))
    }
}

/// Returns the encoding of a code page; none for one that is not known.
pub(super) fn of_code_page(number: i32) -> Option<&'static Encoding> {
    Some(match number {
        866 => IBM866,
        874 => WINDOWS_874,
        932 => SHIFT_JIS,
        936 => GBK,
        949 | 1361 => EUC_KR,
        950 => BIG5,
        1250 => WINDOWS_1250,
        1251 => WINDOWS_1251,
        1252 => WINDOWS_1252,
        1253 => WINDOWS_1253,
        1254 => WINDOWS_1254,
        1255 => WINDOWS_1255,
        1256 => WINDOWS_1256,
        1257 => WINDOWS_1257,
        1258 => WINDOWS_1258,
        10_000 => MACINTOSH,
        65_001 => encoding_rs::UTF_8,
        _ => return None,
    })
}

/// Returns how the bytes of a font of that `\fcharset` are read; none if as the document's code
/// page says.
pub(super) fn of_font(number: i32) -> Option<Charset> {
    let code_page = match number {
        2 => return Some(Charset::Symbols),
        0 => 1252,
        77 => 10_000,
        128 => 932,
        129 | 130 => 949,
        134 => 936,
        136 => 950,
        161 => 1253,
        162 => 1254,
        163 => 1258,
        177 => 1255,
        178 => 1256,
        186 => 1257,
        204 => 1251,
        222 => 874,
        238 => 1250,
        _ => return None,
    };
    of_code_page(code_page).map(Charset::Of)
}
