//! What was asked and what it costs.

/// Counts of all that one call of a [`HostedReranker`](super::HostedReranker) did.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Usage {
    /// Requests sent, retries included.
    pub requests: u64,
    /// Requests sent because one before had failed.
    pub retries: u64,
    /// Documents that were scored.
    pub documents: u64,
    /// Search units billed, where the answers state them: Cohere's one query with up to 100
    /// documents.
    pub search_units: Option<f64>,
    /// Tokens read, where the answers state them.
    pub tokens: Option<f64>,
}

impl Usage {
    /// Adds what one good answer states.
    pub(crate) fn answered(
        &mut self,
        documents: usize,
        search_units: Option<f64>,
        tokens: Option<f64>,
    ) {
        self.documents += documents as u64;
        add(&mut self.search_units, search_units);
        add(&mut self.tokens, tokens);
    }
}

fn add(sum: &mut Option<f64>, more: Option<f64>) {
    if let Some(more) = more {
        *sum = Some(sum.unwrap_or(0.0) + more);
    }
}

impl From<Usage> for trommel_core::Usage {
    fn from(usage: Usage) -> Self {
        Self::default()
            .with("requests", usage.requests as f64)
            .with("retries", usage.retries as f64)
            .with("search units", usage.search_units.unwrap_or_default())
            .with("tokens", usage.tokens.unwrap_or_default())
    }
}
