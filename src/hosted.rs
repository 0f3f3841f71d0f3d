//! What is behind an API: the rerankers' names, where they are, and the key.

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use trommel_core::Reranker;
use trommel_rerank::hosted::{
    ApiKey, Clock, Dialect, Endpoint, HostedError, HostedReranker, Settings, SystemClock,
};
use trommel_rerank::llm::{LlmError, OpenAi};

use crate::config::{Config, limit};
use crate::error::{CliError, Kind};
use crate::language::{LLM, NO_LIMIT};
use crate::shell;

/// What stands for a value that nobody gave.
const UNSET: &str = "auto";
/// What stands for no file.
const NO_FILE: &str = "none";
/// The name of any server whose API follows from the address.
const HTTP: &str = "http";
/// How a language model behind an API is asked for.
const CHAT: &str =
    "trommel search --reranker llm --api-base http://127.0.0.1:8080 --api-model NAME …";
/// What the environment calls a proxy, the first that is set.
const PROXIES: [&str; 4] = ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"];

/// What the settings say about rerankers behind an API.
#[derive(Debug, Clone)]
pub(crate) struct Hosted {
    base: Option<String>,
    model: Option<String>,
    key_file: Option<PathBuf>,
    total: Duration,
}

impl Hosted {
    /// Takes the settings that are about APIs.
    pub(crate) fn new(config: &Config) -> Result<Self, CliError> {
        let file = Some(config.text("api-key-file")).filter(|text| *text != NO_FILE);
        Ok(Self {
            base: given(config, "api-base").map(str::to_owned),
            model: given(config, "api-model").map(str::to_owned),
            key_file: file.map(PathBuf::from),
            total: limit(config.text("api-time")).flatten().unwrap_or(NO_LIMIT),
        })
    }

    /// Returns the API that a reranker's name means, if it means one.
    pub(crate) fn find(&self, id: &str) -> Option<Dialect> {
        match id {
            HTTP => Some(self.dialect()),
            _ => id.parse().ok(),
        }
    }

    /// Returns the settings for one of the rerankers of a cascade: address, model and key file are
    /// those of the API that has no address of its own, else of the only API there is.
    pub(crate) fn of(&self, id: &str, cascade: &[&str]) -> Result<Self, CliError> {
        let apis: BTreeSet<&str> = cascade.iter().copied().filter(|id| self.is_api(id)).collect();
        let has_address = |id: &str| match self.find(id) {
            Some(dialect) => !variables(dialect).is_empty(),
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
            let names = meant.into_iter().collect::<Vec<_>>().join(" and ");
            let message = format!(
                "--api-base, --api-model and --api-key-file are of one API, and the cascade asks \
                 {names}: expected one of them"
            );
            return Err(CliError::usage(message)
                .hint(format!("trommel search --reranker {}:20 …", cascade.join(":100,"))));
        }
        Ok(self.clone())
    }

    /// Returns whether a reranker is behind an API; a language model is where there is an address.
    fn is_api(&self, id: &str) -> bool {
        self.find(id).is_some() || (id == LLM && self.has_address())
    }

    /// Returns whether there is an address.
    pub(crate) fn has_address(&self) -> bool {
        self.base.is_some()
    }

    /// Returns how long an API may take for one query.
    pub(crate) fn total(&self) -> Duration {
        self.total
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
    pub(crate) fn load(&self, id: &str, dialect: Dialect) -> Result<Arc<dyn Reranker>, CliError> {
        let wrong = |error: HostedError| refused(id, error);
        let endpoint = Endpoint::new(dialect, self.base.as_deref(), self.model.as_deref());
        let endpoint = endpoint.map_err(wrong)?;
        let key = self.key(id, variables(dialect))?;
        // The seed only parts clients that failed together.
        let seed = u64::from(std::process::id());
        let settings = Settings { seed, ..self.settings(endpoint.url()) };
        let clock = Arc::new(SystemClock::start());
        let reranker = HostedReranker::new(endpoint, key.as_ref(), settings, clock);
        Ok(Arc::new(reranker.map_err(wrong)?))
    }

    /// Returns the language model behind the chat completions API; nothing is sent yet.
    pub(crate) fn chat(&self, id: &str, clock: Arc<dyn Clock>) -> Result<OpenAi, CliError> {
        let wrong = |error: LlmError| CliError::new(Kind::Usage, error).hint(CHAT);
        let base = self.base.as_deref().unwrap_or_default();
        let model = self.model.as_deref().unwrap_or_default();
        // A key in the environment is for its owner's server, and this may be any.
        let key = self.key(id, &[])?;
        OpenAi::new(base, model, None, key.as_ref(), self.settings(base), clock).map_err(wrong)
    }

    /// Says that a model's name without an address is not enough.
    pub(crate) fn no_model_of_an_api(&self) -> Result<(), CliError> {
        let Some(model) = &self.model else { return Ok(()) };
        let message = format!("api-model {model} is a server's, and there is no api-base");
        let own =
            "trommel search --reranker llm --llm-model ID …   # of the store, in this process";
        Err(CliError::usage(message).hint(CHAT).hint(own))
    }

    /// Returns how an address is asked: through the proxy of the environment unless it is here.
    fn settings(&self, url: &str) -> Settings {
        let proxy = PROXIES.iter().find_map(|name| env::var(name).ok().filter(|v| !v.is_empty()));
        let local = ["http://127.", "http://localhost", "http://[::1]"];
        let proxy = proxy.filter(|_| !local.iter().any(|here| url.starts_with(here)));
        Settings { total: self.total, proxy, ..Settings::default() }
    }

    /// Returns the key: of the file, else of the environment; a server of one's own may need none.
    fn key(&self, id: &str, names: &[&str]) -> Result<Option<ApiKey>, CliError> {
        if let Some(path) = &self.key_file {
            let text = fs::read_to_string(path).map_err(|error| {
                let message = format!("cannot read the key file {}: {error}", path.display());
                CliError::usage(message).hint(format!("ls -l {}", shell::path(path)))
            })?;
            return ApiKey::new(&text).map(Some).map_err(|error| refused(id, error));
        }
        let value = names.iter().find_map(|name| env::var(name).ok().filter(|v| !v.is_empty()));
        match (value, names) {
            (Some(value), _) => ApiKey::new(&value).map(Some).map_err(|error| refused(id, error)),
            (None, [name, ..]) => {
                let names = names.join(" or ");
                let message = format!("{id} needs a key: expected it in {names}, got none");
                Err(CliError::usage(message)
                    .hint(format!("export {name}=…"))
                    .hint(format!("trommel search --reranker {id} --api-key-file FILE …")))
            }
            (None, []) => Ok(None),
        }
    }
}

/// Returns the value of a setting, if somebody gave one.
pub(crate) fn given<'c>(config: &'c Config, name: &str) -> Option<&'c str> {
    Some(config.text(name)).filter(|text| *text != UNSET)
}

/// Returns the variables in which the key of an API is looked for.
fn variables(dialect: Dialect) -> &'static [&'static str] {
    match dialect {
        Dialect::Cohere => &["COHERE_API_KEY", "CO_API_KEY"],
        Dialect::Voyage => &["VOYAGE_API_KEY"],
        Dialect::Jina => &["JINA_API_KEY"],
        Dialect::Tei | Dialect::CompatibleV1 | Dialect::CompatibleV2 => &[],
    }
}

fn refused(id: &str, error: HostedError) -> CliError {
    let hint = match &error {
        HostedError::NoModel { .. } => format!("trommel search --reranker {id} --api-model NAME …"),
        HostedError::Key { .. } => format!("trommel search --reranker {id} --api-key-file FILE …"),
        _ => format!("trommel search --reranker {id} --api-base http://127.0.0.1:8080 …"),
    };
    CliError::new(Kind::Usage, error).hint(hint)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Sources;

    /// Returns the settings where nobody says anything.
    fn hosted(base: Option<&str>) -> Hosted {
        let (flags, manifest, files) = (Vec::new(), Vec::new(), Vec::new());
        let config = Config::read(Sources { flags, environment: &|_| None, manifest, files });
        Hosted { base: base.map(str::to_owned), ..Hosted::new(&config.unwrap()).unwrap() }
    }

    #[test]
    fn an_address_is_that_of_the_one_api_that_needs_it() {
        let with_base = hosted(Some("http://h:1"));
        let base =
            |id, cascade: &[&str]| with_base.of(id, cascade).map(|hosted| hosted.base.is_some());
        assert!(base("cohere", &["a-model", "cohere"]).unwrap());
        assert!(base("llm", &["cohere", "llm"]).unwrap());
        // Its key must not go to another's server.
        assert!(!base("cohere", &["cohere", "llm"]).unwrap());
        assert!(base("http", &["http", "http"]).unwrap());
        let error = base("http", &["http", "llm"]).unwrap_err().to_string();
        assert!(error.contains("asks http and llm"), "{error}");
        assert!(base("cohere", &["cohere", "voyage"]).is_err());
        assert!(hosted(None).of("cohere", &["cohere", "voyage"]).is_ok());
    }

    #[test]
    fn the_address_says_which_api_http_is() {
        let dialect = |base: Option<&str>| hosted(base).dialect();
        assert_eq!(dialect(Some("http://h:1/v2/rerank")), Dialect::CompatibleV2);
        assert_eq!(dialect(Some("http://h:1/x/v1/")), Dialect::CompatibleV1);
        assert_eq!(dialect(Some("http://h:1/v1/rerank/")), Dialect::CompatibleV1);
        assert_eq!(dialect(Some("http://h:1/rerank")), Dialect::Tei);
        assert_eq!(dialect(Some("http://h:1")), Dialect::Tei);
        assert_eq!(dialect(None), Dialect::Tei);
    }
}
