//! How a caller watches a long fetch.

/// Is told how far a fetch has come.
pub trait Progress: Sync {
    /// Says that `done` bytes of `total` are there for what `label` names; an unknown total is
    /// none. `label` changes when another step begins.
    fn advance(&self, label: &str, done: u64, total: Option<u64>);

    /// Returns whether the fetch is to stop; asked several times a second.
    fn cancelled(&self) -> bool {
        false
    }
}

/// Watches nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Progress for Silent {
    fn advance(&self, _: &str, _: u64, _: Option<u64>) {}
}
