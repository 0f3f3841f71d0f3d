//! Where pieces go.

/// Takes the pieces of a text in their order.
pub(crate) trait Sink {
    /// Whether it wants to know where pieces end.
    const ENDS: bool = false;

    /// Takes a piece and the place in the text where it ends.
    fn push(&mut self, id: u32, end: usize);
    /// Returns how many pieces it has taken from the text.
    fn len(&self) -> usize;
    /// Forgets all but the first pieces of the text.
    fn truncate(&mut self, len: usize);
}

/// Puts ids behind those that are there.
pub(crate) struct Ids<'a> {
    ids: &'a mut Vec<u32>,
    before: usize,
}

/// Puts ids and ends behind those that are there.
pub(crate) struct IdsAndEnds<'a> {
    pub(crate) ids: Ids<'a>,
    pub(crate) ends: &'a mut Vec<usize>,
}

/// Counts.
#[derive(Default)]
pub(crate) struct Count(pub(crate) usize);

impl<'a> Ids<'a> {
    pub(crate) fn behind(ids: &'a mut Vec<u32>) -> Self {
        Self { before: ids.len(), ids }
    }
}

impl Sink for Ids<'_> {
    #[inline]
    fn push(&mut self, id: u32, _: usize) {
        self.ids.push(id);
    }

    #[inline]
    fn len(&self) -> usize {
        self.ids.len() - self.before
    }

    fn truncate(&mut self, len: usize) {
        self.ids.truncate(self.before + len);
    }
}

impl Sink for IdsAndEnds<'_> {
    const ENDS: bool = true;

    fn push(&mut self, id: u32, end: usize) {
        self.ids.push(id, end);
        self.ends.push(end);
    }

    fn len(&self) -> usize {
        self.ids.len()
    }

    fn truncate(&mut self, len: usize) {
        let too_many = self.ids.len().saturating_sub(len);
        self.ids.truncate(len);
        self.ends.truncate(self.ends.len().saturating_sub(too_many));
    }
}

impl Sink for Count {
    #[inline]
    fn push(&mut self, _: u32, _: usize) {
        self.0 += 1;
    }

    #[inline]
    fn len(&self) -> usize {
        self.0
    }

    fn truncate(&mut self, len: usize) {
        self.0 = self.0.min(len);
    }
}
