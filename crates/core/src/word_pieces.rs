//! What an encoder reads of a passage before it computes anything.

/// The word pieces that an encoder reads, and the embeddings that it begins with.
///
/// Both are had at a small part of the cost of encoding, and much of a passage's vector can be told
/// from them.
pub trait WordPieces: Send + Sync {
    /// Puts the ids of the pieces that the encoder reads of a passage behind those in `out`: cut at
    /// its length, without special pieces and prefix, which all passages share.
    fn split(&self, passage: &str, out: &mut Vec<u32>);

    /// Returns how many pieces there are; ids are below it.
    fn vocabulary(&self) -> usize;

    /// Returns how many numbers the embedding of a piece has.
    fn width(&self) -> usize;

    /// Adds the embeddings of pieces to `sum`, one after the other and each times its weight; nothing
    /// for an id beyond the vocabulary.
    fn add_embeddings(&self, weighted: &[(u32, f32)], sum: &mut [f32]);
}
