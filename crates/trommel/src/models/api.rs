//! What is behind an API: the rerankers' names, where they are, and the key.

use std::collections::BTreeSet;
use std::fs;
use std::sync::Arc;

use trommel_core::{Clock, Encoder, Reranker, SystemClock};
use trommel_remote::{
    ApiKey, Dialect, EmbeddingsApi, EmbeddingsEndpoint, Endpoint, HTTP_ENCODER, HostedReranker,
    HttpEncoder, OpenAi, Settings,
};

use super::LLM;
use super::error::SelectionError;
use super::settings::ApiSettings;

/// The name of any server whose API follows from the address.
const HTTP: &str = "http";

/// Returns the variables in which the key of an API is usually kept, the first first; none for a
/// server of one's own.
#[must_use]
pub fn key_variables(dialect: Dialect) -> &'static [&'static str] {
    match dialect {
        Dialect::Cohere => &["COHERE_API_KEY", "CO_API_KEY"],
        Dialect::Voyage => &["VOYAGE_API_KEY"],
        Dialect::Jina => &["JINA_API_KEY"],
        Dialect::Tei | Dialect::CompatibleV1 | Dialect::CompatibleV2 => &[],
    }
}

impl ApiSettings {
    /// Returns the API that a reranker's name means, if it means one.
    pub(super) fn find(&self, id: &str) -> Option<Dialect> {
        match id {
            HTTP => Some(self.dialect()),
            _ => id.parse().ok(),
        }
    }

    /// Returns the settings for one of the rerankers of a cascade: address, model and key file are
    /// those of the API that has no address of its own, else of the only API there is.
    pub(super) fn of(&self, id: &str, cascade: &[&str]) -> Result<Self, SelectionError> {
        let apis: BTreeSet<&str> = cascade.iter().copied().filter(|id| self.is_api(id)).collect();
        let has_address = |id: &str| match self.find(id) {
            Some(dialect) => !key_variables(dialect).is_empty(),
            None => false,
        };
        let servers: BTreeSet<&str> =
            apis.iter().copied().filter(|api| !has_address(api)).collect();
        let meant = if servers.is_empty() { apis } else { servers };
        if !meant.is_empty() && !meant.contains(id) {
            return Ok(Self { base: None, model: None, key_file: None, ..self.clone() });
        }
        let given = self.base.is_some() || self.model.is_some() || self.key_file.is_some();
        if meant.len() > 1 && given {
            return Err(SelectionError::SharedAddress {
                apis: meant.into_iter().map(str::to_owned).collect(),
                cascade: cascade.iter().map(|id| (*id).to_owned()).collect(),
            });
        }
        Ok(self.clone())
    }

    /// Returns whether a reranker is behind an API; a language model is where there is an address.
    fn is_api(&self, id: &str) -> bool {
        self.find(id).is_some() || (id == LLM && self.base.is_some())
    }

    fn dialect(&self) -> Dialect {
        let base = self.base.as_deref().unwrap_or_default().trim_end_matches('/');
        match base.rsplit('/').collect::<Vec<_>>()[..] {
            ["rerank", "v2", ..] | ["v2", ..] => Dialect::CompatibleV2,
            ["rerank", "v1", ..] | ["v1", ..] => Dialect::CompatibleV1,
            _ => Dialect::Tei,
        }
    }

    /// Returns the reranker behind an API; nothing is sent yet.
    pub(super) fn load(
        &self,
        id: &str,
        dialect: Dialect,
    ) -> Result<Arc<dyn Reranker>, SelectionError> {
        let wrong = |source| SelectionError::Hosted { id: id.to_owned(), source };
        let endpoint = Endpoint::new(dialect, self.base.as_deref(), self.model.as_deref());
        let endpoint = endpoint.map_err(wrong)?;
        let key = self.key(id, key_variables(dialect))?;
        let settings = self.requests(endpoint.url());
        let clock = Arc::new(SystemClock::start());
        let reranker = HostedReranker::new(endpoint, key.as_ref(), settings, clock);
        Ok(Arc::new(reranker.map_err(wrong)?))
    }

    /// Returns the encoder behind an address, which is asked for the vectors of two texts.
    pub(super) fn encoder(&self) -> Result<Arc<dyn Encoder>, SelectionError> {
        let base = self.base.as_deref().ok_or(SelectionError::NoEncoderAddress)?;
        let api = EmbeddingsApi::of_address(base);
        let endpoint = EmbeddingsEndpoint::new(api, base, self.model.as_deref());
        let endpoint = endpoint.map_err(SelectionError::Encoder)?;
        // A key of a known API is for its owner's server, and this may be any.
        let key = self.key(HTTP_ENCODER, &[])?;
        let settings = self.requests(endpoint.url());
        let clock = Arc::new(SystemClock::start());
        let prefixes = self.prefixes.clone();
        HttpEncoder::connect(endpoint, key.as_ref(), prefixes, settings, clock)
            .map(|encoder| Arc::new(encoder) as Arc<dyn Encoder>)
            .map_err(SelectionError::Encoder)
    }

    /// Returns the language model behind the chat completions API; nothing is sent yet.
    pub(super) fn chat(&self, clock: Arc<dyn Clock>) -> Result<OpenAi, SelectionError> {
        let base = self.base.as_deref().unwrap_or_default();
        let model = self.model.as_deref().unwrap_or_default();
        // A key of a known API is for its owner's server, and this may be any.
        let key = self.key(LLM, &[])?;
        OpenAi::new(base, model, None, key.as_ref(), self.requests(base), clock)
            .map_err(SelectionError::Chat)
    }

    /// Returns how an address is asked: through the proxy unless it is on this machine.
    fn requests(&self, url: &str) -> Settings {
        let local = ["http://127.", "http://localhost", "http://[::1]"];
        let proxy = self.proxy.clone();
        let proxy = proxy.filter(|_| !local.iter().any(|here| url.starts_with(here)));
        Settings { total: self.total, proxy, seed: self.seed, ..Settings::default() }
    }

    /// Returns the key: of the file, else of a variable; a server of one's own may need none.
    fn key(&self, id: &str, names: &[&str]) -> Result<Option<ApiKey>, SelectionError> {
        let wrong = |source| SelectionError::Hosted { id: id.to_owned(), source };
        if let Some(path) = &self.key_file {
            let text = fs::read_to_string(path)
                .map_err(|source| SelectionError::KeyFile { path: path.clone(), source })?;
            return ApiKey::new(&text).map(Some).map_err(wrong);
        }
        match names.iter().find_map(|name| self.keys.get(*name)) {
            Some(key) => ApiKey::new(key).map(Some).map_err(wrong),
            None if names.is_empty() => Ok(None),
            None => Err(SelectionError::NoKey {
                id: id.to_owned(),
                variables: names.iter().map(|name| (*name).to_owned()).collect(),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn api(base: Option<&str>) -> ApiSettings {
        ApiSettings { base: base.map(str::to_owned), ..ApiSettings::default() }
    }

    #[test]
    fn names_are_those_of_apis_and_http() {
        let api = api(None);
        assert_eq!(api.find("cohere"), Some(Dialect::Cohere));
        assert_eq!(api.find("http"), Some(Dialect::Tei));
        assert_eq!(api.find("ms-marco-MiniLM-L-12-v2"), None);
    }

    #[test]
    fn an_address_is_that_of_the_one_api_that_needs_it() {
        let with_base = api(Some("http://h:1"));
        let base = |id, cascade: &[&str]| with_base.of(id, cascade).map(|api| api.base.is_some());
        assert!(base("cohere", &["a-model", "cohere"]).unwrap());
        assert!(base("llm", &["cohere", "llm"]).unwrap());
        // Its key must not go to another's server.
        assert!(!base("cohere", &["cohere", "llm"]).unwrap());
        assert!(base("http", &["http", "http"]).unwrap());
        let error = base("http", &["http", "llm"]).unwrap_err().to_string();
        assert!(error.contains("asks http and llm"), "{error}");
        assert!(base("cohere", &["cohere", "voyage"]).is_err());
        assert!(api(None).of("cohere", &["cohere", "voyage"]).is_ok());
    }

    #[test]
    fn the_address_says_which_api_http_is() {
        let dialect = |base: Option<&str>| api(base).dialect();
        assert_eq!(dialect(Some("http://h:1/v2/rerank")), Dialect::CompatibleV2);
        assert_eq!(dialect(Some("http://h:1/x/v1/")), Dialect::CompatibleV1);
        assert_eq!(dialect(Some("http://h:1/v1/rerank/")), Dialect::CompatibleV1);
        assert_eq!(dialect(Some("http://h:1/rerank")), Dialect::Tei);
        assert_eq!(dialect(Some("http://h:1")), Dialect::Tei);
        assert_eq!(dialect(None), Dialect::Tei);
    }

    #[test]
    fn no_key_shows_in_debug() {
        let mut api = api(None);
        api.keys.insert("COHERE_API_KEY".into(), "s3cr3t".into());
        api.proxy = Some("http://me:w0rd@h".into());
        let shown = format!("{api:?}");
        assert!(shown.contains("COHERE_API_KEY"), "{shown}");
        assert!(!shown.contains("s3cr3t") && !shown.contains("w0rd"), "{shown}");
    }
}
