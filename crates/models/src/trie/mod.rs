//! A double-array trie over the bytes of the vocabulary (Aoe 1989), walked in place.
//!
//! A node is 8 bytes: the label of the edge that leads to it (1 byte), the base of its children
//! (3 bytes) and its token's id (4 bytes). The child by byte `c` is in slot `base + c` if the label
//! there is `c`. No two nodes share a base, so the label alone proves who the parent is. Label 0
//! marks slots that no edge leads to; no vocabulary that is read has a byte 0 in a token.

pub(crate) mod build;

/// The slot of the node where every first piece of a word begins.
pub(crate) const ROOT: u32 = 0;
/// The id of nodes where no token ends.
pub(crate) const NO_TOKEN: u32 = u32::MAX;
/// How many slots a base can reach.
pub(crate) const MAX_SLOTS: usize = 1 << 24;

/// A node as a number; the file's eight bytes are this in little-endian order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Node(pub(crate) u64);

impl Node {
    pub(crate) fn new(label: u8, base: u32, id: u32) -> Self {
        Self(u64::from(label) | u64::from(base) << 8 | u64::from(id) << 32)
    }

    #[inline]
    fn label(self) -> u8 {
        self.0 as u8
    }

    #[inline]
    fn base(self) -> usize {
        (self.0 >> 8) as usize & (MAX_SLOTS - 1)
    }

    #[inline]
    fn id(self) -> u32 {
        (self.0 >> 32) as u32
    }
}

/// The nodes of a trie, as they lie in the file.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Trie<'a> {
    pub(crate) nodes: &'a [[u8; 8]],
}

impl Trie<'_> {
    #[inline]
    fn node(self, slot: usize) -> Option<Node> {
        self.nodes.get(slot).map(|bytes| Node(u64::from_le_bytes(*bytes)))
    }

    #[inline]
    fn child(self, parent: Node, label: u8) -> Option<Node> {
        self.node(parent.base() + usize::from(label)).filter(|child| child.label() == label)
    }

    /// Returns the length and the id of the longest token that the bytes begin with, below the
    /// node in a slot. `fold` is applied to every byte and must not return 0.
    #[inline]
    pub(crate) fn longest(self, from: u32, bytes: &[u8], fold: &[u8; 256]) -> Option<(usize, u32)> {
        let mut node = self.node(from as usize)?;
        let mut longest = None;
        for (i, byte) in bytes.iter().enumerate() {
            let Some(child) = self.child(node, fold[usize::from(*byte)]) else { break };
            node = child;
            if node.id() != NO_TOKEN {
                longest = Some((i + 1, node.id()));
            }
        }
        longest
    }

    /// Calls a function with the length and the id of each token that the bytes begin with, the
    /// shortest first.
    #[inline]
    pub(crate) fn prefixes(self, bytes: &[u8], mut each: impl FnMut(usize, u32)) {
        let Some(mut node) = self.node(ROOT as usize) else { return };
        for (i, byte) in bytes.iter().enumerate() {
            // Label 0 is that of unused slots.
            let Some(child) = self.child(node, *byte).filter(|_| *byte != 0) else { return };
            node = child;
            if node.id() != NO_TOKEN {
                each(i + 1, node.id());
            }
        }
    }

    /// Returns the slot that the bytes lead to from the root.
    pub(crate) fn slot(self, bytes: &[u8]) -> Option<u32> {
        let mut slot = ROOT as usize;
        for label in bytes {
            let parent = self.node(slot)?;
            self.child(parent, *label)?;
            slot = parent.base() + usize::from(*label);
        }
        u32::try_from(slot).ok()
    }
}
